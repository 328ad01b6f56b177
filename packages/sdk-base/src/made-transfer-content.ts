import { Readable } from 'node:stream';

/** A content as a service has it. */
export interface ServedContent {
  readonly bytes: Buffer;
  readonly etag?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a service answers. */
export interface ServedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** As RFC 9110 has it, sections 13.1.5 and 14: a range of what is still the same, and else all of it. */
export function served(
  { bytes, etag, headers: own }: ServedContent,
  headers: Readonly<Record<string, string | undefined>>,
): ServedAnswer {
  const { range, 'if-range': ifRange } = headers;
  const common = { 'accept-ranges': 'bytes', ...(etag !== undefined && { etag }), ...own };
  const known = [etag, own?.['last-modified']];
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  if (from === undefined || (ifRange !== undefined && !known.includes(ifRange)))
    return { status: 200, headers: { ...common, 'content-length': String(bytes.length) }, body: bytes };
  const start = Number(from);
  const end = to === '' ? bytes.length : Math.min(bytes.length, Number(to) + 1);
  if (start >= end)
    return {
      status: 416,
      headers: { ...common, 'content-range': `bytes */${bytes.length}` },
      body: Buffer.of(),
    };
  const place = `bytes ${start}-${end - 1}/${bytes.length}`;
  const length = String(end - start);
  return {
    status: 206,
    headers: { ...common, 'content-range': place, 'content-length': length },
    body: bytes.subarray(start, end),
  };
}

/** How Node reports a connection that was reset. */
export function resetError(): Error {
  return Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
}

/** Turns of the event loop in which bytes that have come reach their reader: what breaks at once takes them with it. */
const TURNS = 8;

/** A body that has some bytes of the whole, and then ends, or breaks. */
export function brokenOff(body: Buffer, after: number, error?: Error): Readable {
  let isSent = false;
  return new Readable({
    read() {
      if (isSent || after === 0) breakIn(this, TURNS, error);
      else this.push(body.subarray(0, after));
      isSent = true;
    },
  });
}

function breakIn(stream: Readable, turns: number, error: Error | undefined): void {
  if (turns > 0) setImmediate(breakIn, stream, turns - 1, error);
  else if (error === undefined) stream.push(null);
  else stream.destroy(error);
}
