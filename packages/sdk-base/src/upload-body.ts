import { Readable, Transform, finished, pipeline, type TransformCallback } from 'node:stream';
import type { OnProgress } from './transfer-progress.js';

/** What can be sent as the body of an upload. */
export type UploadContent =
  AsyncIterable<Uint8Array | string> | ReadableStream | Blob | ArrayBuffer | Uint8Array | string;

/** Bytes in which a body at hand is handed on: one that moves is seen to. */
const PIECE_BYTES = 2 ** 16;

/** One sending of a body. */
export interface SentPart {
  /** The bytes that it is to have, where that is known. */
  readonly length: number | undefined;
  /** Which send this is, from 1. */
  readonly attempt: number;
  readonly onProgress: OnProgress | undefined;
  /** Is told why the body itself cannot go on. Of what goes wrong with the connection it hears nothing. */
  readonly broke?: (error: unknown) => void;
}

/** A body as a stream, counted. Destroyed, so is what it reads from. */
export function countedBody(content: UploadContent, part: SentPart): Readable {
  const body = new CountedBody(part);
  const source = streamOf(content);
  // Before the pipeline, which destroys each of the two with what is wrong with the other.
  finished(source, { writable: false }, (error) => {
    if (error && !body.destroyed) part.broke?.(error);
  });
  // What it reads from, and what reads it, tell of what goes wrong; both are destroyed by then.
  pipeline(source, body, () => undefined);
  return body;
}

/** The bytes of a body at hand; `undefined` of a stream. */
export function lengthOf(content: unknown): number | undefined {
  if (typeof content === 'string') return Buffer.byteLength(content);
  if (content instanceof Blob) return content.size;
  return content instanceof ArrayBuffer || content instanceof Uint8Array ? content.byteLength : undefined;
}

/** Whether this is a stream: gone after it was sent once. */
export function isStream(content: unknown): content is AsyncIterable<Uint8Array | string> | ReadableStream {
  return (
    content instanceof ReadableStream ||
    (typeof content === 'object' && content !== null && Symbol.asyncIterator in content)
  );
}

/** Those that do not show that somebody has read them. */
const spent = new WeakSet();

/**
 * Notes that this is sent now.
 *
 * @throws {TypeError} for what is no body, and for a stream that somebody has read, or sent, already: it would arrive without its
 * beginning, or empty, and the service's answer to that would look like a success.
 */
export function spend(content: unknown, caller: string): void {
  if (!isStream(content)) {
    if (lengthOf(content) !== undefined) return;
    throw new TypeError(`${caller}(): the body must be bytes, a text, a Blob, a stream, or a function`);
  }
  const isLocked = content instanceof ReadableStream && content.locked;
  if (isLocked || spent.has(content) || Readable.isDisturbed(content as Readable))
    throw new TypeError(`${caller}(): the stream is being read already`);
  // Another object can be asked for its pieces as often as one likes.
  if ('next' in content || 'pipe' in content) spent.add(content);
}

function streamOf(content: UploadContent): Readable {
  if (content instanceof Readable) return content;
  if (content instanceof ReadableStream) return Readable.fromWeb(content);
  if (content instanceof Blob) return Readable.fromWeb(content.stream());
  if (isStream(content)) return Readable.from(content, { objectMode: false });
  return Readable.from(piecesOf(bytesOf(content)), { objectMode: false });
}

function bytesOf(content: ArrayBuffer | Uint8Array | string): Uint8Array {
  if (typeof content === 'string') return Buffer.from(content);
  return content instanceof Uint8Array ? content : new Uint8Array(content);
}

function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

class CountedBody extends Transform {
  readonly #part: SentPart;
  #bytes = 0;

  constructor(part: SentPart) {
    // A stream of objects may have anything in it; one that takes bytes alone throws where nobody can catch it.
    super({ writableObjectMode: true, writableHighWaterMark: 1 });
    this.#part = part;
  }

  override _transform(piece: unknown, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#moved(piece).then(
      (bytes) => {
        done(null, bytes);
      },
      (error: unknown) => {
        this.#fail(error, done);
      },
    );
  }

  override _flush(done: TransformCallback): void {
    if (this.#bytes < (this.#part.length ?? 0)) this.#fail(this.#wrongLength('fewer'), done);
    else done();
  }

  async #moved(piece: unknown): Promise<Uint8Array> {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    if (!(bytes instanceof Uint8Array)) throw new TypeError('The pieces of a body must be bytes, or texts');
    const { length, attempt, onProgress } = this.#part;
    this.#bytes += bytes.byteLength;
    if (this.#bytes > (length ?? Infinity)) throw this.#wrongLength('more');
    await onProgress?.({ transferred: this.#bytes, total: length, attempt });
    return bytes;
  }

  #fail(error: unknown, done: TransformCallback): void {
    if (!this.destroyed) this.#part.broke?.(error);
    done(error as Error);
  }

  /** The service would wait for what does not come, or take what is left for the next request. */
  #wrongLength(than: string): RangeError {
    const { length = 0 } = this.#part;
    return new RangeError(`The body has ${than} than the ${length} bytes that "contentLength" says`);
  }
}
