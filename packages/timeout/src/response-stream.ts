import { Readable, Transform, pipeline, type TransformCallback } from 'node:stream';
import { cancellationOf, onCancel } from '@holdfast/core';
import type { InternalAxiosRequestConfig } from 'axios';

/** Who waits for the next bytes of a stream: told when its reader begins to, and when they have come. */
export interface ReaderWatch {
  begin(): void;
  end(): void;
  /** The reader has left before the end: what is still to come is to be cancelled. */
  leave(): void;
}

/** A response stream under watch. */
export interface WatchedStream {
  /** The same bytes, read no further ahead than they are asked for: a reader who is slow himself waits for nothing. */
  readonly stream: unknown;
  /** Ends it with an error, for its reader. */
  fail(error: Error): void;
}

/** Watches the readers of a response stream; `undefined` for what is none. */
export function watched(
  body: unknown,
  config: InternalAxiosRequestConfig,
  watch: ReaderWatch,
): WatchedStream | undefined {
  if (body instanceof Readable) return watchedNodeStream(body, config, watch);
  if (body instanceof ReadableStream && !body.locked) return watchedWebStream(body, watch);
  return undefined;
}

class AskedFor extends Transform {
  readonly #watch: ReaderWatch;

  constructor(watch: ReaderWatch, objectMode: boolean) {
    // Without room for anything in it, it is asked for more only by somebody who waits for that.
    super({ objectMode, readableHighWaterMark: 0, writableHighWaterMark: 0 });
    this.#watch = watch;
  }

  override _read(size: number): void {
    this.#watch.begin();
    super._read(size);
  }

  override _transform(chunk: unknown, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#watch.end();
    done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    this.#watch.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#watch.end();
    done(error);
  }
}

function watchedNodeStream(
  body: Readable,
  config: InternalAxiosRequestConfig,
  watch: ReaderWatch,
): WatchedStream {
  const stream = pipeline(body, new AskedFor(watch, body.readableObjectMode), () => undefined);
  // Nobody need read it: a 401 while another token is asked for. Node's own messages end no process then, and neither does this.
  stream.on('error', () => undefined);
  // Once all bytes have arrived axios lets go of the signal, but the caller may not have read them yet.
  const off = onCancel(config, () => {
    stream.destroy(cancellationOf(config) as Error);
  });
  stream.once('close', off);
  return {
    stream,
    fail: (error) => {
      stream.destroy(error);
    },
  };
}

function watchedWebStream(body: ReadableStream<unknown>, watch: ReaderWatch): WatchedStream {
  const reader = body.getReader();
  let fail: (error: Error) => void = () => undefined;
  const stream = new ReadableStream<unknown>(
    {
      start(controller) {
        fail = (error) => {
          controller.error(error);
          reader.cancel(error).catch(() => undefined);
        };
      },
      async pull(controller) {
        watch.begin();
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } finally {
          watch.end();
        }
      },
      cancel: (reason) => {
        watch.end();
        // What axios puts around the body once there is a signal waits for the next bytes before it lets go.
        watch.leave();
        reader.cancel(reason).catch(() => undefined);
      },
    },
    { highWaterMark: 0 },
  );
  return {
    stream,
    fail: (error) => {
      fail(error);
    },
  };
}
