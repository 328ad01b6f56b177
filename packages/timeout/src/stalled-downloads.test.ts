import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { createGzip, type Gzip } from 'node:zlib';
import { attemptTimeout, deadline } from './index.js';
import { startLoopback } from './made-transfers.js';

/** Reads the next piece. */
type Read = () => Promise<string | undefined>;

function readerOf(data: Readable | ReadableStream<Uint8Array>): Read {
  const pieces = (data as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  return async () => {
    const { done, value } = (await pieces.next()) as IteratorResult<Uint8Array, undefined>;
    return done === true ? undefined : Buffer.from(value).toString();
  };
}

const STALLED = {
  name: 'AttemptTimeoutError',
  code: 'ERR_ATTEMPT_TIMEOUT',
  timeoutMs: 1_000,
  isAxiosError: true,
};

describe.each(['http', 'fetch'])('a download (%s adapter)', (adapter) => {
  const streaming = { adapter, responseType: 'stream' as const };

  it('that stands still while somebody reads ends with an error on its stream, and its connection closes', async () => {
    await using loopback = await startLoopback((_request, response) => response.write('begun'));
    const { clock } = loopback;
    const api = loopback.client(streaming, deadline({ clock }), attemptTimeout({ stallMs: 1_000, clock }));
    const { data } = await api.get('/');
    const read = readerOf(data);
    expect(await read()).toBe('begun');
    const stalled = expect(read()).rejects.toMatchObject(STALLED);
    await clock.advance(999);
    expect(clock.pending).toBe(3);
    await clock.advance(1);
    await stalled;
    await loopback.closed;
    await clock.advance(60_000);
    expect(clock.pending).toBe(0);
  });

  it('may take as long as it moves, and its limit of time ends with the headers', async () => {
    let response: ServerResponse | undefined;
    await using loopback = await startLoopback((_request, given) => (response = given).write('0'));
    const { clock } = loopback;
    const api = loopback.client(
      streaming,
      deadline({ deadlineMs: 2_000, clock }),
      attemptTimeout({ timeoutMs: 1_000, stallMs: 1_000, clock }),
    );
    const { data } = await api.get('/');
    const read = readerOf(data);
    expect(await read()).toBe('0');
    for (let piece = 1; piece < 10; piece += 1) {
      const next = read();
      await clock.advance(999);
      response?.write(String(piece));
      expect(await next).toBe(String(piece));
    }
    response?.end();
    expect(await read()).toBeUndefined();
  });

  it('whose reader is slow himself does not stand still', async () => {
    await using loopback = await startLoopback((_request, response) => response.end('x'.repeat(500_000)));
    const { clock } = loopback;
    const api = loopback.client(streaming, attemptTimeout({ stallMs: 1_000, clock }));
    const { data } = await api.get('/');
    await clock.advance(60_000);
    let length = 0;
    const read = readerOf(data);
    for (let piece = await read(); piece !== undefined; piece = await read()) {
      length += piece.length;
      await clock.advance(5_000);
    }
    expect(length).toBe(500_000);
    await clock.advance(5_000);
    expect(clock.pending).toBe(0);
  });

  it('that nobody reads does not stand still, and holds no timer', async () => {
    await using loopback = await startLoopback((_request, response) => response.write('begun'));
    const { clock } = loopback;
    const api = loopback.client(streaming, attemptTimeout({ stallMs: 1_000, clock }));
    const { data } = await api.get('/');
    await clock.advance(60_000);
    expect(clock.pending).toBe(0);
    expect(await readerOf(data)()).toBe('begun');
  });

  it('that stands still ends although it is unpacked and counted on the way', async () => {
    let packed: Gzip | undefined;
    await using loopback = await startLoopback((_request, response) => {
      response.setHeader('content-encoding', 'gzip');
      packed = createGzip();
      packed.pipe(response);
      packed.write('begun');
      packed.flush();
    });
    const { clock } = loopback;
    const api = loopback.client(
      { ...streaming, maxContentLength: 1_000 },
      attemptTimeout({ stallMs: 1_000, clock }),
    );
    const { data } = await api.get('/');
    const read = readerOf(data);
    expect(await read()).toBe('begun');
    const stalled = expect(read()).rejects.toMatchObject(STALLED);
    await clock.advance(1_000);
    await stalled;
    await loopback.closed;
    packed?.destroy();
  });

  it('can be watched differently, or not at all, for one request', async () => {
    await using loopback = await startLoopback((_request, response) => response.write('begun'));
    const { clock } = loopback;
    const api = loopback.client(streaming, attemptTimeout({ clock }));
    const short = readerOf((await api.get('/', { holdfast: { stallMs: 50 } })).data);
    await short();
    const stalled = expect(short()).rejects.toMatchObject({ ...STALLED, timeoutMs: 50 });
    await clock.advance(50);
    await stalled;
    const controller = new AbortController();
    const options = { holdfast: { stallMs: false }, signal: controller.signal } as const;
    const free = readerOf((await api.get('/', options)).data);
    await free();
    const given = expect(free()).rejects.toHaveProperty('code', 'ERR_CANCELED');
    await clock.advance(3_600_000);
    controller.abort();
    await given;
    await expect(api.get('/', { holdfast: { stallMs: 0 } })).rejects.toThrow(/"stallMs" must be/);
  });
});

it('a stream that was read to its last byte but one still ends by the caller’s abort', async () => {
  await using loopback = await startLoopback((_request, response) => response.end('all of it'));
  const { clock } = loopback;
  const api = loopback.client({ adapter: 'http', responseType: 'stream' }, attemptTimeout({ clock }));
  const controller = new AbortController();
  const { data } = await api.get<Readable>('/', { signal: controller.signal });
  await clock.settle();
  controller.abort();
  await expect(once(data, 'close')).rejects.toHaveProperty('code', 'ERR_CANCELED');
});
