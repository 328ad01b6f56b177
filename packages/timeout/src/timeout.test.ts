import { currentCall, install, isHoldfastError, type Interceptor } from '@holdfast/core';
import { manualClock, scriptedTransport, type ManualClock, type Step } from '@holdfast/testing';
import axios, { type AxiosInstance } from 'axios';
import { getEventListeners, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { attemptTimeout, deadline } from './index.js';

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

function client(
  script: readonly Step[],
  ...interceptors: readonly Interceptor[]
): { client: AxiosInstance; sends: () => number } {
  const transport = scriptedTransport(script, { clock });
  const instance = axios.create({ baseURL: 'https://api.test', adapter: transport.adapter });
  install(instance, interceptors, { clock });
  return { client: instance, sends: () => transport.requests.length };
}

/** Sends again whenever an attempt took too long. */
const againOnTimeout: Interceptor = (next) =>
  function again(config): ReturnType<typeof next> {
    return next(config).catch((error: unknown) => {
      if (isHoldfastError(error, 'ERR_ATTEMPT_TIMEOUT')) return again(config);
      throw error;
    });
  };

describe('attemptTimeout', () => {
  it('ends one send, by name and with its limit, and the next one has its own time', async () => {
    const { client: api, sends } = client(
      ['hang', { status: 200, delayMs: 900 }],
      againOnTimeout,
      attemptTimeout({ timeoutMs: 1_000 }),
    );
    const call = api.get('/x');
    await clock.advance(1_000);
    expect(sends()).toBe(2);
    await clock.advance(900);
    await expect(call).resolves.toHaveProperty('status', 200);
  });

  it('rejects with a typed AxiosError, not with the ERR_CANCELED that axios makes of an aborted signal', async () => {
    const { client: api } = client(['hang'], attemptTimeout({ timeoutMs: 1_000 }));
    const call = api.get('/x');
    const settled = expect(call).rejects.toMatchObject({
      name: 'AttemptTimeoutError',
      code: 'ERR_ATTEMPT_TIMEOUT',
      timeoutMs: 1_000,
      isAxiosError: true,
      config: { url: '/x' },
    });
    await clock.advance(1_000);
    await settled;
  });

  it("leaves the time to an axios `timeout` of the user's own", async () => {
    const { client: api } = client(['hang'], attemptTimeout());
    const settled = expect(api.get('/x', { timeout: 20_000 })).rejects.toMatchObject({
      code: 'ECONNABORTED',
    });
    await clock.advance(20_000);
    await settled;
  });

  it('can be set, and lifted, for one request', async () => {
    const { client: api } = client(['hang', { status: 200, delayMs: 60_000 }], attemptTimeout());
    const short = expect(api.get('/x', { holdfast: { attemptTimeoutMs: 50 } })).rejects.toHaveProperty(
      'timeoutMs',
      50,
    );
    await clock.advance(50);
    await short;
    const long = api.get('/x', { holdfast: { attemptTimeoutMs: false } });
    await clock.advance(60_000);
    await expect(long).resolves.toHaveProperty('status', 200);
  });

  it('does not touch what answers in time, nor the signal of the request', async () => {
    const { client: api } = client(
      [{ status: 200, delayMs: 999 }, { status: 200 }],
      attemptTimeout({ timeoutMs: 1_000 }),
    );
    const { signal } = new AbortController();
    const call = api.get('/x', { signal });
    await clock.advance(999);
    expect((await call).config.signal).toBe(signal);
    expect(Object.keys((await api.get('/x')).config)).not.toContain('signal');
  });

  it("is not what ended a send that the caller cancelled: he gets axios's own error", async () => {
    const { client: api } = client(['hang'], attemptTimeout());
    const controller = new AbortController();
    const settled = expect(api.get('/x', { signal: controller.signal })).rejects.toHaveProperty(
      'code',
      'ERR_CANCELED',
    );
    await clock.advance(1);
    controller.abort();
    await settled;
  });

  it('starts one timer for any number of calls, and none that keeps the process alive', async () => {
    const { client: api } = client(Array<Step>(100).fill({ status: 200, delayMs: 10 }), attemptTimeout());
    const calls = Promise.all(Array.from({ length: 100 }, () => api.get('/x')));
    await clock.settle();
    // A hundred are the transport's own delays.
    expect(clock.pending).toBe(101);
    expect(clock.pendingRef).toBe(100);
    await clock.advance(10);
    await calls;
    expect(clock.pending).toBe(1);
    await clock.advance(20_000);
    expect(clock.pending).toBe(0);
  });

  it('holds for each of many that began at different times', async () => {
    const { client: api } = client(Array<Step>(3).fill('hang'), attemptTimeout({ timeoutMs: 100 }));
    const ends: number[] = [];
    const start = clock.now();
    for (let call = 0; call < 3; call += 1) {
      api.get('/x').catch(() => ends.push(clock.now() - start));
      await clock.advance(30);
    }
    await clock.advance(200);
    expect(ends).toEqual([100, 130, 160]);
  });
});

describe('a limit and the clock', () => {
  it('ends in its time although the clock is set back meanwhile', async () => {
    const skewed = { ...clock, now: () => clock.now() - back, setTimeout: clock.setTimeout.bind(clock) };
    let back = 0;
    const transport = scriptedTransport(['hang'], { clock });
    const api = axios.create({ adapter: transport.adapter });
    install(api, [attemptTimeout({ timeoutMs: 100, clock: skewed })], { clock: skewed });
    const settled = expect(api.get('https://api.test/')).rejects.toHaveProperty(
      'code',
      'ERR_ATTEMPT_TIMEOUT',
    );
    await clock.advance(10);
    back = 3_600_000;
    await clock.advance(90);
    await settled;
  });

  it('ends within twice its time when the one before it has ended and the clock stands still', async () => {
    const still = { now: () => 0, setTimeout: clock.setTimeout.bind(clock) };
    const transport = scriptedTransport([{ status: 200, delayMs: 10 }, 'hang'], { clock });
    const api = axios.create({ adapter: transport.adapter });
    install(api, [attemptTimeout({ timeoutMs: 100, clock: still })], { clock: still });
    const first = api.get('https://api.test/');
    const settled = expect(api.get('https://api.test/')).rejects.toHaveProperty(
      'code',
      'ERR_ATTEMPT_TIMEOUT',
    );
    await clock.advance(10);
    await first;
    await clock.advance(190);
    await settled;
  });

  it('of a call that was held up outside ends before those that began later', async () => {
    const ends: string[] = [];
    const start = clock.now();
    const slow: Interceptor = (next) => async (config) => {
      if (config.url === '/slow') await new Promise((resolve) => setTimeout(resolve, 800));
      return next(config);
    };
    const { client: api } = client(['hang', 'hang'], slow, deadline({ deadlineMs: 1_000 }));
    for (const url of ['/slow', '/x']) {
      api.get(url).catch(() => ends.push(`${url} at ${clock.now() - start}`));
      await clock.advance(200);
    }
    await clock.advance(2_000);
    expect(ends).toEqual(['/slow at 1000', '/x at 1200']);
  });

  it('of several, the first to end is the deadline', async () => {
    const deadlines: number[] = [];
    const look: Interceptor = (next) => (config) => {
      deadlines.push(currentCall(config).deadlineAt - clock.now());
      return next(config);
    };
    const { client: api } = client(
      [{ status: 200 }],
      deadline({ deadlineMs: 1_000 }),
      deadline({ deadlineMs: 5_000 }),
      look,
    );
    await api.get('/x');
    expect(deadlines).toEqual([1_000]);
  });
});

describe('deadline', () => {
  it('ends the whole call, whatever the attempts, with the last one’s error as its cause', async () => {
    const steps: Step[] = ['hang', 'hang', 'hang', 'hang'];
    const { client: api, sends } = client(
      steps,
      deadline({ deadlineMs: 250 }),
      againOnTimeout,
      attemptTimeout({ timeoutMs: 100 }),
    );
    const settled = expect(api.get('/x')).rejects.toMatchObject({
      code: 'ERR_DEADLINE_EXCEEDED',
      deadlineMs: 250,
      cause: { code: 'ERR_ATTEMPT_TIMEOUT' },
    });
    await clock.advance(250);
    await settled;
    expect(sends()).toBe(3);
  });

  it('names a status as the cause where one had come back', async () => {
    const twice: Interceptor = (next) => (config) => next(config).then(() => next(config));
    const { client: api } = client([{ status: 503 }, 'hang'], deadline({ deadlineMs: 100 }), twice);
    const settled = expect(api.get('/x')).rejects.toMatchObject({
      code: 'ERR_DEADLINE_EXCEEDED',
      cause: { status: 503 },
    });
    await clock.advance(100);
    await settled;
  });

  it('is told to the pipeline as an instant, and lifted with false', async () => {
    const deadlines: number[] = [];
    const look: Interceptor = (next) => (config) => {
      deadlines.push(currentCall(config).deadlineAt - clock.now());
      return next(config);
    };
    const { client: api } = client(
      [{ status: 200 }, { status: 200, delayMs: 90_000 }],
      deadline({ deadlineMs: 500 }),
      look,
    );
    await api.get('/x');
    const call = api.get('/x', { holdfast: { deadlineMs: false } });
    await clock.advance(90_000);
    await expect(call).resolves.toHaveProperty('status', 200);
    expect(deadlines).toEqual([500, Infinity]);
  });

  it.each([0, -1, NaN, 2 ** 31, Infinity])(
    'of one request that makes no sense (%p) is refused by name, and nothing is sent',
    async (ms) => {
      const { client: api, sends } = client([{ status: 200 }], deadline(), attemptTimeout());
      await expect(api.get('/x', { holdfast: { deadlineMs: ms } })).rejects.toThrow(
        /holdfast: the option "deadlineMs" must be/,
      );
      await expect(api.get('/x', { holdfast: { attemptTimeoutMs: ms } })).rejects.toThrow(
        /"attemptTimeoutMs"/,
      );
      expect([sends(), clock.pending]).toEqual([0, 1]);
    },
  );

  it.each([0, -1, NaN, 2 ** 31, '5s', null])('refuses %p at construction', (deadlineMs) => {
    expect(() => deadline({ deadlineMs: deadlineMs as number })).toThrow(
      /deadline\(\): the option "deadlineMs" must be/,
    );
  });
});

describe('on a real socket', () => {
  let server: Server;
  let url: string;
  let closed: Promise<unknown>;

  beforeEach(async () => {
    clock.uninstall();
    let close: (value?: unknown) => void;
    closed = new Promise((resolve) => (close = resolve));
    server = createServer((request, response) => {
      request.socket.on('close', () => {
        close();
      });
      if (request.url === '/drip') {
        response.write('a');
        setInterval(() => response.write('a') && server.emit('drip'), 5).unref();
      }
      if (request.url === '/stream') response.write('first');
      if (request.url === '/short') response.end('all');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it.each(['http', 'fetch'])(
    'a body that drips for ever ends (%s adapter), and so does its connection',
    async (adapter) => {
      const still = manualClock({ fakeGlobals: false });
      const api = axios.create({ baseURL: url, adapter });
      install(api, [attemptTimeout({ timeoutMs: 60, clock: still })], { clock: still });
      const drips = once(server, 'drip');
      const call = expect(api.get('/drip')).rejects.toHaveProperty('code', 'ERR_ATTEMPT_TIMEOUT');
      await drips;
      await still.advance(60);
      await call;
      await closed;
    },
  );

  it('a stream outlives the limit on its headers, still ends by the caller’s abort, and leaves no listener behind', async () => {
    const api = axios.create({ baseURL: url, adapter: 'http', responseType: 'stream' });
    install(api, [deadline(), attemptTimeout()]);
    const controller = new AbortController();
    const { data } = await api.get('/stream', { signal: controller.signal });
    const ended = new Promise((resolve) => data.once('error', resolve));
    const closing = new Promise((resolve) => data.once('close', resolve));
    controller.abort();
    await expect(ended).resolves.toHaveProperty('code', 'ERR_CANCELED');
    await closing;
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('streams that were read to their end leave no listener on a signal that they share', async () => {
    const api = axios.create({ baseURL: url, adapter: 'http', responseType: 'stream' });
    install(api, [deadline(), attemptTimeout()]);
    const { signal } = new AbortController();
    for (let call = 0; call < 3; call += 1) {
      const { data } = await api.get('/short', { signal });
      data.resume();
      await new Promise((resolve) => data.once('close', resolve));
    }
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});
