import { retryAfterOf } from '@holdfast/core';
import type { Step, TransportRequest } from '@holdfast/testing';
import { startDownload } from './download.js';
import { readAll, scriptedStage } from './made-transfer-client.js';
import { brokenOff, resetError, served, type ServedContent } from './made-transfer-content.js';

const BYTES = Buffer.from('0123456789');
const V1: ServedContent = { bytes: BYTES, etag: '"v1"' };
const CHANGED_LONG_AGO = {
  'last-modified': 'Wed, 01 Jan 2025 00:00:00 GMT',
  date: 'Wed, 01 Jan 2025 00:01:00 GMT',
};

/** Answers as a service does that has this content; the body breaks off after some bytes. */
const broken =
  (content: ServedContent, after: number, error: Error | undefined = resetError()) =>
  ({ headers: asked }: TransportRequest): Step => {
    const { status, headers, body } = served(content, asked);
    return { status, headers, data: brokenOff(body, after, error) };
  };

const whole =
  (content: ServedContent) =>
  (request: TransportRequest): Step =>
    broken(content, content.bytes.length)(request);

/** The rest, whole, whatever its length is. */
const rest =
  (content: ServedContent) =>
  ({ headers: asked }: TransportRequest): Step => {
    const { status, headers, body } = served(content, asked);
    return { status, headers, data: brokenOff(body, body.length, undefined) };
  };

async function downloaded(script: readonly Step[], resumes?: number) {
  const stage = scriptedStage(script);
  const { data } = await startDownload(stage.connection, '/x', resumes === undefined ? {} : { resumes });
  const { bytes, error } = await stage.ended(readAll(data));
  const asked = stage.requests.map(({ headers }) => [headers['range'], headers['if-range']]);
  return { text: String(bytes), error, asked };
}

describe('a download whose connection breaks off', () => {
  it.each<[string, Error | undefined]>([
    ['by a reset', resetError()],
    ['by an end that comes too early', undefined],
  ])('%s goes on with the byte after the last, of the same content', async (_, error) => {
    const end = await downloaded([broken(V1, 4, error), broken(V1, 3, error), rest(V1)]);
    expect(end).toEqual({
      text: '0123456789',
      error: undefined,
      asked: [
        [undefined, undefined],
        ['bytes=4-9', '"v1"'],
        ['bytes=7-9', '"v1"'],
      ],
    });
  });

  it('of a service without ETags goes on by the date of its last change, where that is long ago', async () => {
    const dated = { bytes: BYTES, headers: CHANGED_LONG_AGO };
    const { text, asked } = await downloaded([broken(dated, 4), rest(dated)]);
    expect([text, asked[1]]).toEqual(['0123456789', ['bytes=4-9', CHANGED_LONG_AGO['last-modified']]]);
  });

  it.each<[string, ServedContent]>([
    ['takes no ranges', { ...V1, headers: { 'accept-ranges': 'none' } }],
    ['has a weak ETag, and a date', { bytes: BYTES, etag: 'W/"v1"', headers: CHANGED_LONG_AGO }],
    ['names nothing', { bytes: BYTES }],
    [
      'has changed it just now',
      { bytes: BYTES, headers: { ...CHANGED_LONG_AGO, date: 'Wed, 01 Jan 2025 00:00:59 GMT' } },
    ],
    ['packs its bytes', { ...V1, headers: { 'content-encoding': 'x-own' } }],
  ])('ends with that, where the service %s', async (_, content) => {
    const { text, error, asked } = await downloaded([broken(content, 4), rest(content)]);
    expect([text, asked.length]).toEqual(['0123', 1]);
    expect(error).toMatchObject({
      name: 'DownloadError',
      code: 'ERR_DOWNLOAD_BROKEN',
      isAxiosError: true,
      cause: { code: 'ECONNRESET' },
    });
  });

  it('before its first byte begins anew, also where the content is another one now', async () => {
    const v2 = { bytes: Buffer.from('changed'), etag: '"v2"' };
    const stage = scriptedStage([broken({ bytes: BYTES }, 0), rest(v2)]);
    const { data } = await startDownload(stage.connection, '/x');
    const { bytes, error } = await stage.ended(readAll(data));
    expect([String(bytes), error, data.etag, data.size]).toEqual(['changed', undefined, '"v2"', 7]);
    expect(stage.requests[1]!.headers).not.toHaveProperty('range');
  });

  it('in a range goes on to the end of the range', async () => {
    const stage = scriptedStage([broken(V1, 2), rest(V1)]);
    const { data } = await startDownload(stage.connection, '/x', { range: { start: 3, end: 7 } });
    expect(String((await stage.ended(readAll(data))).bytes)).toBe('34567');
    expect(stage.requests[1]!.headers['range']).toBe('bytes=5-7');
  });

  it('of a content whose length nobody knew before goes on, and learns it', async () => {
    const unknown: Step = {
      status: 200,
      headers: { 'accept-ranges': 'bytes', etag: '"v1"' },
      data: brokenOff(BYTES, 4, resetError()),
    };
    const { text, asked } = await downloaded([unknown, rest(V1)]);
    expect([text, asked[1]]).toEqual(['0123456789', ['bytes=4-', '"v1"']]);
  });

  it('goes on where the service sends the rest in parts', async () => {
    const part = (from: number, to: number): Step => ({
      status: 206,
      headers: { etag: '"v1"', 'content-range': `bytes ${from}-${to}/10` },
      data: brokenOff(BYTES.subarray(from, to + 1), to + 1 - from),
    });
    const { text, error } = await downloaded([broken(V1, 4), part(4, 5), part(6, 8), part(9, 9)], 1);
    expect([text, error]).toEqual(['0123456789', undefined]);
  });

  it.each<[string, string, Step]>([
    ['has changed', 'ERR_DOWNLOAD_CHANGED', whole({ bytes: BYTES, etag: '"v2"' })],
    ['has changed, by its new ETag', 'ERR_DOWNLOAD_CHANGED', partWith({ etag: '"v2"' })],
    ['has changed, by its new length', 'ERR_DOWNLOAD_CHANGED', partWith({ 'content-range': 'bytes 4-9/11' })],
    ['must be the same (412)', 'ERR_DOWNLOAD_CHANGED', { status: 412 }],
    ['is what its caller has already (304)', 'ERR_DOWNLOAD_CHANGED', { status: 304 }],
    ['is shorter now (416)', 'ERR_DOWNLOAD_CHANGED', { status: 416 }],
    ['comes from its beginning', 'ERR_DOWNLOAD_RANGE', { status: 200, headers: { etag: '"v1"' }, data: 'x' }],
    ['begins elsewhere', 'ERR_DOWNLOAD_RANGE', partWith({ 'content-range': 'bytes 3-9/10' })],
    ['has no place', 'ERR_DOWNLOAD_RANGE', partWith({ 'content-range': 'bytes 4-9' })],
    ['has a place that makes no sense', 'ERR_DOWNLOAD_RANGE', partWith({ 'content-range': 'bytes 4-9/8' })],
    ['comes packed', 'ERR_DOWNLOAD_RANGE', partWith({ 'content-encoding': 'gzip' })],
    ['is longer than its place', 'ERR_DOWNLOAD_RANGE', partWith({ 'content-range': 'bytes 4-8/10' })],
    ['is gone', 'ERR_BAD_REQUEST', { status: 404 }],
  ])('ends where the rest %s: %s', async (_, code, step) => {
    const { text, error, asked } = await downloaded([broken(V1, 4), step]);
    expect(error).toMatchObject({ code, isAxiosError: true });
    expect([text.slice(0, 4), BYTES.toString().startsWith(text), asked.length]).toEqual(['0123', true, 2]);
  });

  it('ends with the last failure after as many attempts as it may make without a byte', async () => {
    const failed = { status: 503 };
    const script = [broken(V1, 4), failed, failed, broken(V1, 2), failed, failed, failed, rest(V1)];
    const { text, error, asked } = await downloaded(script);
    expect([text, asked.length]).toEqual(['012345', 7]);
    expect(error).toMatchObject({ code: 'ERR_BAD_RESPONSE', response: { status: 503 } });
    expect((await downloaded([broken(V1, 4), rest(V1)], 0)).asked).toHaveLength(1);
  });

  it('waits as long as the service says, and for more than a minute not at all', async () => {
    const busy = (seconds: string): Step => ({ status: 503, headers: { 'retry-after': seconds } });
    const stage = scriptedStage([broken(V1, 4), busy('30'), rest(V1)], { throttleGate: false });
    const { data } = await startDownload(stage.connection, '/x');
    const read = readAll(data);
    await stage.clock.advance(0);
    await stage.clock.advance(29_999);
    expect(stage.requests).toHaveLength(2);
    await stage.clock.advance(1);
    expect(String((await stage.ended(read)).bytes)).toBe('0123456789');
    const { error } = await downloaded([broken(V1, 4), busy('61'), rest(V1)]);
    expect(retryAfterOf(error)).toBe(61_000);
  });

  it.each<[string, Step]>([
    ['nobody says how long', { status: 500 }],
    ['the service says at once', { status: 503, headers: { 'retry-after': '0' } }],
  ])('backs off where %s', async (_, failed) => {
    const stage = scriptedStage([broken(V1, 4), failed, rest(V1)], { random: () => 0.5 });
    const { data } = await startDownload(stage.connection, '/x');
    const read = readAll(data);
    await stage.clock.advance(99);
    expect(stage.requests).toHaveLength(1);
    await stage.clock.advance(1);
    await stage.clock.advance(199);
    expect(stage.requests).toHaveLength(2);
    await stage.clock.advance(1);
    expect(String((await stage.ended(read)).bytes)).toBe('0123456789');
  });

  it('ends while it waits, where its caller gives up', async () => {
    const stage = scriptedStage([broken(V1, 4), { status: 500 }], { random: () => 0.5 });
    const controller = new AbortController();
    const { data } = await startDownload(stage.connection, '/x', { signal: controller.signal });
    const read = readAll(data);
    await stage.clock.settle();
    const mine = new Error('the user has left');
    controller.abort(mine);
    expect((await read).error).toMatchObject({ code: 'ERR_CANCELED', cause: mine });
    await stage.clock.settle();
    expect(stage.clock.pendingRef).toBe(0);
    await stage.clock.advance(60_000);
    expect(stage.requests).toHaveLength(1);
  });
});

function partWith(headers: Readonly<Record<string, string>>): Step {
  return ({ headers: asked }) => {
    const answer = served(V1, asked);
    const data = brokenOff(answer.body, answer.body.length);
    return { status: 206, headers: { ...answer.headers, ...headers }, data };
  };
}
