import { Readable } from 'node:stream';
import axios, { type AxiosAdapter } from 'axios';
import { install, isReplayable, type Interceptor, type RequestOptions } from './index.js';
import { seenBody, serve, type BodyServer, type SeenBody } from './made-body-server.js';

type Factory = NonNullable<RequestOptions['body']>;

const thrice: Interceptor = (next) => async (config) => {
  await next(config);
  await next(config);
  return next(config);
};

async function* generated() {
  yield 'he';
  yield await Promise.resolve(Buffer.from('llo'));
}

function form() {
  const made = new FormData();
  made.set('a', 'hello');
  return made;
}

const formPackage = () => axios.toFormData({ a: 'hello' }) as never;
const bytesOf = (text: string) => new TextEncoder().encode(text);
const GUESSED = 'application/x-www-form-urlencoded';

let server: BodyServer;
let seen: SeenBody[] = [];

beforeEach(async () => {
  seen = [];
  server = await serve((request, response) => {
    void seenBody(request).then((body) => {
      seen.push(body);
      response.writeHead(503).end();
    });
  });
});

afterEach(() => {
  server.close();
});

function clientWith(adapter: string | AxiosAdapter, ...interceptors: Interceptor[]) {
  const client = axios.create({ baseURL: server.url, adapter, validateStatus: () => true });
  install(client, interceptors);
  return client;
}

/** The parts of a form: its boundary differs from send to send. */
function withoutBoundary({ text, type, ...rest }: SeenBody): SeenBody {
  const boundary = /boundary=(.*)$/.exec(type ?? '')?.[1] ?? text;
  return { ...rest, text: text.replaceAll(boundary, '…'), type: type?.replace(boundary, '…') };
}

describe.each(['http', 'fetch'])('a body that is made for each send (%s adapter)', (adapter) => {
  it.each<[string, Factory, Partial<SeenBody>]>([
    ['a stream of Node', () => Readable.from(['he', 'llo']), { chunked: true, type: GUESSED }],
    ['a stream of the web', () => new Blob(['hello']).stream(), { chunked: true, type: GUESSED }],
    ['a generator', generated, { chunked: true, type: GUESSED }],
    ['a promised stream', () => Promise.resolve(Readable.from(['hello'])), { chunked: true }],
    ['a Blob', () => new Blob(['hello'], { type: 'text/hello' }), { length: '5', type: 'text/hello' }],
    ['a text', () => 'hello', { length: '5', type: GUESSED }],
    ['bytes', () => bytesOf('hello'), { length: '5', type: GUESSED }],
    ['a part of a buffer', () => new Uint8Array(bytesOf('>hello<').buffer, 1, 5), { length: '5' }],
    ['an ArrayBuffer', () => bytesOf('hello').buffer, { length: '5', type: GUESSED }],
  ])('that is %s is the same each time', async (_what, body, expected) => {
    await clientWith(adapter, thrice).put('/x', undefined, { holdfast: { body } });
    const all = { text: 'hello', length: undefined, chunked: false, ...expected };
    expect(seen).toEqual(Array.from({ length: 3 }, () => expect.objectContaining(all) as unknown));
  });

  it.each<[string, Factory]>([
    ['a FormData', form],
    ['a form-data', formPackage],
  ])('that is %s has a boundary and a length of its own each time', async (_what, body) => {
    await clientWith(adapter, thrice).post('/x', undefined, { holdfast: { body } });
    expect(seen.every(({ text, length }) => length === String(text.length))).toBe(true);
    expect(new Set(seen.map(({ type }) => type)).size).toBe(3);
    const [first, ...others] = seen.map(withoutBoundary);
    expect(first?.text).toMatch(/name="a"\r\n\r\nhello\r\n/);
    expect(first?.type).toBe('multipart/form-data; boundary=…');
    expect(others).toEqual([first, first]);
  });

  it('is sent by a client without interceptors, too', async () => {
    await clientWith(adapter).put('/x', undefined, { holdfast: { body: () => Readable.from(['hello']) } });
    expect(seen).toMatchObject([{ text: 'hello' }]);
  });

  it('keeps the type and the length that the caller has given', async () => {
    const headers = { 'Content-Type': 'text/csv', 'Content-Length': '5' };
    const body = () => Readable.from(['hello']);
    await clientWith(adapter, thrice).put('/x', undefined, { headers, holdfast: { body } });
    const expected = { text: 'hello', type: 'text/csv', length: '5', chunked: false };
    expect(seen).toEqual([expected, expected, expected]);
  });

  it('leaves the request as it came: no stream, and no header of a send', async () => {
    const client = clientWith(adapter, thrice);
    const response = await client.post('/x', undefined, { holdfast: { body: formPackage } });
    const { config } = response;
    expect(config.data).toBeUndefined();
    expect(config.maxRedirects).toBeUndefined();
    expect(config.headers.getContentType()).toBe(GUESSED);
    expect(config.headers.hasContentLength()).toBe(false);
    await client.request(config);
    expect(seen).toHaveLength(6);
    expect(seen[5]?.text).toContain('hello');
  });

  it('is another one for each of two sends that are under way at once', async () => {
    const twice: Interceptor = (next) => async (config) => {
      const [first] = await Promise.all([next(config), next(config)]);
      return first;
    };
    let made = 0;
    const body = () => Readable.from([`body ${(made += 1)}`]);
    await clientWith(adapter, twice).put('/x', undefined, { holdfast: { body } });
    expect(seen.map(({ text }) => text).sort()).toEqual(['body 1', 'body 2']);
  });

  it('tells of its progress', async () => {
    const loaded: number[] = [];
    await clientWith(adapter, (next) => next).put('/x', undefined, {
      holdfast: { body: () => Readable.from(['hello']) },
      onUploadProgress: (progress) => loaded.push(progress.loaded),
    });
    expect(loaded.at(-1)).toBe(5);
    expect(seen).toMatchObject([{ text: 'hello' }]);
  });
});

describe('a body that is made for each send', () => {
  it('reaches an adapter of somebody else that waits before it reads it', async () => {
    const slow: AxiosAdapter = async (config) => {
      await new Promise((resolve) => setImmediate(resolve));
      return axios.getAdapter('http')({ ...config });
    };
    const body = () => Readable.from(['hello']);
    const { config } = await clientWith(slow, thrice).put('/x', undefined, { holdfast: { body } });
    expect(seen.map(({ text }) => text)).toEqual(['hello', 'hello', 'hello']);
    expect(config.data).toBeUndefined();
  });

  it('can go a second time, and a stream in `data` can not', () => {
    const request = { headers: new axios.AxiosHeaders(), data: Readable.from(['x']) };
    expect(isReplayable(request)).toBe(false);
    expect(isReplayable({ ...request, data: undefined, holdfast: { body: () => 'x' } })).toBe(true);
  });
});
