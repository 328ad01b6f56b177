import { scriptedTransport, type Step } from '@holdfast/testing';
import axios, { AxiosError, type AxiosInstance } from 'axios';
import * as one from './index.js';

type Copy = typeof one;

/** A second copy of the package, with an axios of its own: what ESM and CommonJS in one process come to. */
let other: Copy;

beforeAll(async () => {
  await jest.isolateModulesAsync(async () => {
    other = await import('./index.js');
  });
});

function scripted(steps: readonly Step[]): AxiosInstance {
  return axios.create({ baseURL: 'https://api.test', adapter: scriptedTransport(steps).adapter });
}

const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => Promise.reject(new Error('it resolved')),
    (error: unknown) => error,
  );

describe('two copies of the package in one process', () => {
  it('are two', () => {
    expect(other.install).not.toBe(one.install);
    expect(other.HoldfastError).not.toBe(one.HoldfastError);
  });

  it('tell the same story of a call, whichever of them made it', async () => {
    for (const [maker, reader] of [
      [one, other],
      [other, one],
    ] as const) {
      const client = scripted([{ status: 503 }]);
      maker.install(client, []);
      const error = await caught(client.get('/x'));
      expect(reader.callOf(error)).toBe(maker.callOf(error));
      expect(reader.callOf(error)?.attempts.map(({ status }) => status)).toEqual([503]);
    }
  });

  it('let an interceptor that came with one work in a pipeline that the other installed', async () => {
    const client = scripted([{ status: 200 }]);
    const seen: unknown[] = [];
    const interceptor: one.Interceptor = (next) => (config) => {
      const call = other.currentCall(config);
      call.service = 'orders';
      seen.push(one.currentCall(config).service);
      return next(config);
    };
    one.install(client, [interceptor]);
    const response = await client.get('/x');
    expect(seen).toEqual(['orders']);
    expect(one.callOf(response)?.service).toBe('orders');
  });

  it('do not install two pipelines on one client, which would retry each other’s retries', () => {
    const client = scripted([]);
    const interceptors: readonly one.Interceptor[] = [];
    const hold = one.install(client, interceptors);
    expect(other.install(client, interceptors)).toBe(hold);
    expect(() => other.install(client, [])).toThrow(
      expect.objectContaining({ code: 'ERR_ALREADY_INSTALLED' }) as Error,
    );
    hold.eject();
    expect(() => other.install(client, [])).not.toThrow();
  });

  it('run one pipeline, once, for a request that one has prepared and the other sends', async () => {
    const first = scripted([{ status: 200 }]);
    const calls: string[] = [];
    const counting =
      (name: string): one.Interceptor =>
      (next) =>
      (config) => {
        calls.push(name);
        return next(config);
      };
    // Registered before the pipeline, so axios runs it after.
    first.interceptors.request.use((config) => {
      throw new AxiosError('not yet', 'NOT_YET', config);
    });
    one.install(first, [counting('one')]);
    const error = (await caught(first.get('/x'))) as AxiosError;
    const second = axios.create();
    other.install(second, [counting('other')]);
    await second.request(error.config!);
    expect(calls).toEqual(['other']);
  });

  it('agree on errors by their code, though neither is an instance of the other’s class', () => {
    const error = new other.ThrottledError({ service: 'orders', retryAfterMs: 7_000, until: 1 });
    expect(error).not.toBeInstanceOf(one.ThrottledError);
    expect(one.isHoldfastError(error, 'ERR_THROTTLED')).toBe(true);
    expect(one.retryAfterOf(error)).toBe(7_000);
    expect(one.outcomeOfError(error)).toBe('refused');
    expect(axios.isAxiosError(error)).toBe(true);
  });
});
