import { manualClock } from '@holdfast/testing';
import axios, { type InternalAxiosRequestConfig } from 'axios';
import { LinkedSignal, orCanceled, wait } from './index.js';

const request = (config: object): InternalAxiosRequestConfig => ({
  headers: new axios.AxiosHeaders(),
  ...config,
});

function listeners(signal: AbortSignal): { signal: AbortSignal; count: () => number } {
  let count = 0;
  const { addEventListener: add, removeEventListener: remove } = signal;
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    count += 1;
    add.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    count -= 1;
    remove.apply(signal, args);
  };
  return { signal, count: () => count };
}

describe('a wait', () => {
  it('ends when its time has come, and leaves nothing over', async () => {
    using clock = manualClock({ fakeGlobals: false });
    const { signal, count } = listeners(new AbortController().signal);
    const waiting = wait(1_000, request({ signal }), clock);
    await clock.advance(1_000);
    await expect(waiting).resolves.toBeUndefined();
    expect([clock.pending, count()]).toEqual([0, 0]);
  });

  it('ends at once when the signal is aborted, with the reason as the cause', async () => {
    using clock = manualClock({ fakeGlobals: false });
    const controller = new AbortController();
    const { count } = listeners(controller.signal);
    const waiting = wait(1_000, request({ signal: controller.signal }), clock);
    const reason = new Error('the user left');
    controller.abort(reason);
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_CANCELED', cause: reason });
    expect([clock.pending, count()]).toEqual([0, 0]);
  });

  it("ends at once when axios's older cancelToken is cancelled", async () => {
    using clock = manualClock({ fakeGlobals: false });
    const { token, cancel } = axios.CancelToken.source();
    const waiting = wait(1_000, request({ cancelToken: token }), clock);
    cancel('enough');
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_CANCELED', message: 'enough' });
    expect(clock.pending).toBe(0);
  });

  it('is not begun for a request that was given up before', async () => {
    using clock = manualClock({ fakeGlobals: false });
    await expect(wait(1_000, request({ signal: AbortSignal.abort() }), clock)).rejects.toHaveProperty(
      'code',
      'ERR_CANCELED',
    );
    expect(clock.pending).toBe(0);
  });
});

describe('a wait that no timer can hold', () => {
  it('does not end at once', async () => {
    using clock = manualClock({ fakeGlobals: false });
    let over = false;
    const waiting = wait(2 ** 31 + 1_000, request({}), clock).then(() => (over = true));
    await clock.advance(2 ** 31);
    expect(over).toBe(false);
    await clock.advance(1_000);
    await waiting;
  });
});

describe('waiting for what others wait for too', () => {
  it('a caller who leaves does not take the others along', async () => {
    const controller = new AbortController();
    const shared = Promise.resolve('token').then((token) => token);
    const leaving = orCanceled(shared, request({ signal: controller.signal }));
    controller.abort();
    await expect(leaving).rejects.toHaveProperty('code', 'ERR_CANCELED');
    await expect(orCanceled(shared, request({}))).resolves.toBe('token');
  });

  it('a failure that nobody waits for any more is no unhandled rejection', async () => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    const failing = Promise.reject(new Error('too late'));
    await expect(orCanceled(failing, request({ signal: AbortSignal.abort() }))).rejects.toHaveProperty(
      'code',
      'ERR_CANCELED',
    );
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe('LinkedSignal', () => {
  it('is aborted by its parent, and tells which of the two it was', () => {
    const controller = new AbortController();
    const signal = new LinkedSignal(controller.signal);
    const heard = jest.fn();
    signal.addEventListener('abort', heard);
    const reason = new Error('over');
    controller.abort(reason);
    expect(heard).toHaveBeenCalledTimes(1);
    expect(signal).toMatchObject({ aborted: true, abortedHere: false, reason });
  });

  it('collects no listeners on a signal that many calls share', () => {
    const { signal, count } = listeners(new AbortController().signal);
    for (let call = 0; call < 100; call += 1) {
      const linked = new LinkedSignal(signal);
      const listener = (): void => undefined;
      linked.addEventListener('abort', listener);
      linked.removeEventListener('abort', listener);
    }
    expect(count()).toBe(0);
    const linked = new LinkedSignal(signal);
    linked.addEventListener('abort', () => undefined);
    expect(count()).toBe(1);
    linked.release();
    expect(count()).toBe(0);
  });

  it('of many calls tells those that are still under way, each once, and lets go of its parent after the last', () => {
    const { signal: parent, count } = listeners(new AbortController().signal);
    const signal = new LinkedSignal(parent);
    const heard: number[] = [];
    const calls = [0, 1, 2, 3].map((call) => () => heard.push(call));
    for (const call of calls) signal.addEventListener('abort', call);
    signal.addEventListener('abort', calls[3]!);
    signal.removeEventListener('abort', calls[1]!);
    signal.removeEventListener('abort', calls[1]!);
    expect(count()).toBe(1);
    signal.abort();
    expect([heard, count()]).toEqual([[0, 2, 3], 0]);

    const other = new LinkedSignal(parent);
    for (const call of calls) other.addEventListener('abort', call);
    for (const call of calls) other.removeEventListener('abort', call);
    expect(count()).toBe(0);
  });

  it('tells every listener although one throws', () => {
    const report = jest.spyOn(globalThis, 'queueMicrotask').mockImplementation(() => undefined);
    const signal = new LinkedSignal(undefined);
    const heard = jest.fn();
    signal.addEventListener('abort', () => {
      throw new Error('a fault');
    });
    signal.addEventListener('abort', heard);
    signal.abort();
    expect([heard.mock.calls.length, report.mock.calls.length]).toEqual([1, 1]);
    report.mockRestore();
  });

  it('that is aborted is no failure of who aborts it, although its `onabort` throws', () => {
    const report = jest.spyOn(globalThis, 'queueMicrotask').mockImplementation(() => undefined);
    const signal = new LinkedSignal(undefined);
    const seen: unknown[] = [];
    signal.onabort = function (this: unknown, event) {
      seen.push(this, event);
      throw new Error('a fault');
    };
    expect(() => {
      signal.abort();
    }).not.toThrow();
    expect(seen).toEqual([signal, { type: 'abort', target: signal }]);
    expect(report).toHaveBeenCalledTimes(1);
    report.mockRestore();
  });

  it("calls listeners with itself as `this`, as axios's fetch adapter needs it", () => {
    const signal = new LinkedSignal(undefined);
    let self: unknown;
    signal.addEventListener('abort', function (this: unknown) {
      self = this;
    });
    signal.abort('why');
    expect(self).toBe(signal);
    expect(signal.reason).toBe('why');
  });
});
