import { scriptedTransport, type Step } from '@holdfast/testing';
import axios, { AxiosError, type AxiosAdapter, type AxiosInstance } from 'axios';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LinkedSignal, callOf, install, type Interceptor } from './index.js';

/** A client whose requests are answered from a script. */
function scripted(steps: readonly Step[]): { client: AxiosInstance; sends: () => number } {
  const { adapter, requests } = scriptedTransport(steps);
  return {
    client: axios.create({ baseURL: 'https://api.test/v1', adapter }),
    sends: () => requests.length,
  };
}

/** An interceptor that counts the calls that come through it. */
function counting(): { calls: number; interceptor: Interceptor } {
  const counter = {
    calls: 0,
    interceptor: ((next) => (config) => {
      counter.calls += 1;
      return next(config);
    }) satisfies Interceptor,
  };
  return counter;
}

/** Fails the first request before it gets as far as the adapter: it keeps what was put in front of that. */
function failBeforeSending(client: AxiosInstance): void {
  let failures = 1;
  // Registered before the pipeline, so axios runs it after.
  client.interceptors.request.use((config) => {
    if (failures-- > 0) throw new AxiosError('not yet', 'NOT_YET', config);
    return config;
  });
}

const caught = (promise: Promise<unknown>): Promise<AxiosError> =>
  promise.then(
    () => Promise.reject(new Error('it resolved')),
    (error: unknown) => error as AxiosError,
  );

describe('submitting a request again', () => {
  it('runs the pipeline once, on the same client', async () => {
    const { client } = scripted([{ status: 500 }, { status: 200 }]);
    const pipeline = counting();
    install(client, [pipeline.interceptor]);
    const error = await caught(client.get('/x'));
    await client.request(error.config!);
    expect(pipeline.calls).toBe(2);
  });

  it('a hundred times runs the pipeline a hundred times, and not deeper each time', async () => {
    const { adapter, requests } = scriptedTransport(() => ({ status: 500 }));
    const client = axios.create({ adapter });
    const pipeline = counting();
    install(client, [pipeline.interceptor]);
    let error = await caught(client.get('https://api.test/x'));
    for (let time = 0; time < 100; time += 1) error = await caught(client.request(error.config!));
    expect([pipeline.calls, requests.length]).toEqual([101, 101]);
  });

  it('runs the pipeline once although the first time never got as far as the adapter', async () => {
    const { client } = scripted([{ status: 200 }]);
    const pipeline = counting();
    failBeforeSending(client);
    install(client, [pipeline.interceptor]);
    const error = await caught(client.get('/x'));
    await client.request(error.config!);
    expect(pipeline.calls).toBe(1);
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

describe('submitting a request again on another client', () => {
  it.each([
    ['as it is', false],
    ['with that client’s adapter', true],
  ])("runs that client's pipeline once, and the first one's no more (%s)", async (_, naming) => {
    const first = scripted([{ status: 500 }, { status: 200 }]);
    const second = scripted([{ status: 200 }]);
    const one = counting();
    const other = counting();
    install(first.client, [one.interceptor]);
    install(second.client, [other.interceptor]);
    const error = await caught(first.client.get('/x'));
    const adapter = naming ? { adapter: second.client.defaults.adapter! } : {};
    await second.client.request({ ...error.config!, ...adapter });
    expect([one.calls, other.calls]).toEqual([1, 1]);
    // The adapter that the first client gave the request stays on it, as in bare axios.
    expect([first.sends(), second.sends()]).toEqual(naming ? [1, 1] : [2, 0]);
  });

  it('runs no pipeline on a client that has none', async () => {
    const first = scripted([{ status: 500 }, { status: 200 }]);
    const one = counting();
    install(first.client, [one.interceptor]);
    const error = await caught(first.client.get('/x'));
    await axios.create().request(error.config!);
    expect([one.calls, first.sends()]).toEqual([1, 2]);
  });

  it('runs that one’s pipeline although the first client never sent it', async () => {
    const first = scripted([{ status: 200 }]);
    const one = counting();
    const other = counting();
    failBeforeSending(first.client);
    install(first.client, [one.interceptor]);
    const second = axios.create();
    install(second, [other.interceptor]);
    const error = await caught(first.client.get('/x'));
    await second.request(error.config!);
    expect([one.calls, other.calls]).toEqual([0, 1]);
  });
});

describe('submitting a request again after eject()', () => {
  it('is bare axios', async () => {
    const { client, sends } = scripted([{ status: 500 }, { status: 200 }]);
    const pipeline = counting();
    const hold = install(client, [pipeline.interceptor]);
    const error = await caught(client.get('/x'));
    hold.eject();
    const response = await client.request(error.config!);
    expect([pipeline.calls, sends()]).toEqual([1, 2]);
    expect(callOf(response)?.sends ?? 0).toBe(0);
  });

  it('runs no pipeline although the request still has it', async () => {
    const { client } = scripted([{ status: 200 }]);
    const pipeline = counting();
    failBeforeSending(client);
    const hold = install(client, [pipeline.interceptor]);
    const error = await caught(client.get('/x'));
    hold.eject();
    await client.request(error.config!);
    expect(pipeline.calls).toBe(0);
  });

  it('and another install() runs the new pipeline, once', async () => {
    const { client } = scripted([{ status: 500 }, { status: 200 }]);
    const old = counting();
    const current = counting();
    const hold = install(client, [old.interceptor]);
    const error = await caught(client.get('/x'));
    hold.eject();
    install(client, [current.interceptor]);
    await client.request(error.config!);
    expect([old.calls, current.calls]).toEqual([1, 1]);
  });
});

describe.each(['http', 'fetch'] as const)('submitting a request again by the %s adapter', (adapter) => {
  let server: Server;
  let url: string;
  let bodies: string[];

  beforeEach(async () => {
    bodies = [];
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        bodies.push(body);
        response.writeHead(bodies.length === 1 ? 500 : 200).end('done');
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('sends the same body to the same place', async () => {
    const client = axios.create({ baseURL: url, adapter });
    const pipeline = counting();
    install(client, [pipeline.interceptor]);
    const error = await caught(client.post('/x', { a: 1 }));
    const response = await client.request(error.config!);
    expect(response).toMatchObject({ status: 200, data: 'done' });
    expect(bodies).toEqual(['{"a":1}', '{"a":1}']);
    expect(pipeline.calls).toBe(2);
  });
});
