import {
  manualClock,
  scriptedTransport,
  staticCredential,
  type ManualClock,
  type ScriptFunction,
} from '@holdfast/testing';
import {
  createClientFactory,
  createServiceClient,
  graphService,
  type GraphServiceOptions,
  graphBatch,
} from './index.js';

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

function graph(options: GraphServiceOptions = {}, script: ScriptFunction = () => ({ status: 200 })) {
  const { adapter, requests } = scriptedTransport(script, { clock });
  const credential = staticCredential('a-token');
  const client = createServiceClient({
    ...graphService({ clock, ...options }),
    credential,
    axios: { adapter },
  });
  return { client, credential, requests };
}

describe('a client of Microsoft Graph', () => {
  it('calls its root with a token for it, and an id that Graph logs', async () => {
    const { client, credential, requests } = graph();
    await client.get('/me');
    expect(requests[0]).toMatchObject({
      baseURL: 'https://graph.microsoft.com/v1.0',
      url: '/me',
      token: 'a-token',
    });
    expect(requests[0]?.headers['client-request-id']).toMatch(/^[\da-f-]{36}$/);
    expect(credential.requests[0]?.scopes).toEqual(['https://graph.microsoft.com/.default']);
  });

  // https://learn.microsoft.com/graph/deployments
  it.each<[GraphServiceOptions, string]>([
    [{ version: 'beta' }, 'https://graph.microsoft.com/beta'],
    [{ cloud: 'usgov' }, 'https://graph.microsoft.us/v1.0'],
    [{ cloud: 'usgov-dod' }, 'https://dod-graph.microsoft.us/v1.0'],
    [{ cloud: 'china', version: 'beta' }, 'https://microsoftgraph.chinacloudapi.cn/beta'],
  ])('%j calls %s with a token for that cloud', async (options, baseURL) => {
    const { client, credential, requests } = graph(options);
    await client.get('/me');
    expect(requests[0]?.baseURL).toBe(baseURL);
    expect(credential.requests[0]?.scopes).toEqual([`${new URL(baseURL).origin}/.default`]);
  });

  it.each<[GraphServiceOptions, number]>([
    [{}, 30_000],
    [{ profile: 'batch' }, 900_000],
  ])('%j has as much time as its profile says', async (options, deadlineMs) => {
    const { client } = graph({ random: () => 0, ...options }, () => ({
      status: 429,
      headers: { 'retry-after': '31' },
    }));
    const begin = clock.now();
    const error: unknown = await clock.runUntilSettled(
      client.get('/users').catch((thrown: unknown) => thrown),
    );
    expect(error).toMatchObject({ response: { status: 429 } });
    expect(clock.now() - begin).toBe(deadlineMs > 31_000 ? 3 * 31_000 : 0);
  });

  it('sends throttled parts of a $batch again, unless it is told not to', async () => {
    const answer = JSON.stringify({ responses: [{ id: '1', status: 429 }] });
    const sends = async (batch: GraphServiceOptions['batch']) => {
      const { client, requests } = graph({ ...(batch !== undefined && { batch }) }, () => ({
        status: 200,
        data: answer,
      }));
      await clock.runUntilSettled(
        client.post('/$batch', { requests: [{ id: '1', method: 'GET', url: '/me' }] }),
      );
      return requests.length;
    };
    expect([await sends(undefined), await sends({ rounds: 1 }), await sends(false)]).toEqual([4, 2, 1]);
  });

  it('is told by a few mailboxes that Outlook is down, and goes on calling the directory', async () => {
    const { client, requests } = graph({}, ({ url }) => ({ status: url.endsWith('/messages') ? 500 : 200 }));
    const read = (user: number) =>
      client.get(`/users/${user}/messages`, { holdfast: { retry: false } }).catch((error: unknown) => error);
    for (let user = 0; user < 20; user += 1) await read(user);
    expect(await read(20)).toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
    expect(requests).toHaveLength(20);
    expect((await client.get('/users/20')).status).toBe(200);
  });

  it('is one among the services of a factory', async () => {
    const { adapter, requests } = scriptedTransport(() => ({ status: 200 }), { clock });
    const credential = staticCredential('a-token');
    const service = { ...graphService({ clock }), axios: { adapter } };
    const clients = createClientFactory({ credential, services: { graph: service } });
    await clients.graph.get('/me');
    expect(requests).toMatchObject([{ url: '/me', token: 'a-token' }]);
    await clients.close();
  });

  it('takes what it does not say from the defaults of its factory', () => {
    expect(graphService()).not.toHaveProperty('profile');
    expect(graphService()).not.toHaveProperty('clock');
    expect(graphService({ profile: 'batch', clock })).toMatchObject({ profile: 'batch', clock });
  });

  it('spreads its calls over what SharePoint says is left', async () => {
    const headers = { 'RateLimit-Limit': '1200', 'RateLimit-Remaining': '1', 'RateLimit-Reset': '10' };
    const { client, requests } = graph({}, () => ({ status: 200, headers }));
    const begin = clock.now();
    const calls = async () => {
      for (let call = 0; call < 3; call += 1) await client.get('/sites/root/lists');
    };
    await clock.runUntilSettled(calls());
    expect(requests).toHaveLength(3);
    expect(clock.now() - begin).toBeGreaterThanOrEqual(10_000);
  });

  it.each<[object, string]>([
    [
      { profile: 'slow' },
      'graphService(): the option "profile" must be "interactive" or "batch", and is "slow"',
    ],
    [{ version: 'v2.0' }, 'graphService(): the option "version" must be "v1.0" or "beta", and is a string'],
    [
      { cloud: 'germany' },
      'graphService(): the option "cloud" must be "global", "usgov", "usgov-dod" or "china", and is "germany"',
    ],
    [{ cloud: 'toString' }, 'the option "cloud"'],
    [
      { batch: true },
      'graphService(): the option "batch" must be an object of options, or false, and is true',
    ],
    [{ batch: { rounds: -1 } }, 'graphBatch(): the option "rounds"'],
    [{ credential: {} }, 'graphService(): there is no option "credential"'],
  ])('refuses %j, and says what is allowed', (options, message) => {
    expect(() => graphService(options)).toThrow(message);
  });
});

it.each<[object, RegExp]>([
  [{ rounds: -1 }, /graphBatch\(\): the option "rounds" must be a whole number, 0 or more, and is -1/],
  [{ baseDelayMs: NaN }, /the option "baseDelayMs"/],
  [{ retries: 3 }, /there is no option "retries"/],
])('refuses %p at construction', (options, message) => {
  expect(() => graphBatch(options)).toThrow(message);
});
