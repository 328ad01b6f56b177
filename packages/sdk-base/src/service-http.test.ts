import { callOf, isHoldfastError, retryAfterOf } from '@holdfast/core';
import axios from 'axios';
import * as v from 'valibot';
import { ResponseValidationError } from './checked-answer.js';
import { BASE, FOUND, Orders, failureOf, ordersClient } from './made-orders-sdk.js';
import { ServiceSdk } from './service-sdk.js';
import { ConflictError, NotFoundError, RateLimitedError } from './status-errors.js';

const Order = v.object({ id: v.pipe(v.string(), v.transform(Number)) });

class Verbs extends ServiceSdk {
  all() {
    return this.http;
  }
}

function verbs(...args: Parameters<typeof ordersClient>) {
  const { client, requests, clock } = ordersClient(...args);
  return { http: new Verbs(client).all(), client, requests, clock };
}

const sent = ({ requests }: ReturnType<typeof verbs>) =>
  requests.map(({ method, url, data, headers }) => [method, url, data, headers['content-type']]);

describe('a verb', () => {
  it('sends its method, its path and its body', async () => {
    const api = verbs();
    const { http } = api;
    await http.get('/orders/7');
    await http.delete('/orders/7');
    await http.post('/orders', { id: '7' });
    await http.put('/orders/7', { id: '7' });
    await http.patch('/orders/7', { id: '7' });
    await http.query('/orders', { text: 'x' });
    await http.post('/orders/7/close');
    const json = 'application/json';
    expect(sent(api)).toEqual([
      ['get', '/orders/7', undefined, undefined],
      ['delete', '/orders/7', undefined, undefined],
      ['post', '/orders', '{"id":"7"}', json],
      ['put', '/orders/7', '{"id":"7"}', json],
      ['patch', '/orders/7', '{"id":"7"}', json],
      ['query', '/orders', '{"text":"x"}', json],
      ['post', '/orders/7/close', undefined, undefined],
    ]);
  });

  it('QUERY is sent again like a GET, and a POST is not', async () => {
    const asking = verbs([{ status: 500 }, FOUND]);
    await asking.clock.runUntilSettled(asking.http.query('/orders', {}));
    expect(asking.requests).toHaveLength(2);
    const posting = verbs([{ status: 500 }, FOUND]);
    await expect(failureOf(posting.http.post('/orders', {}))).resolves.toHaveProperty('status', 500);
    expect(posting.requests).toHaveLength(1);
  });

  it('that is answered without a content gives nothing, and no empty text', async () => {
    const { http } = verbs([{ status: 204 }, { status: 205, data: '' }, { status: 200, data: '' }]);
    expect([await http.delete('/orders/7'), await http.post('/orders'), await http.get('/')]).toEqual([
      undefined,
      undefined,
      '',
    ]);
  });

  it('gives what axios reads in the answer: JSON under any type, and else a text; a schema refuses both', async () => {
    const digits = { status: 200, data: '12345678901234567890', headers: { 'Content-Type': 'text/plain' } };
    const half = { status: 200, data: '{"id":', headers: { 'Content-Type': 'application/json' } };
    const { http } = verbs([digits, half, digits, half]);
    expect([await http.get('/id'), await http.get('/7')]).toEqual([Number(digits.data), half.data]);
    for (const schema of [v.string(), Order])
      await expect(failureOf(http.get('/7', { schema }))).resolves.toBeInstanceOf(ResponseValidationError);
  });

  it('with a schema gives what that makes of the answer, and the response as it came', async () => {
    const { http } = verbs();
    const calls = [
      http.get('/orders/7', { schema: Order }),
      http.delete('/orders/7', { schema: Order }),
      ...(['post', 'put', 'patch', 'query'] as const).map((verb) =>
        http[verb]('/orders/7', {}, { schema: Order }),
      ),
      http.upload('/orders/7', 'x', { schema: Order }),
    ];
    for (const call of calls) {
      const { data, response } = await call.withResponse();
      expect(data).toEqual({ id: 7 });
      expect(response.data).toEqual({ id: '7' });
    }
  });

  it('rejects with an error by status, in which the call is to be found', async () => {
    const { http } = verbs(({ url }) => ({ status: url.endsWith('7') ? 404 : 409 }));
    const error = await failureOf(http.get('/orders/7'));
    expect(error).toBeInstanceOf(NotFoundError);
    expect(axios.isAxiosError(error)).toBe(true);
    expect(String(callOf(error))).toContain('GET orders /orders/7');
    await expect(failureOf(http.put('/orders/8', {}))).resolves.toBeInstanceOf(ConflictError);
  });

  it('takes no failure for a success where the client does', async () => {
    const { http } = verbs(() => ({ status: 404 }), { axios: { validateStatus: () => true } });
    await expect(failureOf(http.get('/orders/7'))).resolves.toBeInstanceOf(NotFoundError);
  });

  it('tells a service that throttles from a gate that does not ask it', async () => {
    const { http, requests } = verbs(() => ({ status: 429, headers: { 'Retry-After': '60' } }));
    const told = await failureOf(http.get('/orders/7'));
    expect(told).toBeInstanceOf(RateLimitedError);
    expect(retryAfterOf(told)).toBe(60_000);
    const refused = await failureOf(http.get('/orders/8'));
    expect(isHoldfastError(refused, 'ERR_THROTTLED')).toBe(true);
    expect(requests).toHaveLength(1);
  });

  it('names the SDK to the service, unless its caller or the owner of the client names something else', async () => {
    const { client, requests } = ordersClient();
    const orders = new Orders(client, { product: { name: 'shop-sdk', version: '1.2.3' } });
    await orders.get('7');
    await orders.get('7', { headers: { 'user-agent': 'mine/1' } });
    client.defaults.headers.common['User-Agent'] = 'theirs/2';
    await orders.get('7');
    const [usual, ...others] = requests.map(({ headers }) => headers['user-agent']);
    expect(usual).toMatch(/^shop-sdk\/1\.2\.3 /);
    expect(others).toEqual(['mine/1', 'theirs/2']);
  });

  it('writes a line to the logger of its SDK, by its level', async () => {
    const lines: string[] = [];
    const at = (level: string) => () => void lines.push(level);
    const logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
    const down = { error: 'ECONNREFUSED' };
    const { client } = ordersClient([FOUND, FOUND, down, down], { retry: false });
    const orders = new Orders(client, { logger });
    await orders.get('7');
    await orders.withOptions({ logLevel: 'debug' }).get('7');
    expect(lines).toEqual(['debug']);
    await failureOf(orders.withOptions({ logLevel: 'off' }).get('7'));
    await failureOf(orders.get('7'));
    expect(lines).toEqual(['debug', 'error']);
  });

  it('says so where the client unwraps its responses', async () => {
    const { http, client } = verbs();
    client.interceptors.response.use((response) => response.data as never);
    await expect(failureOf(http.get('/orders/7'))).resolves.toThrow(/unwraps `data`/);
  });
});

describe('a path', () => {
  it.each([
    'https://elsewhere.test/orders',
    '//elsewhere.test/orders',
    '/orders/../../admin',
    '/orders/%2e%2e/%2e%2e/admin',
    '/orders/..%2f..%2fadmin',
    'https://orders.test/v2/orders',
  ])('that leads out of the base URL is refused, and nothing is sent: %s', async (path) => {
    const { http, requests } = verbs(FOUND, { credential: false });
    const calls = [
      () => http.get(path),
      () => http.post(path, {}),
      () => http.download(path),
      () => http.upload(path, 'x'),
      async () => http.paginate(path),
    ];
    for (const call of calls) {
      const error = await failureOf(call());
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).toContain('leads out of the base URL');
      expect(String(error)).not.toContain('admin');
    }
    expect(requests).toHaveLength(0);
  });

  it.each([
    '/orders/7',
    'orders/7',
    '/orders/a%2Fb',
    `${BASE}/orders/7`,
    '/orders/7?full=1',
    '/a/../orders/7',
  ])('that stays below it is sent as it is: %s', async (path) => {
    const { http, requests } = verbs();
    await http.get(path);
    expect(requests.map(({ url }) => url)).toEqual([path]);
  });

  it.each([`${BASE}?tenant=S3cret`, `${BASE}/#top`])(
    'behind a base URL with a query, or a fragment, is refused: each call would ask for the same',
    async (baseURL) => {
      const { http, requests } = verbs(FOUND, { baseURL });
      for (const call of [() => http.get('/orders/7'), () => http.download('orders/7?full=1')]) {
        const error = await failureOf(call());
        expect(error).toBeInstanceOf(TypeError);
        expect(String(error)).toMatch(/the base URL of the client has a query.*params/);
        expect(String(error)).not.toContain('S3cret');
      }
      expect(requests).toHaveLength(0);
    },
  );

  it('that is no text is refused', async () => {
    const { http, requests } = verbs();
    for (const path of ['', undefined, 7])
      await expect(failureOf(http.get(path as string))).resolves.toBeInstanceOf(TypeError);
    expect(requests).toHaveLength(0);
  });
});
