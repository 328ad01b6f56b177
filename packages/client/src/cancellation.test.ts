import {
  challengeHeader,
  manualClock,
  scriptedTransport,
  staticCredential,
  type ManualClock,
  type Step,
  type TransportRequest,
} from '@holdfast/testing';
import axios, { type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { getEventListeners } from 'node:events';
import { createServiceClient, type ServiceClientOptions } from './index.js';

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

function orders(script: readonly Step[], options: Partial<ServiceClientOptions> = {}) {
  const { adapter, requests } = scriptedTransport(script, { clock });
  const client: AxiosInstance = createServiceClient({
    name: 'orders',
    baseURL: 'https://orders.test',
    scopes: 'api://orders/.default',
    credential: staticCredential('a-token'),
    clock,
    random: () => 1,
    axios: { adapter },
    ...options,
  });
  return { client, requests };
}

interface Wait {
  readonly client: AxiosInstance;
  readonly requests: readonly TransportRequest[];
  /** Requests that were sent by the time the wait has begun. */
  readonly sends: number;
}

const never = () => new Promise<never>(() => undefined);
const unanswered = { 'www-authenticate': challengeHeader({ claims: { a: 1 } }) };

/** A client whose next call waits for one thing, for ever or for a minute. */
const WAITS: Record<string, (options: Partial<ServiceClientOptions>) => Promise<Wait>> = {
  'a token': async (options) => ({
    ...orders([{ status: 200 }], { ...options, credential: staticCredential(never) }),
    sends: 0,
  }),
  'a token that another call has asked for': async (options) => {
    const held = orders([{ status: 200 }], { ...options, credential: staticCredential(never) });
    held.client.get('/other').catch(() => undefined);
    await clock.settle();
    return { ...held, sends: 0 };
  },
  'the next attempt': async (options) => ({
    ...orders([{ status: 503 }, { status: 200 }], { ...options, retry: { baseDelayMs: 5_000 } }),
    sends: 1,
  }),
  'the instant that a Retry-After named': async (options) => ({
    ...orders([{ status: 429, headers: { 'retry-after': '5' } }, { status: 200 }], options),
    sends: 1,
  }),
  'the gate that another call has closed': async (options) => {
    const held = orders([{ status: 429, headers: { 'retry-after': '5' } }, { status: 200 }], options);
    await held.client.get('/other', { holdfast: { retry: false } }).catch(() => undefined);
    return { ...held, sends: 1 };
  },
  'the answer to a challenge': async (options) => ({
    ...orders([{ status: 401, headers: unanswered }, { status: 200 }], {
      ...options,
      credential: staticCredential(({ options: { claims } }) => (claims === undefined ? 'a-token' : never())),
    }),
    sends: 1,
  }),
  'the answer of the service': async (options) => ({ ...orders(['hang'], options), sends: 1 }),
};

const LIMITS: [string, Partial<ServiceClientOptions>][] = [
  ['with time limits', { deadlineMs: 20_000, attemptTimeoutMs: 10_000 }],
  ['without time limits', { deadlineMs: false, attemptTimeoutMs: false }],
];

interface Ways {
  readonly request: AxiosRequestConfig;
  giveUp(): void;
  /** Listeners that are still on what the caller gave. */
  left(): number;
}

const WAYS: Record<string, () => Ways> = {
  signal: () => {
    const controller = new AbortController();
    return {
      request: { signal: controller.signal },
      giveUp: () => {
        controller.abort(new Error('the user left'));
      },
      left: () => getEventListeners(controller.signal, 'abort').length,
    };
  },
  cancelToken: () => {
    const { token, cancel } = axios.CancelToken.source();
    const listeners = new Set<unknown>();
    jest.spyOn(token, 'subscribe').mockImplementation((listener) => void listeners.add(listener));
    jest.spyOn(token, 'unsubscribe').mockImplementation((listener) => void listeners.delete(listener));
    return {
      request: { cancelToken: token },
      giveUp: () => {
        cancel('the user left');
        for (const listener of [...listeners]) (listener as (reason: unknown) => void)(token.reason);
      },
      left: () => listeners.size,
    };
  },
};

describe.each(LIMITS)('a call that is given up (%s)', (_, limits) => {
  const cases = Object.keys(WAITS).flatMap((wait) => Object.keys(WAYS).map((way) => [wait, way] as const));

  it.each(cases)('while it waits for %s ends at once (%s)', async (wait, way) => {
    const { client, requests, sends } = await WAITS[wait]!(limits);
    const { request, giveUp, left } = WAYS[way]!();
    const call = client.get('/7', request);
    const ended = expect(call).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    await clock.settle();
    expect(requests).toHaveLength(sends);
    const now = clock.now();
    giveUp();
    await ended;
    expect(clock.now()).toBe(now);
    expect(left()).toBe(0);
    await clock.advance(60_000);
    expect(requests).toHaveLength(sends);
  });

  it.each(Object.keys(WAITS))('while it waits for %s tells why, as its cause', async (wait) => {
    const { client } = await WAITS[wait]!(limits);
    const controller = new AbortController();
    const reason = new Error('the user left');
    const ended = expect(client.get('/7', { signal: controller.signal })).rejects.toMatchObject({
      code: 'ERR_CANCELED',
      cause: reason,
    });
    await clock.settle();
    controller.abort(reason);
    await ended;
  });
});

describe('a signal that many calls share', () => {
  const script: readonly Step[] = [
    { status: 200 },
    { status: 503 },
    { status: 200 },
    { status: 429, headers: { 'retry-after': '1' } },
    { status: 200 },
    { status: 401, headers: unanswered },
    { status: 200 },
    { status: 404 },
    { error: 'CERT_HAS_EXPIRED' },
  ];

  it.each(LIMITS)(
    'keeps no listener of calls that have ended, whatever became of them (%s)',
    async (_, limits) => {
      const { client, requests } = orders(script, {
        ...limits,
        credential: staticCredential(['old', 'new']),
      });
      const { request, left } = WAYS['signal']!();
      const older = WAYS['cancelToken']!();
      for (let call = 0; call < 6; call += 1) {
        const both = { ...request, ...older.request };
        await clock.runUntilSettled(client.get('/7', both).catch(() => undefined));
      }
      expect(requests).toHaveLength(script.length);
      expect([left(), older.left()]).toEqual([0, 0]);
    },
  );
});
