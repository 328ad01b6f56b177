import { scriptedTransport, type Step } from '@holdfast/testing';
import axios, { AxiosError, type AxiosAdapter, type AxiosInstance } from 'axios';
import { AlreadyInstalledError, LinkedSignal, callOf, install, type Interceptor } from './index.js';

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

describe('submitting a request again', () => {
  const counting = () => {
    const state = { calls: 0 };
    const interceptor: Interceptor = (next) => (config) => {
      state.calls += 1;
      return next(config);
    };
    return { state, interceptor };
  };

  it('runs the pipeline once, on the same client', async () => {
    const { client } = scripted([{ status: 500 }, { status: 200 }]);
    const { state, interceptor } = counting();
    install(client, [interceptor]);
    const error = await caught(client.get('/x'));
    await client.request(error.config!);
    expect(state.calls).toBe(2);
  });

  it('runs the pipeline once although the first time never got as far as the adapter', async () => {
    const { client } = scripted([{ status: 200 }]);
    const { state, interceptor } = counting();
    let failures = 1;
    // Registered first, so axios runs it after the pipeline was put in place.
    client.interceptors.request.use((config) => {
      if (failures-- > 0) throw new AxiosError('not yet', 'NOT_YET', config);
      return config;
    });
    install(client, [interceptor]);
    const error = await caught(client.get('/x'));
    await client.request(error.config!);
    expect(state.calls).toBe(1);
  });

  it("runs the other client's pipeline on another client", async () => {
    const first = scripted([{ status: 500 }]);
    const second = scripted([{ status: 200 }]);
    const one = counting();
    const other = counting();
    install(first.client, [one.interceptor]);
    install(second.client, [other.interceptor]);
    const error = await caught(first.client.get('/x'));
    await second.client.request({ ...error.config!, adapter: second.client.defaults.adapter! });
    expect([one.state.calls, other.state.calls]).toEqual([1, 1]);
  });

  it('begins a new journal', async () => {
    const { client } = scripted([{ status: 500 }, { status: 404 }]);
    install(client, []);
    const first = await caught(client.get('/x'));
    const second = await caught(client.request(first.config!));
    expect(callOf(first)?.attempts.map(({ status }) => status)).toEqual([500]);
    expect(callOf(second)?.attempts.map(({ status }) => status)).toEqual([404]);
  });

  it('an error of another call passes through as it is, with its own request and its own story', async () => {
    const other = scripted([{ status: 404 }]);
    install(other.client, []);
    const { client } = scripted([]);
    install(client, [() => () => other.client.get('/other')]);
    const error = await caught(client.get('/x'));
    expect(error.config).toMatchObject({ url: '/other' });
    expect(callOf(error)?.attempts.map(({ status }) => status)).toEqual([404]);
  });

  it('runs no pipeline after it was ejected, although the request still has it', async () => {
    const { client } = scripted([{ status: 200 }]);
    const { state, interceptor } = counting();
    let failures = 1;
    client.interceptors.request.use((config) => {
      if (failures-- > 0) throw new AxiosError('not yet', 'NOT_YET', config);
      return config;
    });
    const hold = install(client, [interceptor]);
    const error = await caught(client.get('/x'));
    hold.eject();
    await client.request(error.config!);
    expect(state.calls).toBe(0);
  });

  it('an adapter that answered with a copy of the request has copied nothing of ours', async () => {
    const copying: AxiosAdapter = (config) =>
      Promise.resolve({ status: 500, statusText: '', data: '', headers: {}, config: { ...config } });
    const asking: AxiosAdapter = (config) =>
      copying(config).then((response) => {
        config.validateStatus?.(response.status);
        return response;
      });
    const client = axios.create({ adapter: asking });
    const limiting: Interceptor = (next) => (config) => {
      config.signal = new LinkedSignal(undefined);
      return next(config).finally(() => delete config.signal);
    };
    install(client, [limiting]);
    const error = await caught(client.get('https://api.test/'));
    expect(error.status).toBe(500);
    expect(error.config?.validateStatus).toBe(client.defaults.validateStatus);
    expect(Object.keys(error.config!)).not.toContain('signal');
    expect(callOf(error)?.attempts).toHaveLength(1);
  });
});

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
