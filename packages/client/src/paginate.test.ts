import { scriptedTransport, type Step } from '@holdfast/testing';
import axios, { type AxiosInstance, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { PaginateError, callOf, createServiceClient, paginate, type PaginateOptions } from './index.js';

interface User {
  readonly id: number;
}

const BASE = 'https://api.test/v1';

function api(script: readonly Step[], defaults: AxiosRequestConfig = {}) {
  const { adapter, requests } = scriptedTransport(script);
  const client = axios.create({ baseURL: BASE, adapter, ...defaults });
  return { client, requests, urls: () => requests.map(({ url }) => url) };
}

const json = (data: unknown, headers = {}): Step => ({ status: 200, data: JSON.stringify(data), headers });

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of list) items.push(item);
  return items;
}

const TWO_PAGES = [
  json({ value: [{ id: 1 }, { id: 2 }], '@odata.nextLink': `${BASE}/users?$skiptoken=a` }),
  json({ value: [{ id: 3 }] }),
];

describe('a list in pages', () => {
  it('comes item by item, and the parameters go with the first page only', async () => {
    const { client } = api(TWO_PAGES);
    const asked: string[] = [];
    client.interceptors.request.use((config) => {
      asked.push(axios.getUri(config));
      return config;
    });
    const users = await all(paginate<User>(client, '/users', { params: { top: 2 } }));
    expect(users).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
    expect(asked).toEqual([`${BASE}/users?top=2`, `${BASE}/users?$skiptoken=a`]);
  });

  it('nothing is sent before the first item is asked for, nor after the last that is', async () => {
    const { client, requests } = api(TWO_PAGES);
    const list = paginate<User>(client, '/users');
    const iterator = list[Symbol.asyncIterator]();
    list.byPage();
    expect(requests).toHaveLength(0);
    await iterator.next();
    await iterator.next();
    expect(requests).toHaveLength(1);
    await expect(iterator.return()).resolves.toEqual({ done: true, value: undefined });
    await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
    expect(requests).toHaveLength(1);
  });

  it('a break in the middle of a page ends it', async () => {
    const { client, requests } = api(TWO_PAGES);
    for await (const user of paginate<User>(client, '/users')) if (user.id === 2) break;
    expect(requests).toHaveLength(1);
  });

  it('read twice, begins anew', async () => {
    const { client, urls } = api([...TWO_PAGES, ...TWO_PAGES]);
    const list = paginate<User>(client, '/users');
    expect(await all(list)).toEqual(await all(list));
    expect(urls().filter((url) => url === '/users')).toHaveLength(2);
  });

  it('an empty page with a link goes on; null and an empty text end the list', async () => {
    for (const end of [null, ''])
      for (const name of ['@odata.nextLink', 'odata.nextLink', 'nextLink']) {
        const { client } = api([json({ value: [], [name]: '/v1/b' }), json({ value: [7], [name]: end })]);
        await expect(all(paginate(client, '/a'))).resolves.toEqual([7]);
      }
  });

  it.each<[string, unknown]>([
    ['the body itself', [1]],
    ['value', { value: [1] }],
    ['items', { items: [1] }],
    ['data', { data: [1] }],
    ['results', { results: [1] }],
  ])('finds its items in %s', async (_, body) => {
    await expect(all(paginate(api([json(body)]).client, '/a'))).resolves.toEqual([1]);
  });

  it('that has no content has no items', async () => {
    await expect(all(paginate(api([{ status: 204 }]).client, '/a'))).resolves.toEqual([]);
  });

  it('by pages, also says where the next one is, and with which response it came', async () => {
    const pages = await all(paginate<User>(api(TWO_PAGES).client, '/users').byPage());
    expect(pages.map(({ items }) => items.length)).toEqual([2, 1]);
    expect(pages.map(({ response }) => response.status)).toEqual([200, 200]);
    expect(pages.map(({ continuationToken }) => typeof continuationToken)).toEqual(['string', 'undefined']);
  });
});

describe('every page', () => {
  it("carries the call's own headers", async () => {
    const { client, requests } = api(TWO_PAGES);
    await all(paginate(client, '/users', { headers: { ConsistencyLevel: 'eventual' } }));
    expect(requests.map(({ headers }) => headers['consistencylevel'])).toEqual(['eventual', 'eventual']);
  });

  it("of a link, does not get the client's own parameters once more", async () => {
    const asked: string[] = [];
    const defaultParams = [{ 'api-version': '1' }, new URLSearchParams({ 'api-version': '1' })];
    for (const params of defaultParams) {
      const { client } = api([
        json({ value: [1], nextLink: `${BASE}/a?api-version=1&page=2` }),
        json({ value: [2] }),
      ]);
      client.defaults.params = params;
      for await (const { response } of paginate(client, '/a').byPage())
        asked.push(axios.getUri(response.config));
    }
    const both = [`${BASE}/a?api-version=1`, `${BASE}/a?api-version=1&page=2`];
    expect(asked).toEqual([...both, ...both]);
  });

  it('of a link, is where the link says, also on a client that takes no absolute URLs', async () => {
    const { client } = api(TWO_PAGES, { allowAbsoluteUrls: false });
    const pages = await all(paginate<User>(client, '/users').byPage());
    expect(axios.getUri(pages[1]!.response.config)).toBe(`${BASE}/users?$skiptoken=a`);
  });

  it('of a search by POST is asked for with the same body', async () => {
    const { client, requests } = api(TWO_PAGES);
    await all(paginate(client, '/search', { method: 'post', data: { query: 'x' } }));
    expect(requests.map(({ method, data }) => [method, data])).toEqual(
      Array.from({ length: 2 }, () => ['post', '{"query":"x"}']),
    );
  });

  it('after the first has an idempotency key of its own: with the same the service would answer the first again', async () => {
    const { adapter, requests } = scriptedTransport([...TWO_PAGES]);
    const client = createServiceClient({ name: 'api', baseURL: BASE, credential: false, axios: { adapter } });
    const holdfast = { idempotencyKey: 'order-7' };
    await all(paginate(client, '/search', { method: 'post', data: {}, holdfast }));
    const keys = requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toBe('"order-7"');
    expect(keys[1]).toMatch(/^"[\da-f-]{36}"$/);
    expect(holdfast).toEqual({ idempotencyKey: 'order-7' });
  });
});

describe('a list that breaks off', () => {
  it("says so with the page's own error, and goes on after the last good page", async () => {
    const { adapter, requests } = scriptedTransport([TWO_PAGES[0]!, { status: 404 }, TWO_PAGES[1]!]);
    const client = createServiceClient({ name: 'api', baseURL: BASE, credential: false, axios: { adapter } });
    let continuationToken: string | undefined;
    const read = async () => {
      for await (const page of paginate<User>(client, '/users').byPage()) ({ continuationToken } = page);
    };
    const error: unknown = await read().catch((thrown: unknown) => thrown);
    expect(axios.isAxiosError(error) && error.response?.status).toBe(404);
    expect(String(callOf(error))).toContain('GET api https://api.test/v1/users');
    const [page] = await all(paginate<User>(client, '/users').byPage({ continuationToken }));
    expect(page?.items).toEqual([{ id: 3 }]);
    expect(requests.map(({ url }) => url)).toEqual([
      '/users',
      `${BASE}/users?$skiptoken=a`,
      `${BASE}/users?$skiptoken=a`,
    ]);
  });

  it('does not read like its end where a client takes every status', async () => {
    for (const status of [400, 500]) {
      const script = [TWO_PAGES[0]!, { status, data: '{"value":[]}' }];
      const { client } = api(script, { validateStatus: () => true });
      const error: unknown = await all(paginate(client, '/users')).catch((thrown: unknown) => thrown);
      expect(axios.isAxiosError(error) && error.response?.status).toBe(status);
    }
  });

  it('between two pages: the signal ends it before the next is sent', async () => {
    const { client, requests } = api(TWO_PAGES);
    const controller = new AbortController();
    const read = async () => {
      for await (const user of paginate<User>(client, '/users', { signal: controller.signal }))
        if (user.id === 2) controller.abort();
    };
    await expect(read()).rejects.toHaveProperty('code', 'ERR_CANCELED');
    expect(requests).toHaveLength(1);
  });

  const unreadable: [string, unknown, PaginateOptions<unknown>, RegExp][] = [
    ['no list', { rows: [1] }, {}, /say with the option `items`/],
    ['a page of HTML', '<html>', {}, /say with the option `items`/],
    ['items that are no list', { rows: 1 }, { items: (data) => data.rows }, /say with the option `items`/],
    ['a link that is an object', { value: [], nextLink: {} }, {}, /"nextLink" of a page must be a link/],
    [
      'a cursor that is an object',
      { value: [], next: {} },
      { cursor: { param: 'c', from: 'next' } },
      /cursor/,
    ],
  ];
  it.each(unreadable)('ends with an error that names the cause: %s', async (_, body, options, message) => {
    const { client } = api([json(body)]);
    const error: unknown = await all(paginate(client, '/a', options)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PaginateError);
    expect(error).toMatchObject({ code: 'ERR_PAGINATE', message: expect.stringMatching(message) });
  });

  it.each<[string, object]>([
    ['next_cursor', { items: [1], next_cursor: 'b' }],
    ['next', { results: [1], next: 'https://api.test/v1/a?page=2' }],
    ['has_more', { data: [1], has_more: true }],
    ['nextToken', { items: [1], nextToken: 'b' }],
    ['next_page_token', { items: [1], next_page_token: 'b' }],
    ['$skipToken', { value: [1], $skipToken: 'b' }],
    ['hasMore', { items: [1], hasMore: true }],
    ['pagination.next', { data: [1], pagination: { next: 2 } }],
    ['links.next', { data: [1], links: { next: 'https://api.test/v1/a?page=2' } }],
    ['paging.next', { data: [1], paging: { next: 'https://api.test/v1/a?page=2' } }],
    ['meta.next_cursor', { items: [1], meta: { next_cursor: 'b' } }],
  ])('after one page, because nobody was told of its "%s", says so', async (name, body) => {
    await expect(all(paginate(api([json(body)]).client, '/a'))).rejects.toMatchObject({
      code: 'ERR_PAGINATE',
      message: expect.stringContaining(`says by "${name}" that there is more`),
    });
    // Whoever has said where to look is believed; and an end is an end.
    const ends = [
      { items: [1] },
      { items: [1], next_cursor: null },
      { items: [1], next: '', has_more: false },
      { items: [1], links: { next: null }, meta: 7 },
    ];
    await expect(all(paginate(api([json(body)]).client, '/a', { next: 'link' }))).resolves.toEqual([1]);
    for (const end of ends) await expect(all(paginate(api([json(end)]).client, '/a'))).resolves.toEqual([1]);
  });

  it.each(['x-ms-continuationtoken', 'x-ms-continuation'])(
    'after one page, because nobody was told of its header %s, says so, and a cursor reads it',
    async (name) => {
      const script = [json({ value: [1] }, { [name]: 'b' }), json({ value: [2] })];
      await expect(all(paginate(api(script).client, '/a'))).rejects.toMatchObject({
        code: 'ERR_PAGINATE',
        message: expect.stringContaining(`says by "${name}" that there is more`),
      });
      const { client } = api(script);
      const from = (_: unknown, { headers }: AxiosResponse) => headers[name] as string | undefined;
      const list = paginate(client, '/a', { cursor: { param: 'continuationToken', from } });
      await expect(all(list)).resolves.toEqual([1, 2]);
    },
  );

  it('on a client whose interceptors unwrap the data says that', async () => {
    const { client } = api([json({ value: [1], nextLink: '/v1/a' })]);
    client.interceptors.response.use((response) => response.data as never);
    await expect(all(paginate(client, '/a'))).rejects.toThrow(/interceptors that unwrap `data`/);
  });
});

describe('options', () => {
  const bad: [object, RegExp][] = [
    [{ items: 'value' }, /"items" must be a function, and is a string/],
    [{ next: 'odata' }, /"next" must be "nextLink", "link" or a function, and is "odata"/],
    [{ cursor: { param: 'c' } }, /"cursor" must be an object with/],
    [{ cursor: { param: 'c', from: 'n' }, next: 'link' }, /"next" and "cursor" exclude each other/],
    [{ origins: ['http://files.test'] }, /"origins" must be a list of origins/],
    [{ origins: ['https://files.test/path'] }, /"origins" must be a list of origins/],
  ];
  it.each(bad)('refuses %p before anything is sent', (options, message) => {
    expect(() => paginate(api([]).client, '/a', options)).toThrow(message);
  });

  it('compile only as what they are', () => {
    const client: AxiosInstance = api([]).client;
    const users: AsyncIterable<User> = paginate<User>(client, '/users', { items: (data) => data.rows });
    // @ts-expect-error -- a list of users is no list of texts
    const texts: AsyncIterable<string> = paginate<User>(client, '/users');
    // @ts-expect-error -- there is no such option
    paginate(client, '/users', { itmes: () => [] });
    // @ts-expect-error -- the URL is the second argument
    paginate(client, '/users', { url: '/users' });
    // @ts-expect-error -- items of another kind
    paginate<User>(client, '/users', { items: () => ['x'] });
    const typed = paginate<User>(client, '/users', { items: (data: { rows: User[] }) => data.rows });
    expect([users, texts, typed]).toHaveLength(3);
  });
});
