import axios from 'axios';
import nock from 'nock';
import { callOf, install, type Interceptor } from './index.js';

/** Sends as often as it has to until the status is a success. */
const again: Interceptor = (next) =>
  async function again(config) {
    for (;;) {
      const response = await next(config);
      if (response.status < 400) return response;
    }
  };

beforeAll(() => {
  nock.disableNetConnect();
});

afterEach(() => {
  nock.cleanAll();
});

describe.each(['http', 'fetch'] as const)('nock, with the %s adapter', (adapter) => {
  it('answers every attempt of a call', async () => {
    const scope = nock('https://orders.test').get('/7').reply(503).get('/7').reply(200, { id: 7 });
    const client = axios.create({ baseURL: 'https://orders.test', adapter });
    install(client, [again]);
    const response = await client.get('/7');
    expect(response.data).toEqual({ id: 7 });
    expect(callOf(response)?.attempts.map(({ status }) => status)).toEqual([503, 200]);
    expect(scope.isDone()).toBe(true);
  });

  it('fails a call as it fails one of bare axios', async () => {
    const bare = axios.create({ baseURL: 'https://orders.test', adapter });
    const held = axios.create({ baseURL: 'https://orders.test', adapter });
    install(held, []);
    const failures = [];
    for (const client of [bare, held]) {
      nock('https://orders.test')
        .get('/7')
        .replyWithError(Object.assign(new Error('cut'), { code: 'ECONNRESET' }));
      failures.push(await client.get('/7').catch((error: unknown) => error));
    }
    const { name, message, code } = failures[0] as { name: string; message: string; code: string };
    expect(failures[1]).toMatchObject({ name, message, code });
  });
});
