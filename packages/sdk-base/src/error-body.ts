import { callOf, currentCall, discard, orCanceled, type Clock } from '@holdfast/core';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { Readable } from 'node:stream';
import { types } from 'node:util';

/** In bytes, or characters of a text: what is longer is a page, and tells nobody what went wrong. */
const LONGEST_BODY = 65_536;

/** In milliseconds. Enough for a service that is slow; one that drips does not hold up the news that the call has failed. */
const LONGEST_READ_MS = 5_000;

/**
 * Has the body of a failed answer in memory, where it came as a stream or a `Blob`: then `response.data` is a text, or what
 * its JSON says, as axios has it of every other answer. At most 64 KiB are read, for at most 5 s, and until the caller gives up, or
 * the call's deadline is over; then the connection is let go of, and what has come is what there is. Never rejects.
 */
export async function readErrorBody(
  response: AxiosResponse,
  config: InternalAxiosRequestConfig | undefined,
  clock: Clock,
): Promise<void> {
  try {
    const stream = streamOf(response.data);
    // A stream of a kind that nobody knows how to read holds its socket all the same.
    if (stream === undefined) discard(response);
    else Reflect.set(response, 'data', axiosLike(await bytesOf(stream, config, clock)));
  } catch {
    // An adapter may answer with anything, read by somebody else already, say: the status is known without it.
  }
}

function streamOf(data: unknown): Readable | undefined {
  if (data instanceof Blob) return streamOf(data.stream());
  if (data instanceof ReadableStream) return Readable.fromWeb(data);
  return isReadable(data) ? data : undefined;
}

/** Those of the package `readable-stream` as well. */
function isReadable(data: unknown): data is Readable {
  return typeof data === 'object' && data !== null && 'pipe' in data && Symbol.asyncIterator in data;
}

async function bytesOf(
  stream: Readable,
  config: InternalAxiosRequestConfig | undefined,
  clock: Clock,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  // It may fail once more when nobody reads it any longer.
  stream.on('error', () => undefined);
  // Broken off, by the service or by the caller: what has come is what there is.
  const reading = withinLimit(collect(stream, chunks), limitOf(config, clock), clock);
  await orCanceled(reading, config ?? {}).catch(() => undefined);
  stream.destroy();
  return Buffer.concat(chunks).subarray(0, LONGEST_BODY);
}

async function collect(stream: Readable, chunks: Buffer[]): Promise<void> {
  let length = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk as Uint8Array);
    chunks.push(bytes);
    length += bytes.length;
    if (length > LONGEST_BODY) break;
  }
}

/** The call is over for the pipeline, and its deadline with it, but not for whoever waits. */
function limitOf(config: InternalAxiosRequestConfig | undefined, clock: Clock): number {
  if (config === undefined || callOf({ config }) === undefined) return LONGEST_READ_MS;
  return Math.min(LONGEST_READ_MS, Math.max(0, currentCall(config).deadlineAt - clock.now()));
}

/** Not by way of the stream's own end: one that is destroyed need not say so. */
function withinLimit(reading: Promise<void>, limitMs: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(resolve, limitMs);
    const end = () => {
      timer.cancel();
      resolve();
    };
    reading.then(end, end);
  });
}

function axiosLike(bytes: Buffer): unknown {
  const text = new TextDecoder().decode(bytes);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * What the JSON in a body says, as a copy: of one that is parsed, a text, or bytes (`responseType: 'arraybuffer'`).
 * `undefined` for a body that holds none.
 *
 * @throws {Error} for a text that is no JSON, and for what cannot be looked at, leads back to itself or is too long.
 */
export function jsonIn(data: unknown): unknown {
  const body = types.isAnyArrayBuffer(data) ? new Uint8Array(data) : data;
  if (typeof body === 'string') return parsed(body);
  if (ArrayBuffer.isView(body)) return parsed(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  return isPlain(body) ? JSON.parse(JSON.stringify(body, upTo(LONGEST_BODY))) : undefined;
}

function parsed(body: string | Buffer): unknown {
  if (body.length > LONGEST_BODY) throw new RangeError('The body is too long');
  return JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body));
}

/** Ends the walk through a body that is parsed as soon as it has been long enough. */
function upTo(longest: number): (name: string, value: unknown) => unknown {
  let left = longest;
  return (name, value) => {
    left -= name.length + (typeof value === 'string' ? value.length : 1);
    if (left < 0) throw new RangeError('The body is too long');
    return value;
  };
}

/** Also what comes from another realm. A stream that nobody has read is none. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
