import { retry } from '@holdfast/client';
import { install } from '@holdfast/core';
import { scriptedTransport, type Step } from '@holdfast/testing';
import axios, { type AxiosAdapter } from 'axios';
import { getEventListeners, once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { SdkConnection } from './connection.js';
import { startDownload } from './download.js';
import { readAll, scriptedStage } from './made-transfer-client.js';
import { brokenOff, resetError, served, type ServedContent } from './made-transfer-content.js';
import type { TransferProgress } from './transfer-progress.js';

const BYTES = Buffer.from('0123456789');
const DATE = 'Wed, 01 Jan 2025 00:01:00 GMT';
const LATER = 'Wed, 01 Jan 2025 00:00:30 GMT';
const DATED = { 'last-modified': 'Wed, 01 Jan 2025 00:00:00 GMT', date: DATE };

/** As a service that has this content; the body breaks off after some bytes. `others` are over what it would say. */
const part =
  (content: ServedContent, after: number, others: Readonly<Record<string, string | undefined>> = {}): Step =>
  ({ headers: asked }) => {
    const { status, headers, body } = served(content, asked);
    const said = Object.entries({ ...headers, ...others }).filter(([, value]) => value !== undefined);
    const data = brokenOff(body, after, after < body.length ? resetError() : undefined);
    return { status, headers: Object.fromEntries(said) as Record<string, string>, data };
  };

const REST = 99;

describe('a download that goes on', () => {
  const V1 = { bytes: BYTES, etag: '"v1"', headers: { 'content-type': 'text/csv' } };
  const bare = { etag: undefined, 'content-type': undefined, 'last-modified': undefined };

  it('says what it is all the same, where the answer with the rest does not repeat that', async () => {
    const stage = scriptedStage([part(V1, 4), part(V1, REST, bare)]);
    const { data } = await startDownload(stage.connection, '/x');
    expect(String((await stage.ended(readAll(data))).bytes)).toBe('0123456789');
    expect([data.etag, data.contentType]).toEqual(['"v1"', 'text/csv']);
  });

  it('over an answer with no ETag knows all the same that the content has changed', async () => {
    const changed = part(V1, REST, { etag: '"v2"' });
    const stage = scriptedStage([part(V1, 4), part(V1, 2, bare), changed]);
    const { data } = await startDownload(stage.connection, '/x');
    const { bytes, error } = await stage.ended(readAll(data));
    expect([String(bytes), error]).toEqual([
      '012345',
      expect.objectContaining({ code: 'ERR_DOWNLOAD_CHANGED' }),
    ]);
  });

  it('by a date does not with the bytes of a later date, where the service does not know If-Range', async () => {
    const dated = { bytes: BYTES, headers: DATED };
    const stage = scriptedStage([part(dated, 4), part(dated, REST, { 'last-modified': LATER })]);
    const { data } = await startDownload(stage.connection, '/x');
    const { bytes, error } = await stage.ended(readAll(data));
    expect([String(bytes), error]).toEqual([
      '0123',
      expect.objectContaining({ code: 'ERR_DOWNLOAD_CHANGED' }),
    ]);
  });

  it('by its ETag does, whatever the dates of several servers are', async () => {
    const dated = { ...V1, headers: DATED };
    const stage = scriptedStage([part(dated, 4), part(dated, REST, { 'last-modified': LATER })]);
    const { data } = await startDownload(stage.connection, '/x');
    expect(String((await stage.ended(readAll(data))).bytes)).toBe('0123456789');
  });
});

describe('a download that its caller gives up', () => {
  const mine = new Error('the user has left');

  it('before he reads ends, and not his process', async () => {
    const stage = scriptedStage([part({ bytes: BYTES }, 4)]);
    const controller = new AbortController();
    const { data } = await startDownload(stage.connection, '/x', { signal: controller.signal });
    controller.abort(mine);
    await stage.clock.settle();
    expect(data.stream.destroyed).toBe(true);
    expect((await readAll(data)).error).toMatchObject({ code: 'ERR_CANCELED', cause: mine });
    await expect(data.saveTo('/nowhere')).rejects.toMatchObject({ code: 'ERR_CANCELED', cause: mine });
  });

  it('in the very moment in which it comes is no download, and holds no connection', async () => {
    const controller = new AbortController();
    const body = new Readable({ read: () => undefined });
    const stage = scriptedStage([{ status: 200, data: body }], { attemptTimeoutMs: false });
    const giveUp = () => {
      controller.abort(mine);
    };
    const logger = { debug: giveUp, info: giveUp, warn: giveUp, error: giveUp };
    const connection = stage.connection.with({ logger, logLevel: 'debug' });
    const call = startDownload(connection, '/x', { signal: controller.signal });
    await expect(call).rejects.toMatchObject({ code: 'ERR_CANCELED', cause: mine });
    await stage.clock.settle();
    expect(body.destroyed).toBe(true);
  });
});

describe('a download that is left, over an adapter that heeds no signal,', () => {
  /** With no interceptor that closes what is given up. */
  const connectionWith = (adapter: AxiosAdapter) => {
    const client = axios.create({ baseURL: 'https://files.test', adapter });
    install(client, [retry()]);
    return new SdkConnection(() => client);
  };

  it('closes a body that nobody has read of', async () => {
    const body = new Readable({ read: () => undefined });
    const { adapter } = scriptedTransport([{ status: 200, data: body }]);
    const { data } = await startDownload(connectionWith(adapter), '/x');
    data.stream.destroy();
    expect(body.destroyed).toBe(true);
  });

  it('ends an iteration of its own kind', async () => {
    let isLeft = false;
    async function* pieces() {
      try {
        for (;;) yield await Promise.resolve(BYTES);
      } finally {
        isLeft = true;
      }
    }
    const stage = scriptedStage([{ status: 200, data: pieces() }], { attemptTimeoutMs: false });
    const { data } = await startDownload(stage.connection, '/x');
    for await (const piece of data) if (piece.length > 0) break;
    await stage.clock.settle();
    expect(isLeft).toBe(true);
  });

  it('leaves no listener on the signal of its caller', async () => {
    const { adapter } = scriptedTransport([part({ bytes: BYTES }, REST)]);
    const connection = connectionWith((config) => {
      config.signal?.addEventListener?.('abort', () => undefined);
      return adapter(config);
    });
    const { signal } = new AbortController();
    const { data } = await startDownload(connection, '/x', { signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    const closed = once(data.stream, 'close');
    expect((await readAll(data)).bytes).toHaveLength(10);
    await closed;
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

it('a download that gets no more than empty pieces ends when it has gone on often enough', async () => {
  const empty: Step = () => ({
    status: 200,
    data: (async function* () {
      yield await Promise.resolve(Buffer.of());
      throw resetError();
    })(),
  });
  const stage = scriptedStage([empty, empty, empty, part({ bytes: BYTES }, REST)]);
  const { data } = await startDownload(stage.connection, '/x', { resumes: 2 });
  const { bytes, error } = await stage.ended(readAll(data));
  expect([bytes.length, stage.requests.length]).toEqual([0, 3]);
  expect(error).toMatchObject({ code: 'ERR_DOWNLOAD_BROKEN', cause: { code: 'ECONNRESET' } });
});

describe('the body of a download', () => {
  const bodies: [string, unknown][] = [
    ['a text', 'abc'],
    ['a Blob', new Blob(['abc'])],
    ['bytes', new TextEncoder().encode('abc').buffer],
  ];

  it.each(bodies)('may be %s, where an adapter makes that of it', async (_, body) => {
    const stage = scriptedStage([{ status: 200, data: body }]);
    const { data } = await startDownload(stage.connection, '/x');
    expect(String((await readAll(data)).bytes)).toBe('abc');
  });

  it.each([undefined, null])('has no bytes where an adapter makes %s of it', async (body) => {
    const stage = scriptedStage(() => ({ status: 200 }));
    stage.connection.client.defaults.adapter = (config) =>
      Promise.resolve({ status: 200, statusText: '', headers: {}, data: body, config });
    const { data } = await startDownload(stage.connection, '/x');
    expect(await readAll(data)).toEqual({ bytes: Buffer.of(), error: undefined });
  });

  it.each<[string, Buffer]>([
    ['gzip', gzipSync('abc')],
    ['x-gzip', gzipSync('abc')],
    ['GZIP', gzipSync('abc')],
    ['deflate', deflateSync('abc')],
    ['br', brotliCompressSync('abc')],
  ])('that is packed by %s is unpacked', async (encoding, packed) => {
    const body = Readable.from([packed], { objectMode: false });
    const headers = { 'content-encoding': encoding };
    const stage = scriptedStage([{ status: 200, headers, data: body }]);
    const { data } = await startDownload(stage.connection, '/x');
    expect(String((await readAll(data)).bytes)).toBe('abc');
  });

  it.each<[string, unknown]>([
    ['an object', { id: 7 }],
    ['a stream of objects', Readable.from([{ id: 7 }])],
  ])('is not believed where it is %s', async (_, body) => {
    const stage = scriptedStage([{ status: 200, data: body }]);
    const { data } = await startDownload(stage.connection, '/x');
    const { bytes, error } = await stage.ended(readAll(data));
    expect([bytes.length, error]).toEqual([0, expect.any(TypeError)]);
  });

  it('that is packed, and is closed without a word, ends', async () => {
    const body = new Readable({ read: () => undefined });
    body.push(gzipSync('abc').subarray(0, 12));
    const packed: Step = { status: 200, headers: { 'content-encoding': 'gzip' }, data: body };
    const stage = scriptedStage([packed], { attemptTimeoutMs: false });
    const { data } = await startDownload(stage.connection, '/x', { resumes: 0, stallMs: false });
    const read = readAll(data);
    await stage.clock.settle();
    body.destroy();
    expect((await read).error).toMatchObject({ code: 'ERR_DOWNLOAD_BROKEN' });
  });
});

describe('the progress of a download', () => {
  it('is awaited, and what it rejects with ends the download', async () => {
    const body = Readable.from([BYTES.subarray(0, 4), BYTES.subarray(4)], { objectMode: false });
    const stage = scriptedStage([{ status: 200, data: body }]);
    const told: TransferProgress[] = [];
    const mine = new Error('no more');
    const onProgress = async (progress: TransferProgress) => {
      await new Promise(setImmediate);
      if (told.push(progress) > 1) throw mine;
    };
    const { data } = await startDownload(stage.connection, '/x', { onProgress });
    const { bytes, error } = await readAll(data);
    expect([String(bytes), error, told.length]).toEqual(['0123', mine, 2]);
  });
});

it('whoever has left a download is told of no more of its progress', async () => {
  let come: (piece: Buffer) => void = () => undefined;
  const piece = new Promise<Buffer>((resolve) => (come = resolve));
  async function* pieces() {
    yield await piece;
  }
  const stage = scriptedStage([{ status: 200, data: pieces() }], { attemptTimeoutMs: false });
  const onProgress = jest.fn();
  const { data } = await startDownload(stage.connection, '/x', { onProgress });
  data.stream.resume();
  await stage.clock.settle();
  come(BYTES);
  data.stream.destroy();
  await stage.clock.settle();
  expect(onProgress).not.toHaveBeenCalled();
});

describe('a file', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'download-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it.each<[string, (stream: Readable) => Promise<unknown>]>([
    ['has read all of it', (stream) => stream.toArray()],
    [
      'has read its beginning',
      async (stream) => {
        await new Promise((resolve) => stream.once('readable', resolve));
        stream.read(4);
      },
    ],
    ['has left it', (stream) => Promise.resolve(stream.destroy())],
  ])('is not made of a download where somebody %s', async (_, read) => {
    const stage = scriptedStage([part({ bytes: BYTES }, REST)]);
    const { data } = await startDownload(stage.connection, '/x');
    await read(data.stream);
    await expect(data.saveTo(join(folder, 'x'))).rejects.toThrow(/somebody has read of this download/);
    expect(await readdir(folder)).toEqual([]);
  });

  it('that cannot be put in its place leaves no part of it', async () => {
    const stage = scriptedStage([part({ bytes: BYTES }, REST)]);
    const { data } = await startDownload(stage.connection, '/x');
    await mkdir(join(folder, 'x'));
    await expect(data.saveTo(join(folder, 'x'))).rejects.toMatchObject({ syscall: 'rename' });
    expect(await readdir(folder)).toEqual(['x']);
  });
});
