import {
  manualClock,
  scriptedTransport,
  staticCredential,
  type ManualClock,
  type Step,
} from '@holdfast/testing';
import type { AxiosInstance } from 'axios';
import {
  callOf,
  createServiceClient,
  isFallback,
  isHoldfastError,
  type FallbackRespond,
  type ServiceClientOptions,
} from './index.js';

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

const scopes = 'api://orders/.default';
const run = <T>(promise: Promise<T>): Promise<T> => clock.runUntilSettled(promise);

function orders(script: (number: number) => Step, options: Partial<ServiceClientOptions> = {}) {
  const { adapter, requests } = scriptedTransport((_, number) => script(number), { clock });
  const client: AxiosInstance = createServiceClient({
    name: 'orders',
    baseURL: 'https://orders.test',
    scopes,
    credential: staticCredential(),
    clock,
    random: () => 1,
    axios: { adapter },
    ...options,
  });
  return { client, requests };
}

const reduced: FallbackRespond = () => ({ data: { items: [], stale: true } });
const throttled: Step = { status: 429, headers: { 'retry-after': '60' } };

describe('a service client with a fallback', () => {
  it('answers through an outage: at once while the circuit is open, and nothing more is sent', async () => {
    const { client, requests } = orders(() => ({ status: 500, delayMs: 100 }), { fallback: reduced });
    const failed: unknown[] = [];
    for (let call = 0; call < 40; call += 1)
      await run(client.get('/7').catch((error: unknown) => failed.push(error)));
    const sent = requests.length;
    const before = clock.now();
    const response = await run(client.get('/7'));
    expect(response.data).toEqual({ items: [], stale: true });
    expect(isFallback(response)).toBe(true);
    expect(clock.now()).toBe(before);
    expect(requests).toHaveLength(sent);
    // Before it opened, and when a probe failed: a 500 is no failure that has a fallback without a word.
    expect(failed.length).toBeLessThan(10);
    expect(failed.every((error) => !isHoldfastError(error))).toBe(true);
  });

  it('answers who is throttled, who has no time left and who gets no token', async () => {
    const failing = staticCredential(new Error('the vault is down'));
    const cases: [Partial<ServiceClientOptions>, Step][] = [
      [{}, throttled],
      [{}, 'hang'],
      [{ credential: failing }, { status: 200 }],
    ];
    const told = [];
    for (const [options, step] of cases) {
      const { client } = orders(() => step, { ...options, fallback: reduced });
      told.push(callOf(await run(client.get('/7')))?.fallbackFor);
    }
    expect(told).toEqual(['throttled', 'deadline', 'no-token']);
  });

  it('answers for the failures that it names, and waits as long as it says', async () => {
    const never: FallbackRespond = () => new Promise(() => undefined);
    const { client } = orders(() => ({ status: 404 }), {
      fallback: { respond: never, on: ['answered'], timeoutMs: 700 },
    });
    const start = clock.now();
    await expect(run(client.get('/7'))).rejects.toHaveProperty('status', 404);
    expect(clock.now() - start).toBe(700);
  });

  it('answers one request that brings its own, whatever the client has', async () => {
    for (const fallback of [undefined, false, reduced] as const) {
      const { client } = orders(() => throttled, fallback === undefined ? {} : { fallback });
      const own = await run(client.get('/7', { holdfast: { fallback: () => ({ data: 'own' }) } }));
      expect(own.data).toBe('own');
    }
  });

  it('is heard by the client’s own interceptors like any answer', async () => {
    const { client } = orders(() => throttled, { fallback: reduced });
    const heard: unknown[] = [];
    client.interceptors.response.use((response) => {
      heard.push(response.status);
      return response;
    });
    await run(client.get('/7'));
    expect(heard).toEqual([200]);
  });

  it.each<[unknown, string]>([
    [
      'cached',
      'standardInterceptors(): the option "fallback" must be a function, an object of options, or false',
    ],
    [{ respond: 'cached' }, 'fallback(): what answers must be a function, or undefined'],
    [{ answer: reduced }, 'fallback(): there is no option "answer"'],
  ])('is refused when it is made with %j', (fallback, message) => {
    expect(() => orders(() => 'hang', { fallback: fallback as never })).toThrow(message);
  });
});
