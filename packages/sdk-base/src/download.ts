import {
  LIMIT_ALLOWED,
  LinkedSignal,
  accepted,
  cancellationOf,
  count,
  headerOf,
  isLimit,
  onCancel,
  readOptions,
} from '@holdfast/core';
import type { AxiosResponse } from 'axios';
import { AsyncResource } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { mergedHeaders } from './call-options-headers.js';
import { requestOf } from './call-options-request.js';
import type { CallOptions } from './call-options.js';
import type { SdkConnection } from './connection.js';
import type { ByteRange } from './download-range.js';
import { DownloadSource } from './download-source.js';
import { DownloadStream } from './download-stream.js';
import { send } from './send.js';
import type { OnProgress } from './transfer-progress.js';

/** Options of {@link ServiceHttp.download}, beside those of any call. A deadline counts up to the headers, of each answer anew. */
export interface DownloadOptions extends CallOptions {
  /** The bytes to get. Default: all of them. A service that sends others is not believed: `ERR_DOWNLOAD_RANGE`. */
  readonly range?: ByteRange;
  /**
   * How many times the rest is asked for after a break without a byte in between; 0 for never. Default: 3. With 0, a broken connection
   * ends the download; too many, and its reader waits for long before he hears of an outage.
   */
  readonly resumes?: number;
  /**
   * Milliseconds for which it may stand still while somebody reads, or `false`. Default: the client's. Too short, and a service that
   * pauses is asked for the rest again and again; too long, and a dead connection holds its reader. Needs `attemptTimeout()`.
   */
  readonly stallMs?: number | false;
  /** Is told of each piece. Default: nobody. It is awaited: a slow one slows the download down, and what it throws ends it. */
  readonly onProgress?: OnProgress;
}

const CALLER = 'http.download';

const schemas = {
  range: accepted<ByteRange | undefined>(
    isRange,
    'an object with the whole numbers "start" and, not below it, "end"',
    undefined,
  ),
  resumes: count(3),
  stallMs: accepted<number | false | undefined>(isLimit, LIMIT_ALLOWED, undefined),
  onProgress: accepted<OnProgress | undefined>(
    (value) => typeof value === 'function',
    'a function',
    undefined,
  ),
};

/**
 * A content on its way. Read it, by `stream`, `for await` or `saveTo()`, or destroy its `stream`: as long as nobody does either, it
 * holds a connection.
 *
 * Where the connection breaks off, the rest is asked for: by `Range`, where the service had said that it takes that, and by `If-Range`,
 * so that it is of the same content (RFC 9110, sections 13.1.5 and 14). What cannot go on ends the stream with the last error, a
 * `DownloadError` mostly.
 */
export class Download implements AsyncIterable<Buffer> {
  /** The bytes, as they come. Read no further ahead than they are asked for. */
  readonly stream: Readable;
  readonly #source: DownloadSource;

  constructor(source: DownloadSource, stream: Readable) {
    this.#source = source;
    this.stream = stream;
  }

  /** Bytes in all, of the range that was asked for; `undefined` where the service does not say, or sends them packed. */
  get size(): number | undefined {
    return this.#source.size;
  }

  /** The media type, with its parameters, as the service says it. */
  get contentType(): string | undefined {
    return headerOf(this.#source.headers, 'content-type');
  }

  /** The entity tag, as `ifMatch` takes it. */
  get etag(): string | undefined {
    return headerOf(this.#source.headers, 'etag');
  }

  /** The answer that the bytes come from: the last, where there were several. Its `data` is taken. */
  get response(): AxiosResponse {
    return this.#source.answer.response;
  }

  [Symbol.asyncIterator](): AsyncIterator<Buffer> {
    return this.stream[Symbol.asyncIterator]();
  }

  /**
   * Writes it to a file that is there only when all of it has come: before that, what came stands beside it.
   *
   * @throws {TypeError} where somebody has read of it already.
   */
  async saveTo(file: string): Promise<void> {
    const { errored } = this.stream;
    if (errored !== null) throw errored;
    if (Readable.isDisturbed(this.stream))
      throw new TypeError(
        'saveTo(): somebody has read of this download already, so its beginning would be missing',
      );
    const part = `${file}.${randomUUID()}.part`;
    try {
      await pipeline(this.stream, createWriteStream(part, { flags: 'wx', flush: true }));
      await rename(part, file);
    } catch (error) {
      // What cannot be cleared away either is not what has gone wrong.
      await rm(part, { force: true }).catch(() => undefined);
      throw error;
    }
  }
}

/**
 * Asks for a content as a stream; settles with its headers. It goes on through the whole pipeline of the client where the connection
 * breaks off, as the user for whom it began.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export async function startDownload(
  connection: SdkConnection,
  path: string,
  options: DownloadOptions = {},
): Promise<{ readonly data: Download; readonly response: AxiosResponse }> {
  const { range, resumes, stallMs, onProgress, ...own } = options;
  const read = readOptions(CALLER, schemas, { range, resumes, stallMs, onProgress });
  refuseOwnRange(own.headers);
  const { pipeline: interceptors } = connection;
  interceptors.refuseUnread(CALLER, { stallMs });
  const { headers, holdfast, signal: given, ...request } = requestOf(CALLER, connection, own);
  const signal = new LinkedSignal(given);
  const source = await DownloadSource.open({
    request: {
      ...request,
      method: 'get',
      url: path,
      responseType: 'stream',
      // Of packed bytes nobody knows which is the last that has come; and unpacked by axios they would not say that they were.
      headers: mergedHeaders({ 'Accept-Encoding': 'identity' }, headers as Record<string, string>),
      decompress: false,
      ...((holdfast ?? stallMs !== undefined) && {
        holdfast: { ...holdfast, ...(stallMs !== undefined && { stallMs }) },
      }),
    },
    // What asks for the rest later is whoever reads: it is to go as the user, and by the deadline, of whoever has begun it.
    send: AsyncResource.bind((config) => send(connection, config)),
    range: read.range,
    resumes: read.resumes,
    signal,
    clock: interceptors.clock,
    random: interceptors.random,
  });
  const stream = new DownloadStream(source, read.onProgress);
  endBy(signal, stream);
  return { data: new Download(source, stream), response: source.answer.response };
}

/** Also while nobody reads, and after the last byte has come but before it is read. */
function endBy(signal: LinkedSignal, stream: Readable): void {
  const off = onCancel({ signal }, () => {
    // Who has given it up, and does not read, is no reason to bring the process down.
    stream.on('error', () => undefined);
    stream.destroy(cancellationOf({ signal }) as Error);
  });
  stream.once('close', () => {
    off();
    signal.release();
  });
}

function refuseOwnRange(headers: CallOptions['headers']): void {
  const name = Object.keys(headers ?? {}).find((one) => /^(?:if-)?range$/i.test(one));
  if (name !== undefined)
    throw new TypeError(`${CALLER}(): instead of the header "${name}" there is the option "range"`);
}

function isRange(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { start, end = start, ...others } = value as Partial<ByteRange>;
  return (
    Object.keys(others).length === 0 &&
    typeof start === 'number' &&
    typeof end === 'number' &&
    Number.isSafeInteger(start) &&
    Number.isSafeInteger(end) &&
    start >= 0 &&
    start <= end
  );
}
