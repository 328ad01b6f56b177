import { scriptedTransport } from '@holdfast/testing';
import axios, { type AxiosInstance } from 'axios';
import MockAdapter from 'axios-mock-adapter';
import { callOf, install, type Interceptor } from './index.js';

/** Sends as often as it has to until the status is a success. */
const again: Interceptor = (next) =>
  async function again(config) {
    for (;;) {
      const response = await next(config);
      if (response.status < 400) return response;
    }
  };

/** Its types know axios's CommonJS ones alone. */
const mockOf = (client: AxiosInstance): MockAdapter => new MockAdapter(client as never);

const real = () => scriptedTransport(() => ({ status: 200, data: '"from the service"' }));

/** A client with a pipeline and axios-mock-adapter on it, in both orders. */
const ORDERS: [string, (client: AxiosInstance) => MockAdapter][] = [
  [
    'before the pipeline',
    (client) => {
      const mock = mockOf(client);
      install(client, [again]);
      return mock;
    },
  ],
  [
    'after the pipeline',
    (client) => {
      install(client, [again]);
      return mockOf(client);
    },
  ],
];

describe.each(ORDERS)('axios-mock-adapter, put on a client %s', (_, mocked) => {
  it('answers every attempt, and the service sees none', async () => {
    const service = real();
    const client = axios.create({ baseURL: 'https://api.test', adapter: service.adapter });
    const mock = mocked(client);
    mock.onGet('/7').replyOnce(503).onGet('/7').replyOnce(503).onGet('/7').reply(200, { id: 7 });
    const response = await client.get('/7');
    expect(response.data).toEqual({ id: 7 });
    expect(mock.history['get']).toHaveLength(3);
    expect(callOf(response)?.attempts.map(({ status }) => status)).toEqual([503, 503, 200]);
    expect(service.requests).toHaveLength(0);
  });

  it('fails a call with the error that bare axios would give', async () => {
    const bare = axios.create({ baseURL: 'https://api.test' });
    mockOf(bare).onPost('/7').networkError();
    const client = axios.create({ baseURL: 'https://api.test' });
    mocked(client).onPost('/7').networkError();
    const [expected, error] = await Promise.all(
      [bare, client].map((one) => one.post('/7', { a: 1 }).catch((failure: unknown) => failure)),
    );
    const { name, message } = expected as Error;
    expect(error).toMatchObject({ name, message, config: { url: '/7', data: '{"a":1}' } });
    expect((error as { config: object }).config).not.toHaveProperty('adapter');
  });

  it('answers anew after reset()', async () => {
    const client = axios.create({ baseURL: 'https://api.test' });
    const mock = mocked(client);
    mock.onGet('/7').reply(200, 'one');
    await client.get('/7');
    mock.reset();
    mock.onGet('/7').reply(200, 'two');
    await expect(client.get('/7')).resolves.toHaveProperty('data', 'two');
    expect(mock.history['get']).toHaveLength(1);
  });

  it('gives the service back with restore(), pipeline and all', async () => {
    const service = scriptedTransport([{ status: 503 }, { status: 200 }]);
    const client = axios.create({ baseURL: 'https://api.test', adapter: service.adapter });
    const mock = mocked(client);
    mock.onGet('/7').reply(200);
    await client.get('/7');
    mock.restore();
    await client.get('/7');
    expect(service.requests).toHaveLength(2);
  });

  it('lets through what it is told to, once and not twice through the pipeline', async () => {
    const service = real();
    const client = axios.create({ baseURL: 'https://api.test', adapter: service.adapter });
    const mock = mocked(client);
    mock.onGet('/7').passThrough();
    const response = await client.get('/7');
    expect(response.data).toBe('from the service');
    expect(service.requests).toHaveLength(1);
    expect(callOf(response)?.sends).toBe(1);
    expect(response.config.validateStatus).toBe(client.defaults.validateStatus);
  });

  it('is passed by with an adapter of one request', async () => {
    const service = real();
    const client = axios.create({ baseURL: 'https://api.test' });
    const mock = mocked(client);
    await client.get('/7', { adapter: service.adapter });
    expect(mock.history['get']).toHaveLength(0);
    expect(service.requests).toHaveLength(1);
  });
});

it('axios-mock-adapter that is put on between two calls answers the second', async () => {
  const service = real();
  const client = axios.create({ baseURL: 'https://api.test', adapter: service.adapter });
  install(client, [again]);
  await client.get('/7');
  const mock = mockOf(client);
  mock.onGet('/7').reply(200, 'mocked');
  await expect(client.get('/7')).resolves.toHaveProperty('data', 'mocked');
  expect(service.requests).toHaveLength(1);
});
