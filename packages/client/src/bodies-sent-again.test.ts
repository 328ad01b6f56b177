import { Readable } from 'node:stream';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import axios, { type AxiosError, type AxiosRequestConfig } from 'axios';
import { challengeHeader, staticCredential } from '@holdfast/testing';
import { callOf, createServiceClient } from './index.js';

const CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}';

interface Seen {
  readonly status: number;
  readonly text: string;
  readonly type: string | undefined;
  readonly length: string | undefined;
}

let server: Server;
let seen: Seen[] = [];
/** What the service answers, in order; then 200. */
let answers: number[] = [];

beforeEach(async () => {
  seen = [];
  answers = [503, 401];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const status = answers.shift() ?? 200;
      const { 'content-type': type, 'content-length': length } = request.headers;
      seen.push({ status, text: Buffer.concat(chunks).toString('latin1'), type, length });
      if (status === 401) response.setHeader('www-authenticate', challengeHeader({ claims: CLAIMS }));
      response.writeHead(status).end();
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function clientWith(adapter: string) {
  return createServiceClient({
    name: 'orders',
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credential: staticCredential((_, number) => `t-${number}`),
    scopes: 'api://orders/.default',
    retry: { baseDelayMs: 0 },
    axios: { adapter },
  });
}

function form(): FormData {
  const made = new FormData();
  made.set('a', 'hello');
  return made;
}

async function* generated() {
  yield await Promise.resolve('hello');
}

const bytes = () => new TextEncoder().encode('hello');
const floats = () => new Float32Array(bytes().buffer.slice(0, 4));
const withBody = (body: () => unknown) => ({ holdfast: { body } }) as AxiosRequestConfig;

const GUESSED = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';
const STREAMED = { text: 'hello', type: GUESSED };
const WHOLE = { ...STREAMED, length: '5' };

/** A body, and what the service sees of it each time. */
const CASES: readonly (readonly [string, () => AxiosRequestConfig, Partial<Seen>])[] = [
  ['a text', () => ({ data: 'hello' }), WHOLE],
  ['a Buffer', () => ({ data: Buffer.from('hello') }), WHOLE],
  ['a Uint8Array', () => ({ data: bytes() }), WHOLE],
  ['a Float32Array', () => ({ data: floats() }), { text: 'hell', length: '4' }],
  ['an ArrayBuffer', () => ({ data: bytes().buffer }), WHOLE],
  ['a DataView', () => ({ data: new DataView(bytes().buffer) }), WHOLE],
  ['search parameters', () => ({ data: new URLSearchParams('a=b') }), { text: 'a=b', length: '3' }],
  ['an object', () => ({ data: { a: 1 } }), { text: '{"a":1}', length: '7', type: JSON_TYPE }],
  ['a Blob', () => ({ data: new Blob(['hello']) }), { text: 'hello', length: '5' }],
  ['a FormData', () => ({ data: form() }), {}],
  ['a stream of Node that is made', () => withBody(() => Readable.from(['hello'])), STREAMED],
  ['a stream of the web that is made', () => withBody(() => new Blob(['hello']).stream()), STREAMED],
  ['a generator that is made', () => withBody(generated), STREAMED],
  ['a form-data that is made', () => withBody(() => axios.toFormData({ a: 'hello' })), {}],
];

/** Boundaries differ from send to send. */
const withoutBoundary = ({ text, type, length }: Seen) => {
  const boundary = /^-+[\w.-]+?(?=(--)?\r\n)/.exec(text)?.[0].slice(2);
  if (boundary === undefined) return { text, type, length };
  return { text: text.replaceAll(boundary, '…'), type: type?.replace(boundary, '…') };
};

const errorOf = (promise: Promise<unknown>): Promise<AxiosError> =>
  promise.then(
    () => Promise.reject(new Error('nothing failed')),
    (error: unknown) => error as AxiosError,
  );

describe.each(['http', 'fetch'])('after a 503 and a claims challenge (%s adapter)', (adapter) => {
  it.each(CASES)('%s has reached the service three times, the same', async (_what, made, expected) => {
    const response = await clientWith(adapter).request({ url: '/7', method: 'put', ...made() });
    expect(response.status).toBe(200);
    expect(seen.map(({ status }) => status)).toEqual([503, 401, 200]);
    const [first, ...others] = seen.map(withoutBoundary);
    expect(first).toMatchObject(expected);
    expect(first?.text).toMatch(/hell|a=b|"a"/);
    expect(others).toEqual([first, first]);
  });

  it.each([
    ['a stream', () => Readable.from(['hello'])],
    ['a form-data', () => axios.toFormData({ a: 'hello' })],
  ])('%s in `data` is sent once, and the caller is told why', async (_what, data) => {
    const failed = clientWith(adapter).put('/7', data());
    const error = await errorOf(failed);
    expect(error.status).toBe(503);
    expect(seen).toHaveLength(1);
    expect(String(callOf(error))).toMatch(/not retried: .*body.*stream/);
  });

  it('a stream in `data` that is challenged is not sent once more, and the caller is told why', async () => {
    answers = [401];
    const failed = clientWith(adapter).put('/7', Readable.from(['hello']));
    const error = await errorOf(failed);
    expect(error.status).toBe(401);
    expect(seen).toHaveLength(1);
    expect(String(callOf(error))).toMatch(/not answered: .*body.*stream/);
  });
});
