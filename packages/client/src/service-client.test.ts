import {
  challengeHeader,
  manualClock,
  scriptedTransport,
  staticCredential,
  type ManualClock,
  type Step,
} from '@holdfast/testing';
import axios, { type AxiosInstance } from 'axios';
import {
  callOf,
  createServiceClient,
  install,
  isHoldfastError,
  retryAfterOf,
  standardInterceptors,
  type ServiceClientOptions,
} from './index.js';

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

function orders(script: readonly Step[], options: Partial<ServiceClientOptions> = {}) {
  const { adapter, requests } = scriptedTransport(script, { clock });
  const credential = staticCredential('a-secret-token');
  const client: AxiosInstance = createServiceClient({
    name: 'orders',
    baseURL: 'https://orders.test',
    scopes: ['api://orders/.default'],
    credential,
    clock,
    random: () => 1,
    axios: { adapter },
    ...options,
  });
  return { client, requests, credential };
}

const run = <T>(promise: Promise<T>): Promise<T> => clock.runUntilSettled(promise);

describe('a service client', () => {
  it('is an ordinary axios instance that sends a token, and asks for one that can be revoked', async () => {
    const { client, requests, credential } = orders([{ status: 200, data: '{"id":7}' }]);
    await expect(run(client.get('/7'))).resolves.toHaveProperty('data', { id: 7 });
    expect(requests[0]).toMatchObject({ url: '/7', token: 'a-secret-token' });
    expect(credential.requests).toMatchObject([
      { scopes: ['api://orders/.default'], options: { enableCae: true } },
    ]);
  });

  it('without anybody to answer a challenge, asks for no token that can be revoked: it would loop for hours', async () => {
    const { client, credential } = orders([{ status: 200 }], { claimsChallenge: false });
    await run(client.get('/7'));
    expect(credential.requests[0]?.options.enableCae ?? false).toBe(false);
  });

  it("runs the user's own interceptors once per call, through retries and a challenge", async () => {
    const challenge = challengeHeader({ claims: { a: 1 } });
    const { client, requests } = orders(
      [
        { status: 503 },
        { error: 'ECONNRESET' },
        { status: 401, headers: { 'www-authenticate': challenge } },
        { status: 200 },
      ],
      { credential: staticCredential(['old', 'new']) },
    );
    const runs: string[] = [];
    client.interceptors.request.use(async (config) => {
      runs.push('request');
      return config;
    });
    client.interceptors.response.use((response) => {
      runs.push('response');
      return response;
    });
    await run(client.get('/7'));
    expect(requests).toHaveLength(4);
    expect(runs).toEqual(['request', 'response']);
  });

  it('a call that is solved on the way is one call with one story', async () => {
    const { client } = orders([{ status: 503, headers: { 'retry-after': '1' } }, { status: 200 }]);
    const response = await run(client.get('/7'));
    expect(callOf(response)?.attempts.map(({ status }) => status)).toEqual([503, 200]);
    expect(String(callOf(response))).toMatch(/^GET orders \/7\n/);
  });

  it('shows its token nowhere, whatever it ends with', async () => {
    const { client } = orders([{ status: 200 }, { status: 404 }, { error: 'CERT_HAS_EXPIRED' }]);
    for (let call = 0; call < 3; call += 1) {
      const outcome: unknown = await run(client.get('/7').catch((error: unknown) => error));
      const { inspect } = await import('node:util');
      const shown =
        inspect(outcome, { depth: Infinity, showHidden: true }) +
        JSON.stringify(outcome) +
        String(callOf(outcome));
      expect(shown).not.toContain('a-secret-token');
    }
  });

  it('refuses to carry its token to another origin, and does so without it when told', async () => {
    const { client, requests } = orders([{ status: 200 }]);
    await expect(run(client.get('https://elsewhere.test/upload'))).rejects.toHaveProperty(
      'code',
      'ERR_TOKEN_ORIGIN',
    );
    expect(requests).toHaveLength(0);
    await run(client.put('https://elsewhere.test/upload', 'x', { holdfast: { token: false } }));
    expect(requests[0]?.token).toBeUndefined();
  });

  it('one origin that is down does not take another along', async () => {
    const { adapter } = scriptedTransport(
      ({ url }) => ({ status: url.startsWith('https://files') ? 500 : 200, delayMs: 10 }),
      { clock },
    );
    const { client } = orders([], { axios: { adapter }, retry: false });
    const failing = () => client.get('https://files.test/1', { holdfast: { token: false } });
    await run(Promise.allSettled(Array.from({ length: 30 }, failing)));
    await expect(run(failing())).rejects.toHaveProperty('code', 'ERR_CIRCUIT_OPEN');
    await expect(run(client.get('/7'))).resolves.toHaveProperty('status', 200);
  });

  it('tells a caller who is refused when to come back', async () => {
    const { client } = orders([{ status: 429, headers: { 'retry-after': '60' } }]);
    const first: unknown = await run(client.get('/7').catch((error: unknown) => error));
    expect(retryAfterOf(first)).toBe(60_000);
    const second: unknown = await run(client.get('/7').catch((error: unknown) => error));
    expect(isHoldfastError(second, 'ERR_THROTTLED') && second.service).toBe('orders');
    expect(retryAfterOf(second)).toBe(60_000);
  });

  it('on two axios instances shares what belongs to the service', async () => {
    const { adapter, requests } = scriptedTransport([{ status: 429, headers: { 'retry-after': '60' } }], {
      clock,
    });
    const standard = standardInterceptors({ name: 'orders', credential: false, clock });
    const clients = [1, 2].map(() => axios.create({ baseURL: 'https://orders.test', adapter }));
    for (const client of clients) install(client, standard, { clock });
    await run(clients[0]!.get('/7').catch(() => undefined));
    await expect(run(clients[1]!.get('/7'))).rejects.toHaveProperty('code', 'ERR_THROTTLED');
    expect(requests).toHaveLength(1);
  });

  it.each<[Partial<ServiceClientOptions> | object, RegExp]>([
    [{ name: '' }, /"name" must be the name of the service/],
    [{ baseURL: '/orders' }, /"baseURL" must be an absolute URL/],
    [{ scopes: undefined }, /"scopes" must be given beside a credential/],
    [{ credential: undefined }, /"credential" must be an object with getToken\(\), or false/],
    [{ retires: 3 }, /there is no option "retires"/],
    [{ key: '' }, /the option "key" must be a function/],
    [{ key: null }, /the option "key" must be a function/],
    [{ retry: { retries: -1 } }, /retry\(\): the option "retries"/],
    [{ deadlineMs: 0 }, /deadline\(\): the option "deadlineMs"/],
    [{ circuitBreaker: true }, /"circuitBreaker" must be an object of options, or false/],
  ])('refuses %p at construction', (options, message) => {
    expect(() => orders([], options)).toThrow(message);
  });
});

describe('a clock that a client was given', () => {
  it('ends its calls, whatever time the machine has', async () => {
    clock.uninstall();
    clock = manualClock({ now: Date.UTC(2001, 0, 1), fakeGlobals: false });
    const { client } = orders(['hang'], { deadlineMs: 2_000, attemptTimeoutMs: false });
    const ending = client.get('/7').catch((error: unknown) => error);
    await clock.advance(2_000);
    expect(isHoldfastError(await ending, 'ERR_DEADLINE_EXCEEDED')).toBe(true);
    expect(callOf(await ending)?.startedAt).toBe(Date.UTC(2001, 0, 1));
  });
});
