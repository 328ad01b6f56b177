import type { AxiosInstance } from 'axios';
import { isHoldfastError, retryAfterOf, subscribe } from './index.js';
import { FOREIGN_CLIENTS, type Read } from './made-foreign-clients.js';
import { ForeignStage, until } from './made-foreign-stage.js';

const INSTANCES: Readonly<Record<string, (stage: ForeignStage) => AxiosInstance>> = {
  'a client of createServiceClient()': (stage) => stage.client(),
  'an instance with install()': (stage) => stage.installed(),
};
const PAIRS = Object.keys(FOREIGN_CLIENTS).flatMap((client) =>
  Object.keys(INSTANCES).map((instance) => [client, instance] as const),
);

describe.each(PAIRS)('a call of %s over %s', (client, instance) => {
  let stage: ForeignStage;
  let read: Read;
  /** How many requests came before what the test is about. */
  let before: number;

  beforeEach(async () => {
    stage = await ForeignStage.start();
    read = await FOREIGN_CLIENTS[client]!(INSTANCES[instance]!(stage), stage.api.url);
    await read('warm');
    before = stage.api.requests.length;
  });
  afterEach(() => stage[Symbol.asyncDispose]());

  const statuses = () => stage.api.requests.slice(before).map(({ status }) => status);

  it('whose token is revoked while it is on its way is answered, and so are those beside it: by one new token', async () => {
    stage.api.delayMs = 1_000;
    const calls = Promise.all(['1', '2', '3'].map((id) => read(id)));
    await until(() => stage.api.requests.length === before + 3);
    stage.api.revoke({ claims: { access_token: { nbf: { essential: true, value: '1' } } } });
    await expect(stage.inTime(calls)).resolves.toEqual(['1', '2', '3']);
    expect(statuses()).toEqual([401, 401, 401, 200, 200, 200]);
    expect(stage.idp.tokenRequests).toHaveLength(2);
  });

  it('that is throttled comes back when it is told to, with those that wait beside it, and not before', async () => {
    let closed = 0;
    const stop = subscribe('holdfast:gate', ({ state }) => (closed += state === 'closed' ? 1 : 0));
    const start = stage.clock.now();
    stage.api.throttle({ retryAfterMs: 20_000 });
    const first = read('1');
    await until(() => closed === 1);
    await expect(stage.inTime(Promise.all([first, read('2')]))).resolves.toEqual(['1', '2']);
    expect(stage.clock.now() - start).toBeGreaterThanOrEqual(20_000);
    expect([stage.api.early, statuses().filter((status) => status === 200).length]).toEqual([0, 2]);
    stop();
  });

  it('that finds nobody listening is answered once somebody is', async () => {
    await stage.api.down();
    stage.beforeRetry = () => stage.api.up();
    await expect(stage.inTime(read('1'))).resolves.toBe('1');
  });

  it('that is answered 503 twice, or whose connection is cut, is sent again', async () => {
    stage.api.failNext({ status: 503, body: 'html' }, 2);
    await expect(stage.inTime(read('1'))).resolves.toBe('1');
    stage.api.failNext({ reset: true });
    await expect(stage.inTime(read('2'))).resolves.toBe('2');
    expect(statuses()).toEqual([503, 503, 200, undefined, 200]);
  });

  it('goes on with the token that it has while the identity provider is down', async () => {
    await stage.idp.down();
    await expect(stage.inTime(read('1'))).resolves.toBe('1');
    await stage.idp.up();
    expect(stage.idp.tokenRequests).toHaveLength(1);
  });

  it('is not sent in an outage any more, is told when to come back, and is answered after it', async () => {
    const states: string[] = [];
    const stop = subscribe('holdfast:circuit', ({ state }) => states.push(state));
    stage.api.fail({ status: 503 });
    let error: unknown;
    let sent = 0;
    for (let calls = 0; calls < 40 && !isHoldfastError(error); calls += 1) {
      sent = statuses().length;
      error = await read('1', { retry: false }).catch((failure: unknown) => failure);
    }
    expect(isHoldfastError(error, 'ERR_CIRCUIT_OPEN')).toBe(true);
    expect(statuses()).toHaveLength(sent);
    expect(retryAfterOf(error)).toBeGreaterThan(0);
    stage.api.fail(null);
    await until(() => states.includes('half-open'));
    await expect(stage.inTime(read('1'))).resolves.toBe('1');
    stop();
  });
});
