import { scriptedTransport, type Step } from '@holdfast/testing';
import axios, { type AxiosAdapter } from 'axios';
import { PaginateError, isHoldfastError, paginate, type PaginateOptions } from './index.js';
import { printContinuation } from './paged-continuation.js';

const BASE = 'https://api.test/v1';

const json = (data: unknown, headers = {}): Step => ({ status: 200, data: JSON.stringify(data), headers });

function api(script: readonly Step[]) {
  const { adapter, requests } = scriptedTransport(script);
  return { client: axios.create({ baseURL: BASE, adapter }), urls: () => requests.map(({ url }) => url) };
}

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of list) items.push(item);
  return items;
}

describe('where a page names two next ones, in its body and in its header,', () => {
  const TWO = json({ value: [1], nextLink: '/v1/body' }, { link: '</v1/header>; rel="next"' });

  it.each<[string, PaginateOptions<unknown>, string]>([
    ['that of the body is asked for', {}, 'body'],
    ['that of the body by the option "nextLink"', { next: 'nextLink' }, 'body'],
    ['that of the header by the option "link"', { next: 'link' }, 'header'],
  ])('%s', async (_, options, name) => {
    const { client, urls } = api([TWO, json({ value: [2] })]);
    await expect(all(paginate(client, '/a', options))).resolves.toEqual([1, 2]);
    expect(urls()).toEqual(['/a', `${BASE}/${name}`]);
  });
});

describe('a list', () => {
  it.each<[PaginateOptions<unknown>, Step]>([
    [{ next: 'nextLink' }, json({ value: [1] }, { link: '</v1/b>; rel="next"' })],
    [{ next: 'link' }, json({ value: [1], nextLink: '/v1/b' })],
    [{ next: () => '' }, json({ value: [1] })],
  ])('by %j ends where that tells no next page', async (options, page) => {
    const { client, urls } = api([page]);
    await expect(all(paginate(client, '/a', options))).resolves.toEqual([1]);
    expect(urls()).toHaveLength(1);
  });

  it('goes on by its link although a page says in another way, too, that there is more', async () => {
    const { client } = api([json({ value: [1], nextLink: '/v1/b', hasMore: true }), json({ value: [2] })]);
    await expect(all(paginate(client, '/a'))).resolves.toEqual([1, 2]);
  });

  it('goes on after a cursor that is 0', async () => {
    const { client } = api([json({ value: [1], next: 0 }), json({ value: [2] })]);
    const cursor = { param: 'after', from: 'next' };
    await expect(all(paginate(client, '/a', { cursor }))).resolves.toEqual([1, 2]);
  });

  it('whose page is the JSON text null has no items where they are looked for, and that is said', async () => {
    await expect(all(paginate(api([json(null)]).client, '/a'))).rejects.toBeInstanceOf(PaginateError);
  });

  it.each([{}, 7])('ends with an error where the option next returns %p', async (told) => {
    const options: PaginateOptions<unknown> = { next: () => told };
    await expect(all(paginate(api([json([1])]).client, '/a', options))).rejects.toThrow(
      'has returned neither a link nor an object with `params` or `data`',
    );
  });

  it('by links takes no parameters out of a continuation token', () => {
    const { client, urls } = api([]);
    const continuationToken = printContinuation({ params: { admin: 'true' } });
    expect(() => paginate(client, '/a').byPage({ continuationToken })).toThrow(TypeError);
    expect(urls()).toEqual([]);
  });

  it('of which nobody says what its URL is, is refused at once', () => {
    expect(() => paginate(api([]).client, undefined as never)).toThrow(/URL of the list must be a string/);
  });

  it.each([{ cursor: { param: 7, from: 'next' } }, { origins: 'https://files.test' }])(
    'with the option %j is refused at once',
    (options) => {
      expect(() => paginate(api([]).client, '/a', options as never)).toThrow(
        /the option "(?:cursor|origins)"/,
      );
    },
  );
});

describe('a relative link', () => {
  const asked: string[] = [];
  /** An adapter that says where its answers came from as a browser does, or not at all. */
  const by =
    (request: object | undefined): AxiosAdapter =>
    (config) => {
      asked.push(axios.getUri(config));
      const data = asked.length === 1 ? { value: [1], nextLink: '?page=2' } : { value: [] };
      return Promise.resolve({ status: 200, statusText: '', headers: {}, data, config, request });
    };

  it.each([
    ['where a redirect has led to in a browser', { responseURL: `${BASE}/moved` }, `${BASE}/moved?page=2`],
    ['what was asked for, where nobody says', undefined, `${BASE}/users?page=2`],
    ['what was asked for, where an adapter names no place', { responseURL: 'x' }, `${BASE}/users?page=2`],
  ])('is relative to %s', async (_, request, next) => {
    asked.length = 0;
    const client = axios.create({ baseURL: BASE, adapter: by(request) });
    await expect(all(paginate(client, '/users'))).resolves.toEqual([1]);
    expect(asked).toEqual([`${BASE}/users`, next]);
  });
});

it('a link that is refused is so with the request of the page that has it', async () => {
  const { client } = api([json({ value: [1], nextLink: 'https://evil.test/' })]);
  const error: unknown = await all(paginate(client, '/users')).catch((thrown: unknown) => thrown);
  expect(isHoldfastError(error, 'ERR_TOKEN_ORIGIN') && error.config?.url).toBe('/users');
});
