import { Readable } from 'node:stream';

/** A long text that nobody but this call can have sent or been sent. */
export function contentOf(id: string, length: number): string {
  return `${id};`.repeat(Math.ceil(length / (id.length + 1))).slice(0, length);
}

const PIECE = 16_384;

/** The same as a stream, made anew for each send. */
export function streamOf(id: string, length: number): Readable {
  const content = contentOf(id, length);
  return Readable.from(
    (function* pieces() {
      for (let start = 0; start < length; start += PIECE)
        yield Buffer.from(content.slice(start, start + PIECE));
    })(),
  );
}

export const DOWNLOAD_LENGTH = 100_000;
export const UPLOAD_LENGTH = 80_000;
/** Of a list. */
export const PAGES = 3;
