import { scriptedTransport, type Step } from '@holdfast/testing';
import axios, { type AxiosError, type AxiosInstance } from 'axios';
import { AlreadyInstalledError, install, type Interceptor } from './index.js';

/** A client whose requests are answered from a script. */
function scripted(steps: readonly Step[]): {
  client: AxiosInstance;
  requests: readonly { url: string; data: unknown }[];
} {
  const { adapter, requests } = scriptedTransport(steps);
  return { client: axios.create({ baseURL: 'https://api.test/v1', adapter }), requests };
}

/** Sends as often as it has to until the status is a success. */
const again: Interceptor = (next) =>
  async function again(config) {
    for (;;) {
      const response = await next(config);
      if (response.status < 400) return response;
    }
  };

const caught = (promise: Promise<unknown>): Promise<AxiosError> =>
  promise.then(
    () => Promise.reject(new Error('it resolved')),
    (error: unknown) => error as AxiosError,
  );

describe('installing', () => {
  it('the same array twice is one installation', async () => {
    const { client, requests } = scripted([{ status: 503 }, { status: 200 }]);
    const interceptors = [again];
    expect(install(client, interceptors)).toBe(install(client, interceptors));
    await client.get('/x');
    expect(requests).toHaveLength(2);
  });

  it('another pipeline on the same client is refused by name', () => {
    const { client } = scripted([]);
    install(client, [again]);
    expect(() => install(client, [again])).toThrow(AlreadyInstalledError);
  });

  it('replace() and eject() hold from the next call on', async () => {
    const { client, requests } = scripted([
      { status: 503 },
      { status: 503 },
      { status: 200 },
      { status: 503 },
    ]);
    const hold = install(client, []);
    expect(await caught(client.get('/1'))).toHaveProperty('status', 503);
    hold.replace([again]);
    await client.get('/2');
    hold.eject();
    expect(await caught(client.get('/3'))).toHaveProperty('status', 503);
    expect(requests.map(({ url }) => url)).toEqual(['/1', '/2', '/2', '/3']);
    expect(() => install(client, [])).not.toThrow();
  });

  it('a handle that was kept takes nothing off that came after it', async () => {
    const { client, requests } = scripted([{ status: 503 }, { status: 200 }]);
    const old = install(client, []);
    old.eject();
    const interceptors = [again];
    const current = install(client, interceptors);
    old.eject();
    expect(install(client, interceptors)).toBe(current);
    expect(() => {
      old.replace([]);
    }).toThrow('replace(): this pipeline was ejected; install() another one');
    await client.get('/x');
    expect(requests).toHaveLength(2);
  });

  it('a call that was on its way when the pipeline was ejected ends as it began', async () => {
    const { client, requests } = scripted([{ status: 503 }, { status: 200 }]);
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    // Registered first, so axios runs it after the pipeline was put in place.
    client.interceptors.request.use(async (config) => {
      await gate;
      return config;
    });
    const hold = install(client, [again]);
    const call = client.get('/x');
    await Promise.resolve();
    hold.eject();
    go();
    await call;
    expect(requests).toHaveLength(2);
  });
});
