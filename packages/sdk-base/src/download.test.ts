import { retry } from '@holdfast/client';
import { install } from '@holdfast/core';
import { scriptedTransport } from '@holdfast/testing';
import axios from 'axios';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { SdkConnection } from './connection.js';
import { startDownload, type DownloadOptions } from './download.js';
import { readAll, scriptedStage } from './made-transfer-client.js';
import { brokenOff, resetError, served } from './made-transfer-content.js';
import type { TransferProgress } from './transfer-progress.js';

const REPORT = {
  bytes: Buffer.from('0123456789'),
  etag: '"v1"',
  headers: { 'content-type': 'text/csv; charset=utf-8' },
};

const stage = (content: Parameters<typeof served>[0] = REPORT) =>
  scriptedStage(({ headers }) => {
    const { status, headers: told, body } = served(content, headers);
    return { status, headers: told, data: brokenOff(body, body.length) };
  });

describe('a download', () => {
  it('comes whole, and says before its first byte how much of what it is', async () => {
    const { connection, requests } = stage();
    const { data: download, response } = await startDownload(connection, '/report');
    expect([download.size, download.contentType, download.etag]).toEqual([
      10,
      'text/csv; charset=utf-8',
      '"v1"',
    ]);
    expect(download.response).toBe(response);
    expect(String((await readAll(download)).bytes)).toBe('0123456789');
    expect(requests.map(({ url, method }) => [method, url])).toEqual([['get', '/report']]);
  });

  it('asks for bytes that are not packed, unless its caller does otherwise, and for no range', async () => {
    const { connection, requests } = stage();
    await startDownload(connection, '/report');
    await startDownload(connection, '/report', { headers: { 'accept-encoding': 'gzip' } });
    expect(requests.map(({ headers }) => headers['accept-encoding'])).toEqual(['identity', 'gzip']);
    expect(requests[0]!.headers).not.toHaveProperty('range');
  });

  it('tells of its progress piece by piece, over a break', async () => {
    let sends = 0;
    const { connection, ended } = scriptedStage(({ headers }) => {
      const { status, headers: told, body } = served(REPORT, headers);
      sends += 1;
      const data = sends === 1 ? brokenOff(body, 4, resetError()) : brokenOff(body, body.length);
      return { status, headers: told, data };
    });
    const told: TransferProgress[] = [];
    const onProgress = (progress: TransferProgress) => void told.push(progress);
    const { data } = await startDownload(connection, '/report', { onProgress });
    await ended(readAll(data));
    expect(told).toEqual([
      { transferred: 4, total: 10, attempt: 1 },
      { transferred: 10, total: 10, attempt: 2 },
    ]);
  });

  it('ends with what its observer throws, and no byte is asked for twice', async () => {
    const { connection, requests, ended } = stage();
    const mine = Object.assign(new Error('the disk is full'), { code: 'ECONNRESET' });
    const { data } = await startDownload(connection, '/report', {
      onProgress: () => {
        throw mine;
      },
    });
    const { bytes, error } = await ended(readAll(data));
    expect([bytes.length, error, requests.length]).toEqual([0, mine, 1]);
  });

  it('of a range has these bytes, and their number for its size', async () => {
    for (const [range, asked, text] of [
      [{ start: 2, end: 5 }, 'bytes=2-5', '2345'],
      [{ start: 7 }, 'bytes=7-', '789'],
      [{ start: 7, end: 99 }, 'bytes=7-99', '789'],
    ] as const) {
      const { connection, requests } = stage();
      const told: TransferProgress[] = [];
      const onProgress = (progress: TransferProgress) => void told.push(progress);
      const { data } = await startDownload(connection, '/report', { range, onProgress });
      expect(requests[0]!.headers['range']).toBe(asked);
      expect(data.size).toBe(text.length);
      expect(String((await readAll(data)).bytes)).toBe(text);
      expect(told).toEqual([{ transferred: text.length, total: text.length, attempt: 1 }]);
    }
  });

  it.each<[string, number, Record<string, string>]>([
    ['all of it', 200, {}],
    ['another range', 206, { 'content-range': 'bytes 3-6/10' }],
    ['several ranges', 206, { 'content-type': 'multipart/byteranges; boundary=x' }],
    [
      'less than all of the range of a content whose length it does not tell',
      206,
      { 'content-range': 'bytes 2-4/*' },
    ],
    ['more than the range', 206, { 'content-range': 'bytes 2-9/10' }],
  ])('of a range is not believed where the service sends %s', async (_, status, headers) => {
    const body = brokenOff(REPORT.bytes, 4);
    const { connection, clock } = scriptedStage([{ status, headers, data: body }]);
    const call = startDownload(connection, '/report', { range: { start: 2, end: 5 } });
    await expect(call).rejects.toMatchObject({ code: 'ERR_DOWNLOAD_RANGE', isAxiosError: true });
    await clock.settle();
    expect(body.destroyed).toBe(true);
  });

  it.each<[DownloadOptions, RegExp]>([
    [{ range: { start: 5, end: 4 } }, /http\.download\(\): the option "range" must be/],
    [{ range: { start: -1 } }, /"range" must be/],
    [{ range: { start: 0, length: 9 } as never }, /"range" must be/],
    [{ resumes: -1 }, /"resumes" must be a whole number/],
    [{ stallMs: 0 }, /"stallMs" must be/],
    [{ onProgress: 'x' as never }, /"onProgress" must be a function/],
    [{ headers: { 'If-Range': '"x"' } }, /header "If-Range" there is the option "range"/],
    [{ nonsense: 1 } as never, /there is no option "nonsense"/],
  ])('with the options %j is refused, and nothing is sent', async (options, message) => {
    const { connection, requests } = stage();
    const error: unknown = await startDownload(connection, '/report', options).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(message);
    expect(requests).toHaveLength(0);
  });

  it('with a stall limit that no interceptor of its client reads is refused, and nothing is sent', async () => {
    const { adapter, requests } = scriptedTransport([]);
    const client = axios.create({ baseURL: 'https://files.test', adapter });
    install(client, [retry()]);
    const connection = new SdkConnection(() => client);
    await expect(startDownload(connection, '/report', { stallMs: 1_000 })).rejects.toThrow(
      /^http\.download\(\): the option "stallMs" needs the interceptor attemptTimeout\(\)/,
    );
    expect(requests).toHaveLength(0);
  });

  it('that its service refuses rejects before there is a stream', async () => {
    const { connection } = scriptedStage([{ status: 404 }]);
    await expect(startDownload(connection, '/report')).rejects.toMatchObject({ response: { status: 404 } });
  });

  it('reads no further ahead than its reader', async () => {
    let pushed = 0;
    const endless = new Readable({
      read(size) {
        pushed += size;
        this.push(Buffer.alloc(size));
      },
    });
    const { connection, clock } = scriptedStage([{ status: 200, data: endless }]);
    const { data } = await startDownload(connection, '/report');
    await data[Symbol.asyncIterator]().next();
    for (let turn = 0; turn < 50; turn += 1) await clock.settle();
    expect(pushed).toBeLessThan(1_000_000);
    data.stream.destroy();
    await clock.settle();
    expect(endless.destroyed).toBe(true);
  });
});

describe('a file', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'download-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('is there when all of it has come', async () => {
    const { data } = await startDownload(stage().connection, '/report');
    await data.saveTo(join(folder, 'report.csv'));
    expect(await readdir(folder)).toEqual(['report.csv']);
    expect(await readFile(join(folder, 'report.csv'), 'utf8')).toBe('0123456789');
  });

  it('is not there, nor is a part of it, where not all of it has come', async () => {
    const { status, headers, body } = served(REPORT, {});
    const data = brokenOff(body, 5, resetError());
    const { connection } = scriptedStage([{ status, headers, data }]);
    const { data: download } = await startDownload(connection, '/report', { resumes: 0 });
    await expect(download.saveTo(join(folder, 'report.csv'))).rejects.toMatchObject({
      code: 'ERR_DOWNLOAD_BROKEN',
      cause: { code: 'ECONNRESET' },
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('that has a file for its folder says that, and not what came of clearing it away', async () => {
    const { data } = await startDownload(stage().connection, '/report');
    await writeFile(join(folder, 'file'), '');
    await expect(data.saveTo(join(folder, 'file', 'report.csv'))).rejects.toMatchObject({
      code: 'ENOTDIR',
      syscall: 'open',
    });
  });
});
