// What it costs to find a token that is held, among 1, 100 and 10,000 of them: nanoseconds and bytes for each look-up, less
// those of a method, or of a client's own token, that is not looked up. The quickest round counts: what the others took beyond it
// is the machine's.
import { attachToken, cachedCredential, install, type TokenCredential } from '@holdfast/client';
import axios, { type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import { collect, median } from '../measuring/rounds.js';
import { commandLine } from './command-line.js';

const { quick } = commandLine();
const LOOK_UPS = quick ? 2_000 : 20_000;
const ROUNDS = quick ? 3 : 9;

const expiresOnTimestamp = Date.now() + 24 * 3_600_000;
class User implements TokenCredential {
  readonly getToken = () => Promise.resolve({ token: 'a-token', expiresOnTimestamp });
}

interface Cost {
  readonly ns: number;
  readonly bytes: number;
}

type LookUp = (number: number) => unknown;

/** By how much more each call of `held` costs than one of `bare`, with a number below `entries`: they take turns. */
function difference(entries: number, bare: LookUp, held: LookUp): Cost {
  const without = new Costs(entries, bare);
  const within = new Costs(entries, held);
  for (let round = 0; round < ROUNDS; round += 1) {
    without.round();
    within.round();
  }
  return { ns: Math.round(within.ns - without.ns), bytes: Math.round(within.bytes - without.bytes) };
}

class Costs {
  readonly #entries: number;
  readonly #lookUp: LookUp;
  readonly #times: number[] = [];
  readonly #bytes: number[] = [];

  constructor(entries: number, lookUp: LookUp) {
    this.#entries = entries;
    this.#lookUp = lookUp;
  }

  round(): void {
    collect();
    const before = process.memoryUsage().heapUsed;
    const start = process.hrtime.bigint();
    for (let number = 0; number < LOOK_UPS; number += 1) this.#lookUp(number % this.#entries);
    this.#times.push(Number(process.hrtime.bigint() - start) / LOOK_UPS);
    this.#bytes.push((process.memoryUsage().heapUsed - before) / LOOK_UPS);
  }

  get ns(): number {
    return Math.min(...this.#times);
  }

  get bytes(): number {
    return median(this.#bytes);
  }
}

interface Shape {
  readonly options?: boolean;
  readonly listed?: boolean;
}

/** `getToken(scope)`, less a method that only makes a promise. */
async function ofCache(entries: number, { options = false, listed = false }: Shape): Promise<Cost> {
  const cache = cachedCredential(new User());
  const names = Array.from({ length: entries }, (_, number) => `api://orders-${number}/.default`);
  const scopes = listed ? names.map((name) => [name]) : names;
  const optionsOf = names.map((_, number) => (options ? { tenantId: `tenant-${number}` } : undefined));
  const ask = (credential: TokenCredential, number: number) =>
    credential.getToken(scopes[number] ?? '', optionsOf[number]);
  for (const number of names.keys()) await ask(cache, number);
  const bare = new User();
  return difference(
    entries,
    (number) => ask(bare, number),
    (number) => ask(cache, number),
  );
}

type Wanted = NonNullable<InternalAxiosRequestConfig['holdfast']>;

/** `attachToken()` around a send that ends at once, by what a request asks for, less the same for the client's own token. */
async function ofRequests(entries: number, wantedOf: (number: number) => Wanted): Promise<Cost> {
  const wanted = Array.from({ length: entries }, (_, number) => wantedOf(number));
  const client = axios.create({
    baseURL: 'https://orders.example',
    adapter: (config) => Promise.resolve({ status: 200, statusText: 'OK', data: '', headers: {}, config }),
  });
  // Says at once what was answered: what waits for it is done before the look-up is over, and none is left under way.
  const answered = (answer: AxiosResponse): Promise<AxiosResponse> => {
    const thenable = {
      then(fulfilled: (answer: AxiosResponse) => unknown) {
        fulfilled(answer);
        return thenable;
      },
    };
    return thenable as never;
  };
  let last: Promise<AxiosResponse> | undefined;
  const attaching = attachToken(new User(), { scopes: 'api://orders/.default' });
  let cost: Cost = { ns: Number.NaN, bytes: Number.NaN };
  install(client, [
    (next) => {
      const send = attaching((config) => last ?? next(config));
      return async (config) => {
        const answer = await send(config);
        if (config.url !== '/measured') return answer;
        last = answered(answer);
        const lookUp = (holdfast: Wanted): void => {
          config.holdfast = holdfast;
          void send(config);
        };
        cost = difference(
          entries,
          () => {
            lookUp({});
          },
          (number) => {
            lookUp(wanted[number] ?? {});
          },
        );
        last = undefined;
        return answer;
      };
    },
  ]);
  for (const holdfast of wanted) await client.get('/7', { holdfast });
  await client.get('/measured');
  return cost;
}

const users = new Map<number, User>();
function userOf(number: number): User {
  const user = users.get(number) ?? new User();
  users.set(number, user);
  return user;
}

const KINDS: Readonly<Record<string, (entries: number) => Promise<Cost>>> = {
  'getToken(scope)': (entries) => ofCache(entries, {}),
  'getToken([scope])': (entries) => ofCache(entries, { listed: true }),
  'getToken(scope, { tenantId })': (entries) => ofCache(entries, { options: true }),
  'holdfast: { scopes }': (entries) =>
    ofRequests(entries, (number) => ({ scopes: `api://orders-${number}/.default` })),
  'holdfast: { tenantId }': (entries) => ofRequests(entries, (number) => ({ tenantId: `tenant-${number}` })),
  'holdfast: { credential }': (entries) => ofRequests(entries, (number) => ({ credential: userOf(number) })),
};

const found: Record<string, Record<number, Cost>> = {};
for (const [kind, measure] of Object.entries(KINDS)) {
  const bySize: Record<number, Cost> = {};
  for (const entries of quick ? [1, 100] : [1, 100, 10_000]) {
    // Twice: the first time is the compiler's.
    if (!quick) await measure(entries);
    bySize[entries] = await measure(entries);
  }
  found[kind] = bySize;
}
console.log(JSON.stringify(found));
