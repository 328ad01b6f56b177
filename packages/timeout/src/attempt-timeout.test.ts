import { callOf, install, isHoldfastError, type Interceptor } from '@holdfast/core';
import { manualClock, scriptedTransport, type ManualClock, type Step } from '@holdfast/testing';
import axios, { type AxiosInstance } from 'axios';
import { attemptTimeout } from './index.js';

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

  it("that was asked for holds beside an axios `timeout` of the user's own, and the call's story tells of it", async () => {
    const { client: api } = client(['hang'], attemptTimeout({ timeoutMs: 1_000 }));
    const ended = api.get('/x', { timeout: 20_000 }).catch((error: unknown) => error);
    await clock.advance(1_000);
    expect(await ended).toHaveProperty('code', 'ERR_ATTEMPT_TIMEOUT');
    expect(String(callOf(await ended))).toContain('timed out after 1000 ms');
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
