import {
  challengeHeader,
  manualClock,
  scriptedTransport,
  staticCredential,
  type ManualClock,
  type Step,
} from '@holdfast/testing';
import axios, { AxiosError, type AxiosInstance } from 'axios';
import { createServiceClient, type ServiceClientOptions } from './index.js';

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

function orders(script: readonly Step[], options: Partial<ServiceClientOptions> = {}): AxiosInstance {
  const { adapter } = scriptedTransport(script, { clock });
  return createServiceClient({
    name: 'orders',
    baseURL: 'https://orders.test',
    scopes: 'api://orders/.default',
    credential: staticCredential('a-token'),
    clock,
    random: () => 1,
    axios: { adapter },
    ...options,
  });
}

/** Everything that can be reached from a value: properties of any kind, prototypes' accessors, maps and sets. */
function reachable(root: unknown): Set<unknown> {
  const found = new Set<unknown>();
  const open: unknown[] = [root];
  while (open.length > 0) {
    const value = open.pop();
    if (found.has(value)) continue;
    found.add(value);
    if (typeof value !== 'object' || value === null) continue;
    if (value instanceof Map) open.push(...value.keys(), ...value.values());
    if (value instanceof Set) open.push(...value);
    for (let owner: object | null = value; owner !== null && owner !== Object.prototype;) {
      for (const key of Reflect.ownKeys(owner)) {
        try {
          open.push(Reflect.get(owner, key, value));
        } catch {
          // An accessor that wants another `this`.
        }
      }
      owner = Reflect.getPrototypeOf(owner);
    }
  }
  return found;
}

/** All that belongs to one call and to no other. */
const MARK = 'of-another-call';
const theirs = { params: { mark: MARK }, headers: { 'x-mark': MARK } };
const answer = { data: JSON.stringify({ mark: MARK }), headers: { 'x-mark': MARK } };

/** How a call ends because of what became of another one before it, which carried the mark. */
const ENDINGS: Record<string, () => Promise<{ client: AxiosInstance; code: string }>> = {
  'a circuit that others have opened': async () => {
    const client = orders(Array<Step>(60).fill({ status: 500, ...answer, delayMs: 100 }), { retry: false });
    await other(Promise.allSettled(Array.from({ length: 30 }, () => client.post('/o', MARK, theirs))));
    return { client, code: 'ERR_CIRCUIT_OPEN' };
  },
  'a circuit that a lost connection has opened': async () => {
    const client = orders(Array<Step>(60).fill({ error: 'ECONNRESET', message: 'cut', delayMs: 100 }), {
      retry: false,
    });
    await other(Promise.allSettled(Array.from({ length: 30 }, () => client.post('/o', MARK, theirs))));
    return { client, code: 'ERR_CIRCUIT_OPEN' };
  },
  'a gate that another one has closed': async () => {
    const headers = { ...answer.headers, 'retry-after': '60' };
    const client = orders([{ status: 429, data: answer.data, headers }]);
    await other(client.post('/o', MARK, { ...theirs, holdfast: { retry: false } }));
    return { client, code: 'ERR_THROTTLED' };
  },
  'a token that could not be had for another one either': async () => {
    const request = {
      url: 'https://login.test/',
      data: MARK,
      headers: new axios.AxiosHeaders(theirs.headers),
    };
    const failure = new AxiosError('no answer', 'ETIMEDOUT', request, { mark: MARK });
    const client = orders([], { credential: staticCredential(failure) });
    await other(client.post('/o', MARK, theirs));
    return { client, code: 'ERR_TOKEN_ACQUISITION' };
  },
  'claims that a user has to meet, as for another one': async () => {
    const challenge = { 'www-authenticate': challengeHeader({ claims: { a: 1 } }) };
    const refused = Object.assign(new Error('a user is needed'), {
      name: 'AuthenticationRequiredError',
      request: { body: MARK },
    });
    const client = orders(
      [
        { status: 401, data: answer.data, headers: { ...challenge, ...answer.headers } },
        { status: 401, headers: challenge },
      ],
      { credential: staticCredential(({ options }) => (options.claims === undefined ? 'a-token' : refused)) },
    );
    await other(client.post('/o', MARK, theirs));
    return { client, code: 'ERR_INTERACTION_REQUIRED' };
  },
};

const other = (call: Promise<unknown>): Promise<unknown> =>
  clock.runUntilSettled(call.catch((error: unknown) => error));

describe('the error of a call that ended because of', () => {
  it.each(Object.keys(ENDINGS))('%s leads to nothing of another call', async (ending) => {
    const { client, code } = await ENDINGS[ending]!();
    const error: unknown = await clock.runUntilSettled(
      client.get('/mine', { params: { mark: 'mine' } }).catch((failure: unknown) => failure),
    );
    expect(error).toHaveProperty('code', code);
    const values = reachable(error);
    expect(values).toContain('mine');
    expect([...values].filter((value) => typeof value === 'string' && value.includes(MARK))).toEqual([]);
  });

  it('its own failure leads to that, so the search can find things', async () => {
    const error: unknown = await orders([{ status: 404, ...answer }])
      .post('/mine', MARK, theirs)
      .catch((failure: unknown) => failure);
    const found = [...reachable(error)].filter((value) => typeof value === 'string' && value.includes(MARK));
    expect(found.length).toBeGreaterThan(2);
  });
});
