import { scriptedTransport, type Step } from '@holdfast/testing';
import axios from 'axios';
import fc from 'fast-check';
import { paginate, type PaginateOptions } from './index.js';
import { Circle, parseContinuation, printContinuation } from './paged-continuation.js';

const json = (data: unknown): Step => ({ status: 200, data: JSON.stringify(data) });

function api(pageAfter: (cursor: string | undefined) => object) {
  const { adapter, requests } = scriptedTransport(({ url }) =>
    json(pageAfter(new URL(url, 'https://api.test').searchParams.get('cursor') ?? undefined)),
  );
  const client = axios.create({ baseURL: 'https://api.test', adapter });
  // The scripted transport knows no parameters.
  client.interceptors.request.use((config) => {
    config.url = axios.getUri({ url: config.url ?? '', params: config.params });
    delete config.params;
    return config;
  });
  return { client, requests };
}

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of list) items.push(item);
  return items;
}

describe('a list with cursors', () => {
  const pages: Readonly<Record<string, object>> = {
    '': { results: [1, 2], meta: { after: 'b' }, next_cursor: 'b' },
    b: { results: [], meta: { after: 7 }, next_cursor: 7 },
    7: { results: [3], meta: { after: null }, next_cursor: '' },
  };
  const ways: [string, PaginateOptions<number>][] = [
    ['a member', { cursor: { param: 'cursor', from: 'next_cursor' } }],
    ['a function', { cursor: { param: 'cursor', from: (data) => data.meta.after } }],
    [
      'next',
      { next: ({ data }) => (data.meta.after === null ? null : { params: { cursor: data.meta.after } }) },
    ],
  ];
  it.each(ways)('by %s, asks for every page with the same parameters, and the cursor', async (_, options) => {
    for (const params of [{ top: 2 }, new URLSearchParams({ top: '2' })]) {
      const { client, requests } = api((cursor) => pages[cursor ?? ''] ?? {});
      await expect(all(paginate<number>(client, '/a', { ...options, params }))).resolves.toEqual([1, 2, 3]);
      expect(requests.map(({ url }) => url)).toEqual(['/a?top=2', '/a?top=2&cursor=b', '/a?top=2&cursor=7']);
    }
  });

  it.each(ways)('by %s, goes on after a page in another process', async (_, options) => {
    const { client, requests } = api((cursor) => pages[cursor ?? ''] ?? {});
    const list = () => paginate<number>(client, '/a', { ...options, params: { top: 2 } });
    const [first] = await all(list().byPage());
    const rest = await all(list().byPage({ continuationToken: first?.continuationToken }));
    expect(rest.map(({ items }) => items)).toEqual([[], [3]]);
    expect(requests.at(3)?.url).toBe('/a?top=2&cursor=b');
  });

  it('that begins in its middle asks for each page by one cursor, in the place of the first', async () => {
    for (const params of [{ cursor: 'b' }, new URLSearchParams({ cursor: 'b' })]) {
      const { client, requests } = api((cursor) => pages[cursor ?? ''] ?? {});
      const cursor = { param: 'cursor', from: 'next_cursor' };
      await expect(all(paginate<number>(client, '/a', { cursor, params }))).resolves.toEqual([3]);
      expect(requests.map(({ url }) => url)).toEqual(['/a?cursor=b', '/a?cursor=7']);
    }
  });

  it('by numbers of pages, or in the body, needs a function', async () => {
    const { adapter, requests } = scriptedTransport(({ data }) => {
      const { skip } = JSON.parse(String(data)) as { skip: number };
      return json({ items: skip < 20 ? [skip, skip + 1] : [] });
    });
    const client = axios.create({ baseURL: 'https://api.test', adapter });
    const list = paginate<number>(client, '/search', {
      method: 'post',
      data: { skip: 0 },
      next: ({ data, config }) => {
        const { skip } = JSON.parse(config.data) as { skip: number };
        return data.items.length === 0 ? undefined : { data: { skip: skip + 10 } };
      },
    });
    await expect(all(list)).resolves.toEqual([0, 1, 10, 11]);
    expect(requests).toHaveLength(3);
  });

  it.each<[string, unknown]>([
    ['another text', 'abc'],
    ['nothing', ''],
    ['a number', 7],
    ['a link of another list', printContinuation({ url: 'https://api.test/b' })],
    ['parameters of another list', printContinuation({ params: { admin: 'true' } })],
    ['more parameters than the cursor', printContinuation({ params: { cursor: 'b', admin: 'true' } })],
    ['another body', printContinuation({ params: { cursor: 'b' }, data: {} })],
    ['another kind of cursor', printContinuation({ params: { cursor: {} } })],
  ])('does not go on from %s, and shows no part of it', (_, continuationToken) => {
    const { client, requests } = api(() => ({}));
    const list = paginate(client, '/a', { cursor: { param: 'cursor', from: 'next_cursor' } });
    expect(() => list.byPage({ continuationToken: continuationToken as string })).toThrow(
      /^byPage\(\): the option "continuationToken" must be (?:the continuationToken of a page, and is (?:7|an empty string)|that of a page of the same list, and is another text)$/,
    );
    expect(requests).toHaveLength(0);
  });
});

describe('pages that lead in a circle', () => {
  it.each([
    ['a page that names itself', (page: number) => Math.min(page + 1, 50), 51],
    ['two pages that name each other', (page: number) => (page === 0 ? 1 : 3 - page), 3],
    ['a first page that comes back', (page: number) => (page + 1) % 5, 12],
  ])('end with an error that says so: %s', async (_, after, mostRequests) => {
    const { client, requests } = api((cursor = '0') => ({
      items: [cursor],
      nextLink: `/a?cursor=${after(Number(cursor))}`,
    }));
    await expect(all(paginate(client, '/a'))).rejects.toMatchObject({
      code: 'ERR_PAGINATE',
      message: expect.stringContaining('lead in a circle'),
    });
    expect(requests.length).toBeLessThanOrEqual(mostRequests);
  });

  it('are found whatever the way there and the length of the circle; and without one, none is', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.integer({ min: 1, max: 300 }), (tail, length) => {
        const circle = new Circle();
        const nameOf = (step: number) => String(step < tail ? step : tail + ((step - tail) % length));
        let steps = 0;
        while (steps < 10_000 && !circle.closesWith(nameOf(steps))) steps += 1;
        expect(steps).toBeGreaterThanOrEqual(tail + length);
        expect(steps).toBeLessThanOrEqual(3 * (tail + length));
      }),
    );
    const straight = new Circle();
    const pages = Array.from({ length: 10_000 }, (_, page) => straight.closesWith(String(page)));
    expect(pages).not.toContain(true);
  });
});

describe('a continuation', () => {
  it('comes back from its text as it was', () => {
    // Parameters of the names "constructor" and "prototype" are left out; axios sends none.
    const name = fc
      .stringMatching(/^[a-z$]+$/)
      .filter((text) => text !== 'prototype' && !(text in Object.prototype));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.record({ url: fc.string({ minLength: 1 }) }),
          fc.record({ params: fc.dictionary(name, fc.string()) }),
          fc.record({ data: fc.dictionary(name, fc.string()) }),
        ),
        (continuation) => {
          const text = printContinuation(continuation);
          expect(text).toMatch(/^[\w-]+$/);
          expect(parseContinuation(text)).toEqual(continuation);
        },
      ),
    );
  });

  it('is not made of any other text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((text) => Buffer.from(text).toString('base64url')),
        ),
        (text) => {
          const names = Object.keys(parseContinuation(text) ?? {});
          expect(['url', 'params', 'data']).toEqual(expect.arrayContaining(names));
        },
      ),
    );
  });
});
