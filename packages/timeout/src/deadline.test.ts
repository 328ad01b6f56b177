import { currentCall, install, isHoldfastError, type Interceptor } from '@holdfast/core';
import { manualClock, scriptedTransport, type ManualClock, type Step } from '@holdfast/testing';
import axios, { type AxiosInstance } from 'axios';
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
