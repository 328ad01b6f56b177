import { manualClock, StaticCredential, staticCredential, type ManualClock } from '@holdfast/testing';
import type { AxiosInstance } from 'axios';
import {
  callOf,
  createServiceClient,
  graphService,
  odataErrorOf,
  subscribe,
  withCredential,
  type GateEvent,
} from './index.js';
import { MadeGraph } from './made-graph.js';

let clock: ManualClock;
let graph: MadeGraph;
let client: AxiosInstance;
let closed: GateEvent[];
let stop: () => void;

/** A client of the daemon's, on which time passes only when a test says so. */
function clientOf(made: MadeGraph, adapter: 'http' | 'fetch' = 'http'): AxiosInstance {
  return createServiceClient({
    ...graphService({ profile: 'batch', clock, random: () => 0 }),
    baseURL: made.url,
    credential: staticCredential('of-the-app'),
    // Real sockets take real time, of which this clock knows nothing.
    attemptTimeoutMs: false,
    stallMs: false,
    axios: { adapter },
  });
}

beforeEach(async () => {
  clock = manualClock({ fakeGlobals: false });
  graph = await MadeGraph.start();
  client = clientOf(graph);
  closed = [];
  stop = subscribe('holdfast:gate', (event) => {
    if (event.state === 'closed') closed.push(event);
  });
});

afterEach(async () => {
  stop();
  await graph[Symbol.asyncDispose]();
});

async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns += 1) {
    if (turns > 50_000) throw new Error('It never came to that');
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

/** Lets time pass until it has settled. */
async function inTime<T>(promise: Promise<T>): Promise<T> {
  let settled = false;
  const end = () => (settled = true);
  promise.then(end, end);
  while (!settled) await clock.advance(50);
  return promise;
}

const messages = (user: string) => client.get(`/users/${user}/messages`);

describe('a mailbox that is throttled', () => {
  it('leaves the other mailboxes and the directory alone: they are answered while it waits', async () => {
    graph.throttle('/users/ada/messages', 1, 2);
    const begin = clock.now();
    const ada = messages('ada');
    await until(() => closed.length === 1);
    const others = await Promise.all([messages('bob'), messages('eve'), client.get('/users')]);
    expect(others.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(clock.now()).toBe(begin);

    // Another call to the same mailbox waits as well, and is not sent to be throttled.
    const second = messages('ada');
    await clock.settle();
    expect(graph.story.filter((line) => line.includes('ada'))).toEqual(['GET /users/ada/messages 429']);
    expect((await inTime(Promise.all([ada, second]))).map(({ status }) => status)).toEqual([200, 200]);
    expect(clock.now() - begin).toBeGreaterThanOrEqual(2_000);
    expect(closed.map(({ key }) => key)).toEqual([`graph ${graph.origin} outlook ada`]);
  });

  it('by more than four calls at once is asked for them again, and all are answered', async () => {
    const release = graph.hold('/users/ada');
    const calls = Promise.all(Array.from({ length: 6 }, () => messages('ada')));
    // Two have been refused, and four are held.
    await until(() => closed.length > 0 && graph.seen.length === 2);
    expect((await messages('bob')).status).toBe(200);
    release();
    expect((await inTime(calls)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    const statuses = graph.seen.filter(({ url }) => url.includes('ada')).map(({ status }) => status);
    expect(statuses.filter((status) => status === 429)).toHaveLength(2);
    expect(statuses.filter((status) => status === 200)).toHaveLength(6);
  });

  it('as /me of one user leaves /me of another alone', async () => {
    const [ada, bob] = [staticCredential('of-ada'), staticCredential('of-bob')];
    graph.throttle('/me/messages', 1, 60);
    const first = client.get('/me/messages', { holdfast: { credential: ada } });
    await until(() => closed.length === 1);
    const other = await withCredential(bob, () => client.get('/me/messages'));
    const own = await client.get('/me/messages');
    expect([other.status, own.status]).toEqual([200, 200]);
    expect(graph.seen.map(({ token, status }) => `${token} ${status}`)).toEqual([
      'of-ada 429',
      'of-bob 200',
      'of-the-app 200',
    ]);
    expect((await inTime(first)).status).toBe(200);
  });
});

describe.each(['http', 'fetch'] as const)('a $batch over the %s adapter', (adapter) => {
  it('of which some parts are throttled twice comes back whole; a POST is asked for once', async () => {
    graph.throttle('/users/2', 2, 1);
    graph.throttle('/users/3', 1);
    graph.throttle('/users/4/revoke', 1, 1);
    const requests = [
      { id: 'a', method: 'GET', url: '/users/1' },
      { id: 'b', method: 'GET', url: '/users/2' },
      { id: 'c', method: 'DELETE', url: '/users/3', dependsOn: ['b'] },
      { id: 'd', method: 'POST', url: '/users/4/revoke' },
    ];
    const { data, config } = await inTime(clientOf(graph, adapter).post('/$batch', { requests }));
    const { responses } = data as { responses: { id: string; status: number }[] };
    expect(responses.map(({ id, status }) => `${id}: ${status}`)).toEqual([
      'd: 429',
      'c: 204',
      'b: 200',
      'a: 200',
    ]);
    expect(graph.story).toEqual([
      'GET /users/1 200',
      'GET /users/2 429',
      'DELETE /users/3 424',
      'POST /users/4/revoke 429',
      'GET /users/2 429',
      'DELETE /users/3 424',
      'GET /users/2 200',
      'DELETE /users/3 429',
      'DELETE /users/3 204',
    ]);
    expect(graph.seen.every(({ token }) => token === 'of-the-app')).toBe(true);
    expect(config.data).toBe(JSON.stringify({ requests }));
    expect(new Set(graph.seen.map(({ clientRequestId }) => clientRequestId)).size).toBe(1);
  });
});

describe('what a daemon does', () => {
  it('a nextLink carries the token, from page to page', async () => {
    const ids: number[] = [];
    interface Page {
      readonly value: readonly { readonly id: number }[];
      readonly '@odata.nextLink'?: string;
    }
    let url: string | undefined = '/users';
    while (url !== undefined) {
      const { data }: { data: Page } = await client.get<Page>(url);
      ids.push(...data.value.map(({ id }) => id));
      url = data['@odata.nextLink'];
    }
    expect(ids).toEqual([0, 1, 2, 3, 4]);
    expect(graph.seen.map(({ token, status }) => `${token} ${status}`)).toEqual(
      Array(3).fill('of-the-app 200'),
    );
  });

  it('an upload to another origin carries no token, and a throttle there holds up nothing of Microsoft Graph', async () => {
    await using uploads = await MadeGraph.start();
    graph.uploadsAt = uploads.origin;
    uploads.throttle('/up/7', 1, 3);
    const { data } = await client.post<{ uploadUrl: string }>(
      '/users/ada/drive/root:/a:/createUploadSession',
      {},
    );
    const chunk = client.put(data.uploadUrl, 'chunk', { holdfast: { token: false } });
    await until(() => closed.length === 1);
    expect(closed[0]?.key).toBe(`graph ${uploads.origin}`);
    expect((await client.get('/users/ada/drive')).status).toBe(200);
    expect((await inTime(chunk)).status).toBe(200);
    expect(uploads.seen.map(({ token, status }) => [token, status])).toEqual([
      [undefined, 429],
      [undefined, 200],
    ]);
    expect(JSON.stringify(closed)).not.toContain('a-secret');
  });

  it('a dead upload origin opens a circuit of its own, and no other', async () => {
    const uploads = await MadeGraph.start();
    const url = `${uploads.origin}/up/7`;
    await uploads[Symbol.asyncDispose]();
    const put = () =>
      client.put(url, 'chunk', { holdfast: { token: false, retry: false } }).catch((error: unknown) => error);
    for (let calls = 0; calls < 20; calls += 1) await put();
    expect(await put()).toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
    expect((await client.get('/users')).status).toBe(200);
  });

  it('a failure tells its OData error, and its ids for support', async () => {
    graph.throttle('/users/7', 1);
    const error: unknown = await client
      .get('/users/7', { holdfast: { retry: false } })
      .catch((thrown: unknown) => thrown);
    const call = callOf(error);
    expect(odataErrorOf(error)).toMatchObject({
      code: 'TooManyRequests',
      innerError: { requestId: 'request-1', clientRequestId: call?.correlationId },
    });
    expect(String(call)).toContain('429; request-id request-1');
    expect(graph.seen[0]?.clientRequestId).toBe(call?.correlationId);
  });

  it('a token is asked for once, by all of it', async () => {
    const credential = new StaticCredential(() => 'of-the-app');
    const own = createServiceClient({ ...graphService({ clock }), baseURL: graph.url, credential });
    await Promise.all([
      own.get('/users'),
      own.get('/users/7'),
      own.post('/$batch', { requests: [{ id: '1', method: 'GET', url: '/me' }] }),
    ]);
    expect(credential.requests).toMatchObject([{ scopes: ['https://graph.microsoft.com/.default'] }]);
  });
});
