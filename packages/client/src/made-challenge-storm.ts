import {
  challengeHeader,
  manualClock,
  scriptedTransport,
  staticCredential,
  type CredentialAnswer,
  type CredentialRequest,
  type ManualClock,
  type StaticCredential,
  type StaticToken,
} from '@holdfast/testing';
import { isAxiosError, type AxiosAdapter, type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { callOf, createServiceClient, type ServiceClientOptions } from './index.js';

export const SCOPE = 'api://orders/.default';
const LIFETIME_MS = 28 * 3_600_000;

/** The WWW-Authenticate field that asks for a token with claims that name an instant. */
export function claimsFor(value: string): string {
  return challengeHeader({ claims: { access_token: { nbf: { essential: true, value } } } });
}

/** How often each of them is there. */
export function tally(values: readonly (string | number)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

/** The status of a call that failed, or the code where no answer came. */
export function endingOf(error: unknown): number | string {
  if (!isAxiosError(error)) throw error;
  return error.status ?? error.code ?? error.message;
}

/** What to break loose, and on whom. */
export interface StormInit {
  /** What the source says when it is asked in the storm; `undefined` for a token. `number` counts from 1. */
  readonly answer?: (request: CredentialRequest, number: number) => CredentialAnswer | undefined;
  /** Milliseconds that it takes for it. Default: 0. */
  readonly answersInMs?: number;
  /** What the API says to whom it refuses. Default: to everybody that a token with the same claims is needed. */
  readonly challenge?: (url: string) => string;
  /** Whether the API goes on refusing whatever it is sent. Default: false. */
  readonly isNeverContent?: boolean;
  readonly client?: Partial<ServiceClientOptions>;
}

/** What came of a storm; each by how often it is there. */
interface Aftermath {
  /** Statuses, and codes where no answer came. */
  readonly endings: Record<string, number>;
  /** How many times each call was sent. */
  readonly sends: Record<string, number>;
  /** What was decided on the way. */
  readonly stories: Record<string, number>;
  readonly tokenRequests: number;
}

/** Clients of one API, with the standard pipeline, whose token is about to be revoked. */
export interface Storm {
  readonly clock: ManualClock;
  readonly source: StaticCredential;
  /** Another client, of the same API; by its credential if it is given one. */
  client(options?: Partial<ServiceClientOptions>): AxiosInstance;
  /** Calls that many times at once, revokes the token when all of them are under way, and waits until they have ended. */
  breakLoose(calls: number, init?: BreakInit): Promise<Aftermath>;
}

/** How the calls of a storm differ. */
interface BreakInit {
  readonly clients?: readonly AxiosInstance[];
  /** For each call, by its number. */
  readonly request?: (number: number) => AxiosRequestConfig;
  /** Called when all of them were refused, and those that may wait do. */
  readonly meanwhile?: () => void;
}

export function madeStorm({
  answer,
  challenge,
  isNeverContent = false,
  answersInMs = 0,
  client,
}: StormInit = {}): Storm {
  const clock = manualClock({ fakeGlobals: false });
  const token = (number: number): StaticToken => ({
    token: `t-${number}`,
    expiresOnTimestamp: clock.now() + LIFETIME_MS,
  });
  let revoked = 0;
  let askedBefore = 0;
  const source = staticCredential(async (request, number) => {
    if (askedBefore === 0) return token(number);
    if (answersInMs > 0) await new Promise<void>((resolve) => void clock.setTimeout(resolve, answersInMs));
    return answer?.(request, number - askedBefore) ?? token(number);
  });
  const said = challenge ?? (() => claimsFor('the same'));
  const transport = scriptedTransport(
    ({ token: sent, url }) => {
      const isGood = Number(sent?.slice('t-'.length)) > revoked && !(isNeverContent && revoked > 0);
      return isGood ? { status: 200 } : { status: 401, headers: { 'www-authenticate': said(url) } };
    },
    { clock },
  );

  let underWay = 0;
  let isOpen = true;
  let open: (() => void)[] = [];
  const adapter: AxiosAdapter = async (config) => {
    underWay += 1;
    if (!isOpen) await new Promise<void>((resolve) => open.push(resolve));
    return transport.adapter(config);
  };
  const made = (options: Partial<ServiceClientOptions> = {}) =>
    createServiceClient({
      ...{ name: 'orders', baseURL: 'https://orders.test', scopes: SCOPE, credential: source },
      ...{ clock, random: () => 0.5, axios: { adapter } },
      ...client,
      ...options,
    });

  async function breakLoose(calls: number, init: BreakInit = {}): Promise<Aftermath> {
    const { clients = [made()], request, meanwhile } = init;
    const clientOf = (number: number) => clients[number % clients.length] ?? made();
    for (const one of clients) await one.get('/before');
    const before = transport.requests.length;
    askedBefore = source.requests.length;
    isOpen = false;
    underWay = 0;
    const all = Promise.all(
      Array.from({ length: calls }, (_, number) =>
        clientOf(number)
          .get(`/${number}`, request?.(number))
          .then(
            (response) => ({ ending: response.status, call: callOf(response) }),
            (error: unknown) => ({ ending: endingOf(error), call: callOf(error) }),
          ),
      ),
    );
    await clock.settle();
    if (underWay !== calls) throw new Error(`${underWay} of ${calls} calls are under way`);
    revoked = askedBefore;
    isOpen = true;
    for (const go of open) go();
    open = [];
    if (meanwhile !== undefined) {
      await clock.settle();
      meanwhile();
    }
    const ended = await clock.runUntilSettled(all);
    const sends = tally(transport.requests.slice(before).map(({ url }) => url));
    return {
      endings: tally(ended.map(({ ending }) => ending)),
      sends: tally(Object.values(sends)),
      stories: tally(ended.flatMap(({ call }) => call?.attempts.flatMap(({ decisions }) => decisions) ?? [])),
      tokenRequests: source.requests.length - askedBefore,
    };
  }
  return { clock, source, client: made, breakLoose };
}
