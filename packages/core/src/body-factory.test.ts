import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import axios, { type AxiosError, type AxiosRequestConfig } from 'axios';
import { callOf, install, outcomeOfError, type RequestOptions } from './index.js';
import { seenBody, serve, type BodyServer } from './made-body-server.js';

let server: BodyServer;
let seen: string[] = [];

beforeEach(async () => {
  seen = [];
  server = await serve((request, response) => {
    void seenBody(request).then(
      ({ text }) => {
        seen.push(text);
        response.end();
      },
      () => undefined,
    );
  });
});

afterEach(() => {
  server.close();
});

/** Sends twice. */
async function failureOf(body: unknown, config: AxiosRequestConfig = {}): Promise<AxiosError> {
  const client = axios.create({ baseURL: server.url });
  install(client, [
    (next) => async (request) => {
      await next(request);
      return next(request);
    },
  ]);
  const holdfast = { body } as RequestOptions;
  try {
    await client.request({ url: '/x', method: 'put', ...config, holdfast });
  } catch (error) {
    return error as AxiosError;
  }
  throw new Error('nothing failed');
}

const BEGIN = 'holdfast.body has made no body for this send: ';

describe('a body that cannot be made', () => {
  it.each<[string, unknown, AxiosRequestConfig, string]>([
    ['a stream itself', Readable.from(['x']), {}, 'it must be a function that makes one'],
    ['nothing', () => undefined, {}, 'it must make a stream, a form, a Blob, bytes or a text'],
    ['an object', () => ({ a: 1 }), {}, 'it must make a stream, a form, a Blob, bytes or a text'],
    ['one beside data', () => 'x', { data: 'y' }, 'the request has data as well'],
  ])('since it is %s is told by name, and nothing is sent', async (_what, body, config, reason) => {
    const error = await failureOf(body, config);
    expect(error.message).toBe(BEGIN + reason);
    expect(outcomeOfError(error)).toBe('local');
    expect(callOf(error)?.sends).toBe(0);
    expect(seen).toEqual([]);
  });

  it('is no fault of the service, whatever its maker fails with', async () => {
    const cause = Object.assign(new Error('no https://store.test/?sig=secret'), { code: 'ECONNREFUSED' });
    const failing = [
      () => {
        throw cause;
      },
      () => Promise.reject(cause),
    ];
    for (const body of failing) {
      const error = await failureOf(body);
      expect(error).toMatchObject({ message: `${BEGIN}it failed`, code: 'ERR_BAD_REQUEST' });
      expect(outcomeOfError(error)).toBe('local');
      expect(error.cause).toBe(cause);
      expect(Object.keys(error)).not.toContain('cause');
      expect(String(callOf(error))).toContain('not sent: holdfast.body has made no body');
      expect(String(callOf(error))).not.toContain('secret');
    }
  });

  it('since there is no such file fails the call, and not the process', async () => {
    const error = await failureOf(() => createReadStream('/nowhere/at/all'));
    expect(error.cause).toMatchObject({ code: 'ENOENT' });
    expect(outcomeOfError(error)).toBe('local');
    expect(inspect(callOf(error))).not.toContain('nowhere');
  });

  it.each([
    ['a stream of Node', () => Readable.from(['hello'])],
    ['a stream of the web', () => new Blob(['hello']).stream()],
    ['a form-data', () => axios.toFormData({ a: 'hello' })],
  ])('again, since it is the same %s, is not sent as an empty one', async (_what, make) => {
    const stream = make();
    const error = await failureOf(() => stream);
    expect(error.message).toBe(`${BEGIN}it must make another stream for each send`);
    expect(seen).toEqual([expect.stringContaining('hello')]);
  });

  it('since somebody has read it already is not sent as an empty one', async () => {
    const stream = Readable.from(['hello']);
    await stream.toArray();
    const error = await failureOf(() => stream);
    expect(error.message).toContain('another stream');
    expect(seen).toEqual([]);
  });

  it('in time ends when the caller gives up, and is closed when it comes', async () => {
    const controller = new AbortController();
    const stream = Readable.from(['hello']);
    let hand: (made: Readable) => void = () => undefined;
    const body = () => {
      queueMicrotask(() => {
        controller.abort();
      });
      return new Promise<Readable>((resolve) => (hand = resolve));
    };
    const error = await failureOf(body, { signal: controller.signal });
    expect(outcomeOfError(error)).toBe('canceled');
    hand(stream);
    await new Promise((resolve) => stream.once('close', resolve));
    expect(seen).toEqual([]);
  });

  it('since its adapter is unknown is closed', async () => {
    const stream = Readable.from(['hello']);
    await failureOf(() => stream, { adapter: 'nonsense' as never });
    expect(stream.destroyed).toBe(true);
  });
});

describe('the stream of an answer that fails later', () => {
  it('does not lead to the body', async () => {
    server.close();
    server = await serve((request, response) => {
      request.resume();
      request.on('end', () => response.end('too much'));
    });
    const client = axios.create({ baseURL: server.url, responseType: 'stream', maxContentLength: 3 });
    install(client, [(next) => next]);
    const body = () => Readable.from(['hello']);
    const { config, data } = await client.put<Readable>('/x', undefined, { holdfast: { body } });
    const error = await data.toArray().then(
      () => undefined,
      (failure: unknown) => failure as AxiosError,
    );
    expect(error?.message).toContain('maxContentLength');
    expect(error?.config?.data).toBeUndefined();
    expect(error?.config?.headers).toBe(config.headers);
  });
});
