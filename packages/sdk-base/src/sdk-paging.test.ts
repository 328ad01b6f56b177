import { TokenOriginError, withCredential, type PagedItems } from '@holdfast/client';
import { staticCredential, type Step } from '@holdfast/testing';
import * as v from 'valibot';
import * as z from 'zod';
import type { CallOptions } from './call-options.js';
import { BASE, failureOf, ordersClient, type Order } from './made-orders-sdk.js';
import type { ListOptions } from './sdk-paging.js';
import { ServiceSdk } from './service-sdk.js';
import { NotFoundError } from './status-errors.js';

class Lists extends ServiceSdk {
  list(options?: ListOptions<Order>) {
    return this.http.paginate<Order>('/orders', options);
  }

  checked(options?: CallOptions) {
    const schema = v.object({ id: v.pipe(v.string(), v.transform(Number)) });
    return this.http.paginate('/orders', { ...options, schema });
  }

  checkedLater() {
    const schema = z.object({ id: z.string() }).transform(async ({ id }) => Promise.resolve(`#${id}`));
    return this.http.paginate('/orders', { schema });
  }

  names() {
    return this.http.paginate('/names', { schema: v.string() });
  }

  unchecked(schema: never) {
    return this.http.paginate('/orders', { schema });
  }
}

const page = (ids: readonly string[], nextLink?: string): Step => ({
  status: 200,
  data: JSON.stringify({ value: ids.map((id) => ({ id })), nextLink }),
});
const PAGES = [page(['1', '2'], `${BASE}/orders?page=2`), page(['3'])];

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of list) items.push(item);
  return items;
}

function lists(...args: Parameters<typeof ordersClient>) {
  const { client, requests } = ordersClient(...args);
  return { sdk: new Lists(client, { product: { name: 'shop-sdk', version: '1' } }), client, requests };
}

describe('a list of an SDK', () => {
  it('comes item by item; options and user hold for each page, and the query for the first', async () => {
    const { sdk, requests } = lists(PAGES);
    const list = sdk
      .as(staticCredential('ada'))
      .list({ query: { top: 2 }, headers: { 'x-a': 'b' }, correlationId: 'an-id' });
    expect(requests).toHaveLength(0);
    await expect(all(list)).resolves.toEqual([{ id: '1' }, { id: '2' }, { id: '3' }]);
    expect(requests.map(({ url, token }) => [url, token])).toEqual([
      ['/orders', 'ada'],
      [`${BASE}/orders?page=2`, 'ada'],
    ]);
    for (const { headers } of requests) {
      expect(headers).toMatchObject({ 'x-a': 'b', 'client-request-id': 'an-id' });
      expect(headers['user-agent']).toMatch(/^shop-sdk\/1 /);
    }
  });

  it('of a user of withCredential() is asked for by nobody else, wherever it is gone on with', async () => {
    const [ada, bob] = [staticCredential('ada'), staticCredential('bob')];
    const { sdk, requests } = lists([...PAGES, ...PAGES, ...PAGES]);
    const ofAda = withCredential(ada, () => sdk.list());
    await all(ofAda);
    await withCredential(bob, () => all(ofAda));
    await withCredential(bob, () => all(sdk.list()));
    expect(requests.map(({ token }) => token)).toEqual(['ada', 'ada', 'ada', 'ada', 'bob', 'bob']);
  });

  it('that breaks off rejects with an error by status, and goes on by its token', async () => {
    const { sdk } = lists([PAGES[0] as Step, { status: 404 }, PAGES[1] as Step]);
    let continuationToken: string | undefined;
    const read = async (list: PagedItems<Order>) => {
      for await (const one of list.byPage()) ({ continuationToken } = one);
    };
    await expect(failureOf(read(sdk.list()))).resolves.toBeInstanceOf(NotFoundError);
    const [rest] = await all(sdk.list().byPage({ continuationToken }));
    expect(rest?.items).toEqual([{ id: '3' }]);
  });

  it('with a schema gives what that makes of each item, also where it takes its time', async () => {
    await expect(all(lists(PAGES).sdk.checked())).resolves.toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
    await expect(all(lists(PAGES).sdk.checkedLater())).resolves.toEqual(['#1', '#2', '#3']);
    const pages = await all(lists(PAGES).sdk.checked().byPage());
    expect(pages.map(({ items }) => items)).toEqual([[{ id: 1 }, { id: 2 }], [{ id: 3 }]]);
    expect(pages[0]?.response.status).toBe(200);
  });

  it('of which one item does not fit rejects there, and has given those before it', async () => {
    const { sdk } = lists([{ status: 200, data: '{"value":[{"id":"1"},{"id":2}]}' }]);
    const items = sdk.checked()[Symbol.asyncIterator]();
    await expect(items.next()).resolves.toEqual({ done: false, value: { id: 1 } });
    await expect(failureOf(items.next())).resolves.toHaveProperty('code', 'ERR_RESPONSE_VALIDATION');
  });

  it('with a schema takes an empty text for an item, and not for nothing', async () => {
    const { sdk } = lists([{ status: 200, data: '{"value":["a",""]}' }]);
    await expect(all(sdk.names())).resolves.toEqual(['a', '']);
  });

  it('of which one item does not fit leads to the page, and is a warning in the log', async () => {
    const lines: string[] = [];
    const line = (_: object, text: string) => void lines.push(text);
    const { client } = lists([{ status: 200, data: '{"value":[{"id":2}]}' }]);
    const error = await failureOf(all(new Lists(client, { logger: { warn: line } }).checked()));
    expect(error).toHaveProperty('response.data', { value: [{ id: 2 }] });
    expect(lines).toEqual([expect.stringContaining('GET orders /orders: ERR_RESPONSE_VALIDATION')]);
  });

  it('follows a link to an origin that is trusted, by the list or by the client, and to no other', async () => {
    const elsewhere = [page(['1'], 'https://files.test/orders'), page(['2'])];
    await expect(failureOf(all(lists(elsewhere).sdk.list()))).resolves.toBeInstanceOf(TokenOriginError);
    const trusting = lists(elsewhere, { origins: ['https://files.test'] });
    await expect(all(trusting.sdk.list())).resolves.toHaveLength(2);
    const listed = lists(elsewhere, { credential: false });
    await expect(all(listed.sdk.list({ origins: ['https://files.test'] }))).resolves.toHaveLength(2);
  });

  it('passes on how the service pages', async () => {
    const { sdk, requests } = lists([
      { status: 200, data: '{"rows":[{"id":"1"}],"more":"b"}' },
      { status: 200, data: '{"rows":[{"id":"2"}]}' },
    ]);
    const items = ({ rows }: { rows: readonly Order[] }) => rows;
    await expect(all(sdk.list({ items, cursor: { param: 'after', from: 'more' } }))).resolves.toHaveLength(2);
    expect(requests).toHaveLength(2);
  });

  it('with a bad option is refused, and nothing is sent', () => {
    const { sdk, requests } = lists(PAGES);
    expect(() => sdk.list({ deadlineMS: 1 } as never)).toThrow(/http\.paginate\(\): there is no option/);
    expect(() => sdk.list({ next: 'odata' as never })).toThrow(/"next" must be/);
    expect(() => sdk.list({ origins: 'https://files.test' as never })).toThrow(/"origins" must be/);
    expect(() => sdk.list({ items: 'value' as never })).toThrow(/"items" must be a function/);
    expect(() => sdk.unchecked({} as never)).toThrow(/"schema" must be/);
    expect(requests).toHaveLength(0);
  });
});
