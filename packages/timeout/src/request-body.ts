import { Readable, Transform, type TransformCallback, type Writable } from 'node:stream';

/** Who waits for a request body to be sent. */
export interface UploadWatch {
  /** A piece of it has been taken. */
  moved(): void;
  /** The last piece has been taken. */
  sent(): void;
  /** Where the pieces go: the http adapter takes them all at once, to be able to follow a redirect. */
  into(outlet: Outlet): void;
}

/** Node's request, as far as it tells how much of what it was given waits for the connection. */
export interface Outlet {
  readonly writableLength?: number;
  /** Where redirects are followed, the request at work. */
  readonly _currentRequest?: Writable | null;
}

const PIECE_BYTES = 2 ** 16;

/** A stream of Node, as far as it takes to send it. */
export interface NodeStream {
  pipe(destination: NodeJS.WritableStream): unknown;
  on(event: string, listener: (error: Error) => void): unknown;
}

export function isNodeStream(body: unknown): body is NodeStream {
  return typeof body === 'object' && body !== null && 'pipe' in body && typeof body.pipe === 'function';
}

/** The same bytes, by a stream that tells how they go. */
export function watchedNodeStream(body: NodeStream, watch: UploadWatch): NodeStream {
  // axios asks a `form-data` for its headers. It is a stream of the old kind: listening to it sets nothing going.
  if ('getHeaders' in body) {
    body.on('data', () => {
      watch.moved();
    });
    body.on('end', () => {
      watch.sent();
    });
    return body;
  }
  const stream = new WatchedUpload(watch);
  body.on('error', (error) => stream.destroy(error));
  // A body that breaks off is a cancelled request: so axios has it, and it must see the same.
  body.on('close', () => {
    if (!stream.writableEnded) stream.destroy();
  });
  body.pipe(stream);
  return stream;
}

/** Hands on piece by piece, each when the one before has left: else a slow connection would not be seen to move. */
class WatchedUpload extends Transform {
  readonly #watch: UploadWatch;
  #outlet: Outlet | undefined = undefined;
  #whenRead: (() => void) | undefined = undefined;

  constructor(watch: UploadWatch) {
    super();
    this.#watch = watch;
  }

  override _transform(chunk: Uint8Array, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#hand(chunk, done);
  }

  override _flush(done: TransformCallback): void {
    this.#watch.sent();
    done();
  }

  override _read(size: number): void {
    const handOn = this.#whenRead;
    this.#whenRead = undefined;
    if (handOn === undefined) super._read(size);
    else handOn();
  }

  override pipe<T extends NodeJS.WritableStream>(destination: T, options?: { end?: boolean }): T {
    this.#goInto(destination);
    return super.pipe(destination, options);
  }

  #goInto(destination: NodeJS.WritableStream): void {
    this.#outlet = destination as Outlet;
    this.#watch.into(this.#outlet);
    if (!(destination instanceof Transform)) return;
    // In between axios counts what it sends, for who asked for its progress.
    const pipe = destination.pipe.bind(destination);
    destination.pipe = (next, options) => {
      this.#goInto(next);
      return pipe(next, options);
    };
  }

  #hand(chunk: Uint8Array, done: TransformCallback): void {
    const request = this.#outlet?._currentRequest;
    if (request?.writableNeedDrain === true) {
      this.#whenDrained(request, () => {
        this.#hand(chunk, done);
      });
      return;
    }
    this.#watch.moved();
    if (chunk.byteLength <= PIECE_BYTES) {
      done(null, chunk);
      return;
    }
    this.#whenRead = () => {
      this.#hand(chunk.subarray(PIECE_BYTES), done);
    };
    this.push(chunk.subarray(0, PIECE_BYTES));
  }

  /** What follows redirects takes all it is given; the request behind it says when it has enough. */
  #whenDrained(request: Writable, handOn: () => void): void {
    const once = () => {
      request.off('drain', once).off('close', once);
      handOn();
    };
    request.on('drain', once).on('close', once);
  }
}

export function watchedWebStream(body: ReadableStream<unknown>, watch: UploadWatch): ReadableStream<unknown> {
  const reader = body.getReader();
  return new ReadableStream<unknown>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) {
          watch.sent();
          controller.close();
        } else {
          watch.moved();
          controller.enqueue(value);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** Both adapters ask a Blob for its length, and then for its stream. */
export function watchedBlob(body: Blob, watch: UploadWatch): Blob {
  return new WatchedBlob(body, watch);
}

/** The same entries in the same order, the files among them under watch. */
export function watchedForm(form: FormData, watch: UploadWatch): FormData {
  const again = new FormData();
  let files = 0;
  const oneOfThem: UploadWatch = {
    moved: () => {
      watch.moved();
    },
    sent: () => {
      files -= 1;
      if (files === 0) watch.sent();
    },
    into: () => undefined,
  };
  for (const [name, value] of form) {
    if (typeof value === 'string') again.append(name, value);
    else {
      files += 1;
      // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- it is a File, by what it extends
      again.append(name, new WatchedFile(value, oneOfThem));
    }
  }
  if (files === 0) watch.sent();
  return again;
}

/** Bytes at hand, piece by piece. */
export function watchedBytes(bytes: Uint8Array, watch: UploadWatch): NodeStream {
  return watchedNodeStream(Readable.from(piecesOf(bytes), { objectMode: false }), watch);
}

function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

class WatchedBlob extends Blob {
  readonly #watch: UploadWatch;

  constructor(body: Blob, watch: UploadWatch) {
    super([body], { type: body.type });
    this.#watch = watch;
  }

  override stream(): ReturnType<Blob['stream']> {
    return streamOf(this, this.#watch);
  }
}

class WatchedFile extends File {
  readonly #watch: UploadWatch;

  constructor(body: File, watch: UploadWatch) {
    super([body], body.name, { type: body.type, lastModified: body.lastModified });
    this.#watch = watch;
  }

  override stream(): ReturnType<Blob['stream']> {
    return streamOf(this, this.#watch);
  }
}

function streamOf(body: Blob, watch: UploadWatch): ReturnType<Blob['stream']> {
  let at = 0;
  return new ReadableStream(
    {
      async pull(controller) {
        if (at >= body.size) {
          watch.sent();
          controller.close();
          return;
        }
        watch.moved();
        const piece = body.slice(at, at + PIECE_BYTES);
        at += PIECE_BYTES;
        controller.enqueue(new Uint8Array(await piece.arrayBuffer()));
      },
    },
    { highWaterMark: 0 },
  );
}
