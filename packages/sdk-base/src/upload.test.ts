import { Readable } from 'node:stream';
import { transferStage, scriptedStage } from './made-transfer-client.js';
import { startUploadService, type Received } from './made-upload-service.js';
import type { TransferProgress } from './transfer-progress.js';
import { startUpload, type UploadBody, type UploadOptions } from './upload.js';

describe.each(['http', 'fetch'])('an upload (%s adapter)', (adapter) => {
  const TEXT = 'id,amount\n7,12\n';

  it.each<[string, () => UploadBody, string | undefined]>([
    ['a text', () => TEXT, '15'],
    ['bytes', () => Buffer.from(TEXT), '15'],
    ['a Blob', () => new Blob([TEXT]), '15'],
    ['a stream', () => Readable.from([Buffer.from(TEXT)]), undefined],
    ['a stream of the web', () => new Blob([TEXT]).stream(), undefined],
    ['what a function makes', () => () => Readable.from([TEXT]), undefined],
  ])('of %s arrives whole, with its length where that is known', async (_, body, length) => {
    await using service = await startUploadService([]);
    const { connection, ended } = transferStage({ baseURL: service.baseURL, axios: { adapter } });
    const { data } = await ended(startUpload(connection, '/r', body()));
    expect(data).toEqual({ id: 7 });
    const [{ method, headers, body: got } = {} as Received] = service.received;
    expect([method, got, headers['content-type']]).toEqual(['PUT', TEXT, 'application/octet-stream']);
    expect(headers['content-length']).toBe(length);
  });

  it('of what a function makes is sent again, anew, and so is its progress', async () => {
    await using service = await startUploadService([503, 201]);
    const { connection, ended } = transferStage({
      baseURL: service.baseURL,
      retry: {},
      axios: { adapter },
    });
    const told: TransferProgress[] = [];
    const body = () => Readable.from(['id,amount\n', '7,12\n']);
    const onProgress = (progress: TransferProgress) => void told.push(progress);
    await ended(startUpload(connection, '/r', body, { onProgress, contentLength: 15 }));
    expect(service.received.map((one) => one.body)).toEqual([TEXT, TEXT]);
    expect(service.received.map(({ headers }) => headers['content-length'])).toEqual(['15', '15']);
    expect(told).toEqual(
      [1, 2].flatMap((attempt) => [10, 15].map((transferred) => ({ transferred, total: 15, attempt }))),
    );
  });

  it('of a stream is sent once, whatever becomes of it', async () => {
    await using service = await startUploadService([503, 201]);
    const { connection, ended } = transferStage({
      baseURL: service.baseURL,
      retry: {},
      axios: { adapter },
    });
    const call = ended(startUpload(connection, '/r', Readable.from([TEXT])));
    await expect(call).rejects.toMatchObject({ status: 503 });
    expect(service.received).toHaveLength(1);
  });

  it.each(['abc', 'abcdefg'])('whose body %j is not as long as it says is broken off', async (text) => {
    await using service = await startUploadService([]);
    const { connection, ended } = transferStage({ baseURL: service.baseURL, axios: { adapter } });
    const call = ended(startUpload(connection, '/r', () => Readable.from([text]), { contentLength: 5 }));
    await expect(call).rejects.toMatchObject({ cause: { name: 'RangeError' } });
    expect(service.received).toHaveLength(0);
  });
});

describe('an upload', () => {
  it('has no deadline but the one that its caller gives', async () => {
    const stage = scriptedStage(() => 'hang', { deadlineMs: 30_000, attemptTimeoutMs: false });
    let hasEnded = false;
    const long = startUpload(stage.connection, '/r', 'x').finally(() => (hasEnded = true));
    const short = startUpload(stage.connection, '/r', 'x', { deadlineMs: 5_000 });
    const over = expect(short).rejects.toMatchObject({ code: 'ERR_DEADLINE_EXCEEDED', deadlineMs: 5_000 });
    await stage.clock.advance(3_600_000);
    await over;
    expect(hasEnded).toBe(false);
    long.catch(() => undefined);
  });

  it('of a part says where in the whole it belongs', async () => {
    const { connection, requests } = scriptedStage([{ status: 200 }, { status: 200 }]);
    const contentType = 'text/csv';
    await startUpload(connection, '/r', 'abcd', {
      range: { start: 4, total: 10 },
      contentType,
      method: 'POST',
    });
    await startUpload(connection, '/r', 'abcd', { range: { start: 8 } });
    expect(requests.map(({ headers }) => headers['content-range'])).toEqual(['bytes 4-7/10', 'bytes 8-11/*']);
    expect([requests[0]!.method, requests[0]!.headers['content-type']]).toEqual(['post', contentType]);
  });

  it.each<[UploadBody, UploadOptions, RegExp]>([
    ['x', { method: 'GET' as never }, /"method" must be "PUT", "POST" or "PATCH"/],
    ['x', { contentLength: 2 }, /"contentLength" is not the length of the body/],
    ['x', { contentLength: -1 }, /"contentLength" must be/],
    ['x', { contentType: 'a\r\nb' }, /"contentType" must be/],
    ['x', { range: { start: 1, total: 1 } }, /"range" must be/],
    ['x', { range: { start: 1, length: 1 } as never }, /"range" must be/],
    ['x', { headers: { 'content-type': 'text/csv' } }, /"content-type" there is the option "contentType"/],
    ['x', { headers: { 'Content-Length': '7' } }, /"Content-Length" there is the option "contentLength"/],
    ['x', { headers: { 'Content-Range': 'x' } }, /"Content-Range" there is the option "range"/],
    ['xx', { range: { start: 1, total: 2 } }, /longer than the option "range" says/],
    [Readable.from(['x']), { range: { start: 1 } }, /"range" needs a body of a known length/],
    ['x', { stallMs: 0 }, /"stallMs" must be/],
    [7 as never, {}, /the body must be/],
    [new FormData() as never, {}, /the body must be/],
  ])('of %p with %j is refused, and nothing is sent', async (body, options, message) => {
    const { connection, requests } = scriptedStage([]);
    const error: unknown = await startUpload(connection, '/r', body, options).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(message);
    expect(requests).toHaveLength(0);
  });

  it('of a stream that somebody has read from is refused', async () => {
    const { connection } = scriptedStage([]);
    const body = Readable.from(['x', 'y']);
    await body[Symbol.asyncIterator]().next();
    await expect(startUpload(connection, '/r', body)).rejects.toThrow(/is being read already/);
  });

  it('that is never sent closes its stream', async () => {
    const stage = scriptedStage([{ error: 'ECONNREFUSED' }]);
    const body = new Readable({ read: () => undefined });
    await expect(startUpload(stage.connection, '/r', body)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await stage.clock.settle();
    expect(body.destroyed).toBe(true);
  });
});
