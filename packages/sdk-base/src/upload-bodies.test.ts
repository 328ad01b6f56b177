import { CircuitOpenError } from '@holdfast/client';
import { Readable } from 'node:stream';
import { scriptedStage, transferStage } from './made-transfer-client.js';
import { startUploadService } from './made-upload-service.js';
import type { TransferProgress } from './transfer-progress.js';
import { startUpload, type UploadBody } from './upload.js';

async function* generated(): AsyncGenerator<string> {
  yield* ['id,amount\n', '7,12\n'];
}

describe.each(['http', 'fetch'])('an upload (%s adapter)', (adapter) => {
  it.each<[string, () => UploadBody]>([
    ['stream', () => once(Readable.from(['id,amount\n']))],
    ['stream of the web', () => once(new Blob(['id,amount\n']).stream())],
    ['generator', () => once(generated())],
  ])('whose function makes the same %s again is not sent again, empty', async (_, body) => {
    await using service = await startUploadService([503, 201]);
    const { connection, ended } = transferStage({
      baseURL: service.baseURL,
      retry: {},
      axios: { adapter },
    });
    await expect(ended(startUpload(connection, '/r', body()))).rejects.toMatchObject({ status: 503 });
    expect(service.received).toHaveLength(1);
  });

  it('of a source that is no stream, and can be read again, is sent again', async () => {
    await using service = await startUploadService([503, 201]);
    const { connection, ended } = transferStage({ baseURL: service.baseURL, retry: {}, axios: { adapter } });
    const source = { [Symbol.asyncIterator]: generated };
    await ended(startUpload(connection, '/r', () => source));
    expect(service.received.map(({ body }) => body)).toEqual(['id,amount\n7,12\n', 'id,amount\n7,12\n']);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['a list', [1, 2]],
    ['a form', new FormData()],
  ])('whose function makes %s is not sent', async (_, made) => {
    await using service = await startUploadService([]);
    const { connection, ended } = transferStage({ baseURL: service.baseURL, axios: { adapter } });
    const call = ended(startUpload(connection, '/r', (() => made) as never));
    await expect(call).rejects.toMatchObject({
      cause: { message: expect.stringMatching(/the body must be/) },
    });
    expect(service.received).toHaveLength(0);
  });

  it('of a stream that breaks off ends with the reason, and blames no service', async () => {
    await using service = await startUploadService([]);
    const { connection, ended } = transferStage({
      baseURL: service.baseURL,
      circuitBreaker: { minimumAttempts: 2, failureRatio: 0.1 },
      axios: { adapter },
    });
    const disk = Object.assign(new Error('the disk is gone'), { code: 'EIO' });
    for (let turn = 0; turn < 5; turn += 1) {
      const body = async function* () {
        yield 'id,';
        throw disk;
      };
      const error: unknown = await ended(startUpload(connection, '/r', body())).catch((one: unknown) => one);
      expect(error).not.toBeInstanceOf(CircuitOpenError);
      expect(error).toMatchObject({ isAxiosError: true, code: 'ERR_BAD_REQUEST', cause: disk });
    }
  });
});

describe('an upload', () => {
  it('of a Blob has the type of that', async () => {
    const { connection, requests } = scriptedStage([{ status: 201 }]);
    await startUpload(connection, '/r', new Blob(['7,12'], { type: 'text/csv' }));
    expect(requests[0]?.headers['content-type']).toBe('text/csv');
  });

  it('of a stream of the web that somebody else holds is refused', async () => {
    const { connection, requests } = scriptedStage([]);
    const body = new Blob(['x']).stream();
    body.getReader();
    await expect(startUpload(connection, '/r', body)).rejects.toThrow(/is being read already/);
    expect(requests).toHaveLength(0);
  });

  it('that stands still for as long as it may ends', async () => {
    const stage = scriptedStage(() => 'hang', { attemptTimeoutMs: false });
    const body = new Readable({ read: () => undefined });
    const call = startUpload(stage.connection, '/r', body, { stallMs: 1_000 });
    const ended = expect(call).rejects.toMatchObject({ code: 'ERR_ATTEMPT_TIMEOUT', timeoutMs: 1_000 });
    await stage.clock.advance(1_000);
    await ended;
  });
});

describe('the stream of an upload', () => {
  it('that fails before it is sent ends the upload at once', async () => {
    const stage = scriptedStage(() => 'hang', {
      scopes: 'api://files/.default',
      credential: { getToken: () => new Promise(() => undefined) },
    });
    const body = new Readable({ read: () => undefined });
    const call = startUpload(stage.connection, '/r', body);
    const disk = Object.assign(new Error('the disk is gone'), { code: 'EIO' });
    const failed = expect(call).rejects.toMatchObject({ code: 'ERR_BAD_REQUEST', cause: disk });
    await stage.clock.settle();
    body.destroy(disk);
    await failed;
    expect(stage.requests).toHaveLength(0);
  });

  it.each<[string, () => AsyncIterable<never>]>([
    ['a stream', () => Readable.from([{ id: 7 }]) as AsyncIterable<never>],
    [
      'a generator',
      () => Readable.from([{ id: 7 }], { highWaterMark: 1 }).iterator() as AsyncIterable<never>,
    ],
  ])('of objects, as %s, ends the upload, and not the process', async (_, body) => {
    await using service = await startUploadService([]);
    const { connection } = transferStage({ baseURL: service.baseURL });
    await expect(startUpload(connection, '/r', body())).rejects.toMatchObject({
      code: 'ERR_BAD_REQUEST',
      cause: { name: 'TypeError' },
    });
  });

  it('is left as it was where the upload is refused', async () => {
    const { connection } = scriptedStage([]);
    const body = Readable.from(['x']);
    await expect(startUpload(connection, '/r', body, { range: { start: 1 } })).rejects.toThrow(
      /"range" needs/,
    );
    await new Promise(setImmediate);
    expect([Readable.isDisturbed(body), body.destroyed]).toEqual([false, false]);
  });

  it('is sent by one upload alone', async () => {
    const { connection, requests } = scriptedStage([{ status: 201 }]);
    const body = generated();
    await startUpload(connection, '/r', body);
    await expect(startUpload(connection, '/r', body)).rejects.toThrow(/is being read already/);
    expect(requests).toHaveLength(1);
  });

  it('tells nobody any more when the caller gives up', async () => {
    const stage = scriptedStage(() => 'hang');
    const controller = new AbortController();
    const body = new Readable({ read: () => undefined });
    const call = startUpload(stage.connection, '/r', body, { signal: controller.signal });
    const mine = new Error('the user has left');
    const failed = expect(call).rejects.toMatchObject({ code: 'ERR_CANCELED', cause: mine });
    await stage.clock.settle();
    controller.abort(mine);
    await failed;
    await stage.clock.settle();
    expect(body.destroyed).toBe(true);
  });
});

describe('the progress of an upload', () => {
  it('is awaited, and what it rejects with ends the upload', async () => {
    await using service = await startUploadService([]);
    const { connection } = transferStage({ baseURL: service.baseURL });
    const told: TransferProgress[] = [];
    const mine = new Error('no more');
    const onProgress = async (progress: TransferProgress) => {
      await new Promise(setImmediate);
      if (told.push(progress) > 1) throw mine;
    };
    const call = startUpload(connection, '/r', generated(), { onProgress });
    await expect(call).rejects.toMatchObject({ code: 'ERR_BAD_REQUEST', cause: mine });
    expect(told.map(({ transferred }) => transferred)).toEqual([10, 15]);
    expect(service.received).toHaveLength(0);
  });
});

function once<T>(body: T): () => T {
  return () => body;
}
