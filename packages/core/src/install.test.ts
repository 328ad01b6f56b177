import { scriptedTransport, type Step } from '@holdfast/testing';
import axios, { AxiosError, type AxiosAdapter, type AxiosInstance } from 'axios';
import { install, type Interceptor } from './index.js';

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

describe('statuses inside and outside of a pipeline', () => {
  it('interceptors see a 401 as a response, and the caller gets the AxiosError of bare axios', async () => {
    const bare = scripted([{ status: 401, data: '{"why":"x"}' }]);
    const held = scripted([{ status: 401, data: '{"why":"x"}' }]);
    const seen: number[] = [];
    install(held.client, [
      (next) => async (config) => {
        const response = await next(config);
        seen.push(response.status);
        return response;
      },
    ]);
    const expected = await caught(bare.client.get('/x'));
    const error = await caught(held.client.get('/x'));
    expect(seen).toEqual([401]);
    expect(error).toMatchObject({
      message: expected.message,
      code: expected.code,
      status: 401,
      name: 'AxiosError',
    });
    expect(error.response?.data).toEqual({ why: 'x' });
    expect(error.config?.validateStatus).toBe(held.client.defaults.validateStatus);
  });

  it('`validateStatus: () => true` does not blind the pipeline', async () => {
    const { client, requests } = scripted([{ status: 503 }, { status: 200 }]);
    install(client, [again]);
    await expect(client.get('/x', { validateStatus: () => true })).resolves.toHaveProperty('status', 200);
    expect(requests).toHaveLength(2);
  });

  it("the caller's validateStatus is asked once, about what he gets", async () => {
    const { client } = scripted([{ status: 503 }, { status: 302 }]);
    install(client, [again]);
    const validateStatus = jest.fn((status: number) => status === 200);
    const error = await caught(client.get('/x', { validateStatus }));
    expect(validateStatus.mock.calls).toEqual([[302]]);
    expect(error).toMatchObject({ status: 302, code: 'ERR_BAD_RESPONSE' });
  });

  it('an adapter that never settles by status behaves as in bare axios', async () => {
    const adapter: AxiosAdapter = (config) =>
      Promise.resolve({ status: 500, statusText: '', data: 'x', headers: {}, config });
    const client = axios.create({ adapter });
    install(client, []);
    await expect(client.get('/x')).resolves.toHaveProperty('status', 500);
  });

  it('what counts is whether the adapter asked about the answer that the caller gets', async () => {
    let sends = 0;
    const adapter: AxiosAdapter = (config) => {
      sends += 1;
      const status = sends === 1 ? 503 : 302;
      if (sends === 1) config.validateStatus?.(status);
      return Promise.resolve({ status, statusText: '', data: 'x', headers: {}, config });
    };
    const client = axios.create({ adapter });
    install(client, [again]);
    await expect(client.get('/x')).resolves.toHaveProperty('status', 302);
  });

  it('a status of 0 is a success, as in bare axios', async () => {
    const { client } = scripted([{ status: 0 }]);
    install(client, []);
    await expect(client.get('/x')).resolves.toHaveProperty('status', 0);
  });
});

describe("the caller's own machinery", () => {
  it('runs once per call, whatever the attempts', async () => {
    const { client, requests } = scripted([
      { status: 503 },
      { status: 503 },
      { status: 200, data: '{"n":1}' },
    ]);
    const runs = { request: 0, response: 0, transform: 0 };
    client.interceptors.request.use(async (config) => {
      runs.request += 1;
      return config;
    });
    client.interceptors.response.use((response) => {
      runs.response += 1;
      return response.data;
    });
    install(client, [again]);
    const transformRequest = (data: unknown): string => {
      runs.transform += 1;
      return JSON.stringify({ data });
    };
    await expect(client.post('/x', 'body', { transformRequest })).resolves.toEqual({ n: 1 });
    expect(runs).toEqual({ request: 1, response: 1, transform: 1 });
    expect(requests.map(({ data }) => data)).toEqual(Array(3).fill('{"data":"body"}'));
  });

  it('his adapter, also one given with the request, is what sends', async () => {
    const { client, requests } = scripted([]);
    install(client, [again]);
    const own = scriptedTransport([{ status: 503 }, { status: 200 }]);
    await client.get('/x', { adapter: own.adapter });
    expect(requests).toHaveLength(0);
    expect(own.requests).toHaveLength(2);
  });

  it('comes back as it was although an interceptor throws instead of rejecting', async () => {
    const { client } = scripted([]);
    install(client, [
      () => () => {
        throw new AxiosError('a fault', 'FAULT');
      },
    ]);
    const config = { url: '/x', headers: {} };
    client.interceptors.request.use((request) => Object.assign(config, request));
    expect(await caught(client.get('/x'))).toHaveProperty('code', 'FAULT');
    expect(config).toHaveProperty('validateStatus', client.defaults.validateStatus);
  });

  it.each(['http://', 'https:///', '\\0', 'http:orders'])(
    'a URL that is none (%j) fails as in bare axios',
    async (url) => {
      const bare = axios.create({ adapter: 'http' });
      const held = axios.create({ adapter: 'http' });
      install(held, []);
      const expected = await caught(bare.get(url));
      expect(await caught(held.get(url))).toMatchObject({ message: expected.message, name: expected.name });
    },
  );

  it('an unknown adapter fails as in bare axios', async () => {
    const bare = axios.create({ adapter: 'pigeon' });
    const held = axios.create({ adapter: 'pigeon' });
    install(held, []);
    const expected = await caught(bare.get('/x'));
    expect(await caught(held.get('/x'))).toMatchObject({ message: expected.message });
  });

  it('his request comes back as it was', async () => {
    const { client } = scripted([{ status: 200 }]);
    install(client, [again]);
    const { config } = await client.get('/x');
    expect(config.adapter).toBe(client.defaults.adapter);
    expect(config.validateStatus).toBe(client.defaults.validateStatus);
    expect(Object.keys(config)).not.toContain('signal');
  });
});
