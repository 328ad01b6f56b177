import { Readable, finished, type Transform } from 'node:stream';
import { createBrotliDecompress, createUnzip } from 'node:zlib';

/** The pieces of a body, whatever an adapter has made of it. */
export async function* piecesOf(body: unknown, encoding: string | undefined): AsyncGenerator<Buffer> {
  const source = encoding === undefined ? body : unpacked(body, encoding);
  if (source === undefined || source === null) return;
  if (source instanceof Blob) yield Buffer.from(await source.arrayBuffer());
  else if (!isPieces(source)) yield bufferOf(source);
  else for await (const piece of source) yield bufferOf(piece);
}

function isPieces(body: unknown): body is AsyncIterable<unknown> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

/** fetch unpacks by itself. axios's http adapter would as well, and then not say any more that it was packed. */
function unpacked(body: unknown, encoding: string): unknown {
  if (!(body instanceof Readable)) return body;
  if (encoding === 'br') return through(body, createBrotliDecompress());
  if (/^(?:x-)?gzip$|^deflate$/.test(encoding)) return through(body, createUnzip());
  return body;
}

/** Not by `pipeline()`: with those of axios and of the time limits it has Node warn of a leak of listeners. */
function through(body: Readable, unpack: Transform): Readable {
  // Also where it ends early and says nothing of it.
  finished(body, { writable: false }, (error) => {
    if (error) unpack.destroy(error);
  });
  unpack.once('close', () => body.destroy());
  return body.pipe(unpack);
}

function bufferOf(piece: unknown): Buffer {
  if (piece instanceof Uint8Array) return Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  if (piece instanceof ArrayBuffer) return Buffer.from(piece);
  if (typeof piece === 'string') return Buffer.from(piece);
  throw new TypeError(
    'The body of the answer is neither a stream, nor bytes, nor a text: an adapter, or an axios interceptor, has parsed it',
  );
}
