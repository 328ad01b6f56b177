import { callOf, install } from '@holdfast/core';
import { manualClock, scriptedTransport, type ManualClock, type Step } from '@holdfast/testing';
import axios, { type AxiosError, type AxiosInstance, type CreateAxiosDefaults } from 'axios';
import { Agent } from 'node:http';
import { retry, type RetryOptions } from './index.js';

// The cases of axios-retry 4.5 about `retries` and `retryCondition`, one test for each. Where a case of theirs asserts a
// fault, the test says what happens in its place; docs/how-to/migrate-from-axios-retry.md has the list.

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

const RESET: Step = { error: 'ECONNRESET' };
const OK: Step = { status: 200, data: 'It worked!' };

function held(script: readonly Step[], options: RetryOptions, defaults: CreateAxiosDefaults = {}) {
  const { adapter, requests } = scriptedTransport(script, { clock });
  const client: AxiosInstance = axios.create({ baseURL: 'https://api.test', adapter, ...defaults });
  const installation = install(client, [retry({ clock, random: () => 1, ...options })], { clock });
  return { client, requests, installation };
}

const run = <T>(promise: Promise<T>): Promise<T> => clock.runUntilSettled(promise);
const errorOf = async (promise: Promise<unknown>): Promise<AxiosError> =>
  (await run(promise.catch((error: unknown) => error))) as AxiosError;

describe('a call with retries: 0', () => {
  it('that succeeds gets its answer', async () => {
    const { client, requests } = held([OK], { retries: 0 });
    expect((await run(client.get('/test'))).data).toBe('It worked!');
    expect(requests).toHaveLength(1);
  });

  it('that fails gets its failure, and no condition is asked', async () => {
    const retryCondition = jest.fn(() => true);
    const { client, requests } = held([RESET], { retries: 0, retryCondition });
    expect(await errorOf(client.get('/test'))).toHaveProperty('code', 'ECONNRESET');
    expect(requests).toHaveLength(1);
    expect(retryCondition).not.toHaveBeenCalled();
  });
});

describe('a retryCondition', () => {
  it('is asked about the failure as axios would have thrown it', async () => {
    const retryCondition = jest.fn<boolean, [AxiosError]>(() => false);
    const { client, requests } = held([RESET, OK], { retries: 1, retryCondition });
    const error = await errorOf(client.get('/test'));
    expect(retryCondition.mock.calls).toEqual([[error]]);
    expect(error).toHaveProperty('code', 'ECONNRESET');
    expect(requests).toHaveLength(1);
  });

  it('is asked about a status by an AxiosError with its response', async () => {
    const asked: unknown[] = [];
    const retryCondition = ({ code, response, config }: AxiosError) => {
      asked.push([code, response?.status, config?.url]);
      return false;
    };
    const { client } = held([{ status: 500 }], { retryCondition });
    expect(await errorOf(client.get('/test'))).toHaveProperty('status', 500);
    expect(asked).toEqual([['ERR_BAD_RESPONSE', 500, '/test']]);
  });

  it('that says yes has the call sent again, and leaves nothing of it on the request', async () => {
    const { client, requests } = held([RESET, OK], { retries: 1, retryCondition: () => true });
    const { status, config } = await run(client.get('/test'));
    expect([status, requests.length]).toEqual([200, 2]);
    expect(config).not.toHaveProperty('axios-retry');
  });

  it('that says yes has a status sent again that is usually final', async () => {
    const { client, requests } = held([{ status: 404 }, OK], { retryCondition: () => true });
    expect((await run(client.get('/test'))).status).toBe(200);
    expect(requests).toHaveLength(2);
  });

  it('that says yes does not have a POST acted on twice', async () => {
    const { client, requests } = held([RESET, OK], { retryCondition: () => true });
    const error = await errorOf(client.post('/test', { a: 'b' }));
    expect(error).toHaveProperty('code', 'ECONNRESET');
    expect(requests).toHaveLength(1);
    expect(String(callOf(error))).toContain('has no idempotency key');
  });

  it('that says yes has a POST with an idempotency key sent again, its body transformed once', async () => {
    const transformRequest = jest.fn((data: unknown) => JSON.stringify(data));
    const { client, requests } = held([RESET, OK], { retryCondition: () => true }, { transformRequest });
    const { status } = await run(client.post('/test', { a: 'b' }, { holdfast: { idempotencyKey: true } }));
    expect(status).toBe(200);
    expect(transformRequest).toHaveBeenCalledTimes(1);
    expect(requests.map(({ data }) => data)).toEqual(['{"a":"b"}', '{"a":"b"}']);
  });

  it.each<[string, Step]>([
    ['a certificate that is over', { error: 'CERT_HAS_EXPIRED' }],
    ['too many redirects', { error: 'ERR_FR_TOO_MANY_REDIRECTS' }],
  ])('that says yes to %s is not obeyed: it would be the same the next time', async (_, step) => {
    const { client, requests } = held([step, OK], { retryCondition: () => true });
    await errorOf(client.get('/test'));
    expect(requests).toHaveLength(1);
  });

  it('that says yes does not bring back a call that its caller gave up', async () => {
    const retryCondition = jest.fn(() => true);
    const { client, requests } = held(['hang', OK], { retryCondition });
    const controller = new AbortController();
    const ended = client.get('/test', { signal: controller.signal }).catch((error: unknown) => error);
    await clock.settle();
    controller.abort();
    expect(await errorOf(ended)).toHaveProperty('code', 'ERR_CANCELED');
    expect(requests).toHaveLength(1);
    expect(retryCondition).not.toHaveBeenCalled();
  });

  it('that says yes more often than there are retries: the caller gets the last failure', async () => {
    const { client, requests } = held([{ error: 'ETIMEDOUT' }, RESET], {
      retries: 1,
      retryCondition: () => true,
    });
    expect(await errorOf(client.get('/test'))).toHaveProperty('code', 'ECONNRESET');
    expect(requests).toHaveLength(2);
  });

  it.each<[string, () => boolean | Promise<boolean>, number]>([
    ['promises yes has the call sent again', () => Promise.resolve(true), 2],
    ['promises no gives the caller the failure', () => Promise.resolve(false), 1],
    ['says no gives the caller the failure', () => false, 1],
    ['rejects gives the caller the failure, and not its own', () => Promise.reject(new Error('mine')), 1],
    [
      'throws gives the caller the failure, and not its own',
      () => {
        throw new Error('mine');
      },
      1,
    ],
  ])('that %s', async (_, retryCondition, sends) => {
    const { client, requests } = held([RESET, OK], { retries: 1, retryCondition });
    const call = client.get('/test');
    const ended = call.then(
      ({ status }) => status,
      (error: unknown) => (error as AxiosError).code,
    );
    expect(await run(ended)).toBe(sends === 2 ? 200 : 'ECONNRESET');
    expect(requests).toHaveLength(sends);
  });
});

describe('a failure that is no AxiosError', () => {
  it('reaches the caller as it is, and is not retried, whatever the condition says', async () => {
    const failure = new Error('of an adapter');
    const attempts: unknown[] = [];
    const { client } = held([], { retries: 1, retryCondition: () => true });
    client.defaults.adapter = (config) => {
      attempts.push(config);
      return Promise.reject(failure);
    };
    expect(await errorOf(client.get('/test'))).toBe(failure);
    expect(attempts).toHaveLength(1);
  });

  it('of a handler of the caller’s own comes after the retries, and is not retried', async () => {
    const { client, requests } = held([RESET, RESET], { retries: 1, retryCondition: () => true });
    const failure = new Error('of a handler');
    client.interceptors.response.use(undefined, () => Promise.reject(failure));
    expect(await errorOf(client.get('/test'))).toBe(failure);
    expect(requests).toHaveLength(2);
  });
});

describe('an agent with sockets, which lead back to it', () => {
  it.each(['agent', 'httpAgent'])('goes along with every attempt (%s)', async (name) => {
    const agent = new Agent();
    const socket: { socket?: unknown } = {};
    socket.socket = socket;
    Object.assign(agent.sockets, { 'api.test:80:': [socket] });
    const { client, requests } = held([RESET, OK], { retries: 1 }, { [name]: agent });
    const { status, config } = await run(client.get('/test'));
    expect([status, requests.length]).toEqual([200, 2]);
    expect(config).toHaveProperty(name, agent);
  });
});

describe('options of one request', () => {
  it.each([
    ["under 'axios-retry'", { 'axios-retry': { retries: 2 } }],
    ['under holdfast', { holdfast: { retry: { retries: 2 } } }],
  ])('%s hold in place of the client’s, and for it alone', async (_, config) => {
    const { client, requests } = held([RESET, RESET, OK, RESET], { retries: 0 });
    expect((await run(client.get('/test', config))).status).toBe(200);
    expect(requests).toHaveLength(3);
    await errorOf(client.get('/test'));
    expect(requests).toHaveLength(4);
  });

  it("under 'axios-retry' are as they were afterwards: a request that is made again has all of its retries", async () => {
    const { client, requests } = held(Array<Step>(6).fill(RESET), { retries: 0 });
    const options = { retries: 2 };
    const error = await errorOf(client.get('/test', { 'axios-retry': options }));
    expect(requests).toHaveLength(3);
    expect(error.config?.['axios-retry']).toEqual({ retries: 2 });
    // The budget is there again.
    await clock.advance(2_000);
    await errorOf(client.request(error.config!));
    expect(requests).toHaveLength(6);
    expect(options).toEqual({ retries: 2 });
  });

  it("under 'axios-retry' do not have a POST acted on twice", async () => {
    const { client, requests } = held([RESET, OK], {});
    const options = { retries: 5, retryCondition: () => true };
    await errorOf(client.post('/test', {}, { 'axios-retry': options }));
    expect(requests).toHaveLength(1);
  });
});

describe('a client whose retries are taken off', () => {
  it('sends each call once, and has none of our handlers left', async () => {
    const { client, requests, installation } = held([RESET], {});
    installation.eject();
    await errorOf(client.get('/test'));
    expect(requests).toHaveLength(1);
    expect(client.interceptors.request.handlers?.filter(Boolean)).toEqual([]);
  });
});
