import { isHoldfastError, type Interceptor } from '@holdfast/core';
import axios, { type AxiosProgressEvent } from 'axios';
import { getEventListeners, once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { PassThrough } from 'node:stream';
import { attemptTimeout } from './index.js';
import { advanceUntilSettled, startLoopback } from './made-transfers.js';

const BYTES = Buffer.alloc(3 * 2 ** 20, 'abcdefghi');

async function received(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

async function firstPiece(body: unknown): Promise<string> {
  const { value } = await (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]().next();
  return Buffer.from(value as Uint8Array).toString();
}

describe.each(['http', 'fetch'])('what the caller has to do with a transfer (%s adapter)', (adapter) => {
  const mine = new Error('the user has left');

  it('he sees its progress as he does without a limit', async () => {
    await using loopback = await startLoopback((request, response) => {
      void received(request).then(() => response.end());
    });
    const { clock } = loopback;
    const ends: unknown[] = [];
    for (const stallMs of [1_000, false] as const) {
      const api = loopback.client({ adapter }, attemptTimeout({ stallMs, clock }));
      let last: AxiosProgressEvent | undefined;
      await api.put('/', BYTES, { onUploadProgress: (progress) => (last = progress) });
      ends.push(last?.loaded);
    }
    expect(ends).toEqual([BYTES.length, BYTES.length]);
  });

  it('he gives up an upload, and gets what he gave as the reason, not a limit', async () => {
    await using loopback = await startLoopback(() => undefined);
    const { clock } = loopback;
    const api = loopback.client({ adapter }, attemptTimeout({ clock }));
    const controller = new AbortController();
    const data = new PassThrough();
    data.write('begun');
    const ended = expect(api.put('/', data, { signal: controller.signal })).rejects.toMatchObject({
      code: 'ERR_CANCELED',
      cause: mine,
    });
    await loopback.arrived;
    controller.abort(mine);
    await ended;
    await loopback.closed;
  });

  it('he gives up a download in the middle: it ends at once, and nothing stays on his signal', async () => {
    await using loopback = await startLoopback((_request, response) => response.write('begun'));
    const { clock } = loopback;
    const api = loopback.client({ adapter, responseType: 'stream' }, attemptTimeout({ clock }));
    const controller = new AbortController();
    const { data, config } = await api.get('/', { signal: controller.signal });
    expect(config.signal).toBe(controller.signal);
    const pieces = (data as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    await pieces.next();
    const next = expect(pieces.next()).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    controller.abort(mine);
    await next;
    await loopback.closed;
    await clock.settle();
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('he stops to read a download: its connection closes', async () => {
    await using loopback = await startLoopback((_request, response) => response.write('begun'));
    const { clock } = loopback;
    const api = loopback.client({ adapter, responseType: 'stream' }, attemptTimeout({ clock }));
    const { data } = await api.get('/');
    for await (const piece of data as AsyncIterable<Uint8Array>) {
      expect(Buffer.from(piece).toString()).toBe('begun');
      break;
    }
    await loopback.closed;
  });

  it('he takes his time with a piece while the service pauses: it does not end', async () => {
    let response: ServerResponse | undefined;
    await using loopback = await startLoopback((_request, given) => (response = given).write('0'));
    const { clock } = loopback;
    const api = loopback.client({ adapter, responseType: 'stream' }, attemptTimeout({ clock }));
    const pieces = ((await api.get('/')).data as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    await pieces.next();
    await clock.advance(3_600_000);
    response?.write('1');
    expect(Buffer.from((await pieces.next()).value as Uint8Array).toString()).toBe('1');
  });

  it('an upload that fails and is sent again goes whole again, with the same headers', async () => {
    const seen: { length: string | undefined; encoding: string | undefined; bytes: string }[] = [];
    await using loopback = await startLoopback((request, response) => {
      if (request.headers['x-send'] === '1') request.socket.destroy();
      else
        void received(request).then((body) => {
          const bytes = `${body.length} from ${body.toString('latin1', 0, 2)}`;
          const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
          seen.push({ length, encoding, bytes });
          response.end();
        });
    });
    const { clock } = loopback;
    const again: Interceptor = (next) => async (config) => {
      config.headers.set('x-send', '1');
      await next(config).catch((error: unknown) => {
        if (isHoldfastError(error)) throw error;
      });
      config.headers.set('x-send', '2');
      return next(config);
    };
    const api = loopback.client({ adapter }, again, attemptTimeout({ clock }));
    for (const data of [BYTES, BYTES.subarray(1), new Blob([BYTES], { type: 'image/png' })]) {
      const { config } = await api.put('/', data);
      expect(config.data === data).toBe(true);
    }
    expect(seen.map(({ bytes }) => bytes)).toEqual(['3145728 from ab', '3145727 from bc', '3145728 from ab']);
    expect(new Set(seen.map(({ length, encoding }) => encoding ?? Number(length) > 0))).toHaveProperty(
      'size',
      1,
    );
  });
});

it('an answer that comes before the upload is over is read on, though the upload goes on and then stops', async () => {
  let response: ServerResponse | undefined;
  await using loopback = await startLoopback((_request, given) => (response = given).write('0'));
  const { clock } = loopback;
  const api = loopback.client(
    { adapter: 'http', responseType: 'stream', maxRedirects: 0 },
    attemptTimeout({ clock }),
  );
  const body = new PassThrough();
  body.write('begun');
  const { data } = await api.put<Readable>('/', body);
  body.write('more');
  await (once(await loopback.arrived, 'data') as Promise<unknown>);
  await clock.advance(3_600_000);
  response?.write('1');
  expect(await firstPiece(data)).toMatch(/^0/);
  expect(data.destroyed).toBe(false);
});

describe('a `form-data`', () => {
  it('that nobody feeds ends as an upload that stands still', async () => {
    await using loopback = await startLoopback((request) => request.resume());
    const { clock } = loopback;
    const api = loopback.client({ adapter: 'http' }, attemptTimeout({ stallMs: 1_000, clock }));
    const form = axios.toFormData({ note: 'a text', file: new PassThrough() });
    const ended = api.put('/', form).catch((error: unknown) => (error as Error).message);
    expect(await advanceUntilSettled(clock, 500, ended)).toMatch(/^The upload stood still for 1000 ms/);
    await loopback.closed;
  });

  it('arrives whole while it moves, and then the headers have their own time', async () => {
    let arrive: () => void = () => undefined;
    await using loopback = await startLoopback((request) => {
      request.on('data', () => {
        arrive();
      });
      request.on('end', () => {
        arrive();
      });
    });
    const { clock } = loopback;
    const start = clock.now();
    const limits = { timeoutMs: 3_000, stallMs: 1_000, clock };
    const api = loopback.client({ adapter: 'http' }, attemptTimeout(limits));
    const file = new PassThrough();
    const form = axios.toFormData({ file });
    const ended = api
      .put('/', form)
      .catch((error: unknown) => [(error as Error).message, clock.now() - start]);
    for (let piece = 0; piece < 5; piece += 1) {
      const arrived = new Promise<void>((resolve) => (arrive = resolve));
      file.write('piece');
      await arrived;
      await clock.advance(999);
    }
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    file.end();
    await arrived;
    await clock.advance(2_999);
    await clock.advance(1);
    expect(await ended).toEqual([expect.stringMatching(/did not answer within 3000 ms/), 4_995 + 3_000]);
  });
});
