import { manualClock, type ManualClock } from '@holdfast/testing';
import axios from 'axios';
import { EventEmitter } from 'node:events';
import { PassThrough, Readable, Stream } from 'node:stream';
import { errorWith, failedCall } from './made-answers.js';
import { ConflictError, toStatusError } from './status-errors.js';

const body = { type: 'https://example.com/quota', title: 'Conflict', status: 409 };
const text = JSON.stringify(body);
const bytes = new TextEncoder().encode(text);

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock({ fakeGlobals: false });
});

async function errorOf(...failure: Parameters<typeof errorWith>): Promise<ConflictError> {
  const error = await toStatusError(errorWith(...failure), clock);
  expect(error).toBeInstanceOf(ConflictError);
  expect(clock.pending).toBe(0);
  return error as ConflictError;
}

/** Of the web: what pulls gets the chunks, one at a time. */
function webStream(chunks: readonly unknown[], cancel: () => void = () => undefined): ReadableStream {
  const rest = [...chunks];
  return new ReadableStream({
    pull(controller) {
      const chunk = rest.shift();
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
    cancel,
  });
}

describe('the body of a failed answer that came as', () => {
  it.each<[string, () => unknown]>([
    [
      'a stream of Node',
      () => Readable.from([bytes.subarray(0, 9), bytes.subarray(9)], { objectMode: false }),
    ],
    ['a stream of Node, of texts', () => Readable.from([text.slice(0, 9), text.slice(9)])],
    ['a stream of the web', () => webStream([bytes.subarray(0, 9), bytes.subarray(9)])],
    ['a Blob', () => new Blob([text])],
    ['a stream with a byte order mark', () => Readable.from([Buffer.from(`\uFEFF${text}`)])],
  ])('%s is in memory, parsed, and its problem is read', async (_, made) => {
    const error = await errorOf(made());
    expect(error.response.data).toEqual(body);
    expect(error.problem).toMatchObject({ title: 'Conflict' });
  });

  it.each<[string, () => unknown]>([
    ['a Buffer', () => Buffer.from(text)],
    ['an ArrayBuffer', () => bytes.buffer],
  ])('%s stays what it is, and its problem is read', async (_, made) => {
    const data = made();
    const error = await errorOf(data);
    expect(error.response.data).toBe(data);
    expect(error.problem).toMatchObject({ title: 'Conflict' });
  });

  it('a stream of what is no JSON is a text', async () => {
    expect((await errorOf(Readable.from(['<html>']))).response.data).toBe('<html>');
    expect((await errorOf(Readable.from([]))).response.data).toBe('');
    expect((await errorOf(Readable.from([Buffer.from([0xff, 0x41])]))).response.data).toBe('\uFFFDA');
  });
});

describe('a body that goes on and on', () => {
  it('is read up to 64 KiB, and then let go of', async () => {
    let canceled = false;
    const kilobytes = Array.from({ length: 1_000 }, () => Buffer.alloc(1_024, 'a'));
    const stream = Readable.from(kilobytes);
    const web = webStream(kilobytes, () => (canceled = true));
    for (const data of [stream, web]) {
      const error = await errorOf(data);
      expect(error.response.data).toBe('a'.repeat(65_536));
      expect(error.problem).toBeUndefined();
    }
    expect([stream.destroyed, canceled]).toEqual([true, true]);
  });

  it('of exactly 64 KiB is whole', async () => {
    const detail = 'x'.repeat(65_536 - JSON.stringify({ ...body, detail: '' }).length);
    const error = await errorOf(Readable.from([JSON.stringify({ ...body, detail })]));
    expect(error.problem?.detail).toBe(detail);
  });

  it('by drips, is read for five seconds', async () => {
    let canceled = false;
    const stream = new PassThrough();
    const hung = new ReadableStream({ cancel: () => void (canceled = true) });
    for (const data of [stream, hung]) {
      const failed = errorWith(data);
      let settled = false;
      const told = toStatusError(failed, clock).finally(() => (settled = true));
      for (let second = 0; second < 4; second += 1) {
        stream.write('drip ');
        await clock.advance(1_000);
      }
      await clock.advance(999);
      expect(settled).toBe(false);
      await clock.advance(1);
      expect(settled).toBe(true);
      expect(await told).toBeInstanceOf(ConflictError);
      expect(failed.response.data).toBe(data === stream ? 'drip drip drip drip ' : '');
    }
    expect([stream.destroyed, canceled]).toEqual([true, true]);
  });

  it.each([
    ['of two seconds is read for two', 2_000, 2_000],
    ['of a minute is read for five seconds', 60_000, 5_000],
  ])('in a call with a deadline %s', async (_, deadlineMs, readMs) => {
    const options = { deadlineMs, attemptTimeoutMs: false, clock } as const;
    const failed = await failedCall({ status: 409, data: new PassThrough() }, options);
    let settled = false;
    const told = toStatusError(failed, clock).finally(() => (settled = true));
    await clock.advance(readMs - 1);
    expect(settled).toBe(false);
    await clock.advance(1);
    expect(settled).toBe(true);
    expect(await told).toBeInstanceOf(ConflictError);
  });

  it('is let go of when the caller gives up, by signal or by cancelToken', async () => {
    for (const kind of ['signal', 'cancelToken', 'before'] as const) {
      const stream = new PassThrough();
      const controller = new AbortController();
      const source = axios.CancelToken.source();
      const request = kind === 'cancelToken' ? { cancelToken: source.token } : { signal: controller.signal };
      if (kind === 'before') controller.abort();
      const failed = errorWith(stream, request);
      const told = toStatusError(failed, clock);
      stream.write('half');
      await clock.settle();
      controller.abort();
      source.cancel();
      expect(await told).toBeInstanceOf(ConflictError);
      expect(stream.destroyed).toBe(true);
      expect(failed.response.data).toBe(kind === 'before' ? '' : 'half');
      await clock.settle();
      expect(clock.pending).toBe(0);
    }
  });
});

describe('whatever goes wrong with the body, the error still comes:', () => {
  it('a stream that breaks off, and fails again', async () => {
    const stream = new PassThrough();
    const failed = errorWith(stream);
    const told = toStatusError(failed, clock);
    stream.write('half');
    await clock.settle();
    stream.destroy(new Error('aborted'));
    expect(await told).toBeInstanceOf(ConflictError);
    expect(failed.response.data).toBe('half');
    stream.emit('error', new Error('again'));
  });

  it('a stream that is destroyed and does not say so', async () => {
    const stream = new Readable({ read: () => undefined, destroy: () => undefined });
    const told = toStatusError(errorWith(stream), clock);
    await clock.advance(5_000);
    expect(await told).toBeInstanceOf(ConflictError);
  });

  it('a stream that somebody has read already', async () => {
    const read = Readable.from([text]);
    await read.toArray();
    await errorOf(read);
    const web = webStream([bytes]);
    web.getReader();
    expect((await errorOf(web)).response.data).toBe(web);
  });

  it('a stream of something else than bytes', async () => {
    const { response } = await errorOf(Readable.from(['half', 7, 'more']));
    expect(response.data).toBe('half');
  });

  it('a stream of another library, which fails once more when it is read', async () => {
    const stream = Object.assign(new EventEmitter(), {
      pipe: () => undefined,
      destroy: jest.fn(),
      async *[Symbol.asyncIterator]() {
        yield await Promise.resolve(bytes);
      },
    });
    const { response } = await errorOf(stream);
    expect(response.data).toEqual(body);
    expect(stream.destroy).toHaveBeenCalled();
    expect(() => stream.emit('error', new Error('late'))).not.toThrow();
  });

  it('a stream of the oldest kind, which is closed unread', async () => {
    const stream = Object.assign(new Stream(), { destroy: jest.fn() });
    await errorOf(stream);
    expect(stream.destroy).toHaveBeenCalled();
  });

  it('a response that cannot be changed', async () => {
    const failed = errorWith(Readable.from([text]));
    Object.freeze(failed.response);
    const error = (await toStatusError(failed, clock)) as ConflictError;
    expect(error).toBeInstanceOf(ConflictError);
    expect(error.problem).toBeUndefined();
  });

  it('a request that is not there', async () => {
    const stream = new PassThrough();
    const failed = errorWith(stream);
    delete failed.config;
    stream.end(text);
    expect(await toStatusError(failed, clock)).toBeInstanceOf(ConflictError);
    expect(failed.response.data).toEqual(body);
  });
});
