import { scriptedTransport, type Step } from '@holdfast/testing';
import axios, { AxiosError, type AxiosAdapter, type AxiosInstance } from 'axios';
import { AlreadyInstalledError, callOf, install, type Call, type Interceptor } from './index.js';

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
});

describe('a call and its journal', () => {
  it('is found by request, response and error, and is silent about a call that succeeded at once', async () => {
    const { client } = scripted([{ status: 200 }]);
    let inside: Call | undefined;
    install(client, [
      (next) => (config) => {
        inside = callOf(config);
        return next(config);
      },
    ]);
    const response = await client.get('/x');
    expect(callOf(response)).toBe(inside);
    expect(inside).toMatchObject({ service: 'https://api.test', method: 'get', sends: 1, attempts: [] });
  });

  it('tells one line per attempt, without query, headers or body', async () => {
    const { client } = scripted([{ status: 503 }, { error: 'ECONNRESET' }]);
    install(client, [
      (next) => (config) =>
        next(config).then(() => {
          callOf(config)?.note('once more');
          return next(config);
        }),
    ]);
    const error = await caught(
      client.post('/orders?sig=secret', 'body', { headers: { 'x-api-key': 'secret' } }),
    );
    expect(String(callOf(error))).toMatch(
      /^POST https:\/\/api\.test \/orders\n {2}#1 \(\+0 ms, took \d+ ms\): 503; once more\n {2}#2 \(\+\d+ ms, took \d+ ms\): ECONNRESET$/,
    );
  });

  it.each([
    ['/orders/7', 'https://api.test', true],
    ['orders/7', 'https://api.test', true],
    ['https://api.test/v1/orders?$skiptoken=2', 'https://api.test', true],
    ['https://api.test/v2/orders', 'https://api.test', false],
    ['../v2/orders', 'https://api.test', false],
    ['%2e%2e/v2/orders', 'https://api.test', false],
    ['https://evil.test/v1/orders', 'https://evil.test', false],
    ['/..%2fadmin', 'https://api.test', false],
    ['/%2e%2e%5Cadmin', 'https://api.test', false],
    ['/a%2F..%2Fadmin', 'https://api.test', false],
    // For axios this is absolute; Node cannot send it, but an adapter that knows a page's origin can.
    ['//evil.test/v1', '', false],
    ['https://api.test:444/v1/', 'https://api.test:444', false],
  ])('knows where %s goes', async (url, origin, withinBase) => {
    const { client } = scripted([{ status: 200 }]);
    let target;
    install(client, [
      (next) => (config) => {
        target = callOf(config)?.target;
        return next({ ...config, url: '/x', baseURL: 'https://api.test' });
      },
    ]);
    await client.get(url).catch(() => undefined);
    expect(target).toMatchObject({ origin, withinBase });
  });

  it('knows that a base URL with a user in it sends that one in place of a token, and does not tell it', async () => {
    const { adapter } = scriptedTransport([{ status: 500 }]);
    const client = axios.create({ baseURL: 'https://user:secret@api.test', adapter });
    install(client, []);
    const call = callOf(await caught(client.get('/x')));
    expect(call?.target).toMatchObject({ origin: 'https://api.test', withinBase: true, userinfo: true });
    const other = callOf(await caught(client.get('https://user:secret@api.test/x')));
    expect(String(call) + String(other)).not.toContain('secret');
  });

  it('is not told where it goes by a base URL that somebody set on axios itself', async () => {
    const { client } = scripted([{ status: 200 }]);
    install(client, []);
    axios.defaults.baseURL = 'https://elsewhere.test';
    try {
      const response = await client.get('https://files.test/1', { baseURL: '' });
      expect(callOf(response)?.target.origin).toBe('https://files.test');
    } finally {
      delete axios.defaults.baseURL;
    }
  });

  it('knows that a base URL given with the request is not the client’s own', async () => {
    const { client } = scripted([{ status: 200 }]);
    install(client, []);
    const response = await client.get('/orders', { baseURL: 'https://evil.test/v1' });
    expect(callOf(response)?.target).toMatchObject({ origin: 'https://evil.test', withinBase: false });
  });
});
