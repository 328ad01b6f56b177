import { Readable } from 'node:stream';
import { FOUND, failureOf, ordersClient } from './made-orders-sdk.js';
import { ServiceSdk } from './service-sdk.js';

class Verbs extends ServiceSdk {
  all() {
    return this.http;
  }
}

const VERBS = ['post', 'put', 'patch', 'query'] as const;

/** What was sent as the body, and as what. */
async function sentAs(
  body: unknown,
  verb: (typeof VERBS)[number],
  { own, owner }: { readonly own?: string; readonly owner?: string } = {},
): Promise<readonly [data: unknown, type: unknown]> {
  const { client, requests } = ordersClient(FOUND);
  if (owner !== undefined) client.defaults.headers.common['content-type'] = owner;
  const headers = { ...(own !== undefined && { 'content-type': own }) };
  await new Verbs(client).all()[verb]('/orders', body, { headers });
  return [requests[0]?.data, requests[0]?.headers['content-type']];
}

/** As the package `form-data` has one. */
const streamedForm = Object.assign(Readable.from(['x']), { getHeaders: () => ({}) });

const form = new FormData();
form.append('a', 'b');

describe.each(VERBS)('the body of a %s', (verb) => {
  it.each<[string, unknown, unknown, unknown]>([
    ['nothing', undefined, undefined, undefined],
    ['an object', { id: 7 }, '{"id":7}', 'application/json'],
    ['a list', [1], '[1]', 'application/json'],
    ['null', null, 'null', 'application/json'],
    ['a number', 7, '7', 'application/json'],
    ['false', false, 'false', 'application/json'],
    ['a text', 'a=b', 'a=b', 'text/plain;charset=utf-8'],
    ['an empty text', '', '', 'text/plain;charset=utf-8'],
    ['a query', new URLSearchParams('a=b'), 'a=b', expect.stringContaining('x-www-form-urlencoded')],
    ['bytes', Buffer.from('x'), Buffer.from('x'), 'application/octet-stream'],
    ['a buffer', new ArrayBuffer(1), expect.anything(), 'application/octet-stream'],
    ['a stream', Readable.from(['x']), expect.any(Readable), 'application/octet-stream'],
    ['a stream of the web', new ReadableStream(), expect.any(ReadableStream), 'application/octet-stream'],
    ['a Blob', new Blob(['x']), expect.any(Blob), 'application/octet-stream'],
    ['a Blob with a type', new Blob(['x'], { type: 'text/csv' }), expect.any(Blob), 'text/csv'],
  ])('is sent as what it is: %s', async (_, body, data, type) => {
    expect(await sentAs(body, verb)).toEqual([data, type]);
  });

  it.each([form, streamedForm])('that is a form is not said to be JSON or bytes: %#', async (form) => {
    const [data, type] = await sentAs(form, verb);
    expect(data).toBe(form);
    expect(String(type)).not.toMatch(/json|octet/);
  });

  it('has the media type that the caller says, or the owner of the client', async () => {
    expect(await sentAs('<a/>', verb, { own: 'application/xml' })).toEqual(['<a/>', 'application/xml']);
    expect(await sentAs('<a/>', verb, { owner: 'application/xml' })).toEqual(['<a/>', 'application/xml']);
    expect(await sentAs(undefined, verb, { own: 'application/xml' })).toEqual([undefined, 'application/xml']);
  });
});

async function* generated() {
  yield Promise.resolve('S3cret');
}

it.each([
  () => 7,
  Symbol('S3cret'),
  7n,
  Promise.resolve('S3cret'),
  new Map([['S3cret', 7]]),
  new Set(['S3cret']),
  generated(),
])('a body that nothing can be made of is refused: %p', async (body) => {
  const { client, requests } = ordersClient();
  const error = await failureOf(new Verbs(client).all().post('/orders', body));
  expect(error).toBeInstanceOf(TypeError);
  expect(String(error)).toMatch(/http\.post\(\): the body must be/);
  expect(String(error)).not.toContain('S3cret');
  expect(requests).toHaveLength(0);
});
