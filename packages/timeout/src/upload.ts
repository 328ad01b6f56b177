import { removeHeader } from '@holdfast/core';
import type { InternalAxiosRequestConfig } from 'axios';
import { Readable } from 'node:stream';
import { types } from 'node:util';
import {
  isNodeStream,
  watchedBlob,
  watchedBytes,
  watchedForm,
  watchedNodeStream,
  watchedWebStream,
  type UploadWatch,
} from './request-body.js';

const LARGE_BYTES = 2 ** 20;

/** Whether a request may take long to be sent, in a way that can be watched. */
export function isUpload(config: InternalAxiosRequestConfig): boolean {
  const data: unknown = config.data;
  if (data === undefined || data === null) return config.holdfast?.body !== undefined;
  if (typeof data !== 'object') return isLarge(data) && adapterName(config) !== undefined;
  if (isNodeStream(data) || data instanceof ReadableStream) return true;
  const isOne = isLarge(data) || data instanceof Blob || data instanceof FormData;
  return isOne && adapterName(config) !== undefined;
}

/**
 * Puts something in place of the request's body that tells how it moves: the same bytes, of the same length. Returns the
 * way back.
 */
export function watchUpload(config: InternalAxiosRequestConfig, watch: UploadWatch): () => void {
  const holdfast = givenFor(config.holdfast);
  const make: unknown = holdfast?.body;
  if (typeof make === 'function' && holdfast !== undefined) {
    config.holdfast = { ...holdfast, body: () => watchedMade(make as () => unknown, watch) };
    givens.set(config.holdfast, holdfast);
    return () => {
      config.holdfast = holdfast;
    };
  }
  const data = givenFor<unknown>(config.data);
  const { headers } = config;
  const given = { length: headers.getContentLength(), type: headers.getContentType() };
  const put = watchedData(data, config, watch);
  config.data = put;
  if (typeof put === 'object' && put !== null && put !== data) givens.set(put, data);
  return () => {
    config.data = data;
    if (!given.length) removeHeader(headers, 'Content-Length');
    if (data instanceof Blob) headers.setContentType(given.type);
  };
}

/** What has come in place of what the caller had given: another send of the same request may find it there. */
const givens = new WeakMap<object, unknown>();

function givenFor<T>(value: T): T {
  const isObject = typeof value === 'object' && value !== null;
  return isObject && givens.has(value) ? (givens.get(value) as T) : value;
}

function watchedData(data: unknown, config: InternalAxiosRequestConfig, watch: UploadWatch): unknown {
  if (data instanceof ReadableStream) return data.locked ? data : watchedWebStream(data, watch);
  if (isNodeStream(data)) return watchedNodeStream(data, watch);
  if (data instanceof FormData) return watchedForm(data, watch);
  if (data instanceof Blob) return watchedFile(data, config, watch);
  const bytes = bytesOf(data);
  // fetch sends a stream without its length. The http adapter would take a Blob's type for the request's.
  if (adapterName(config) === 'fetch') return watchedBlob(new Blob([bytes]), watch);
  config.headers.setContentLength(bytes.byteLength, false);
  return watchedBytes(bytes, watch);
}

/** The http adapter would hold all of a Blob in memory, and not be seen at it: it is given the stream, with its headers. */
function watchedFile(data: Blob, config: InternalAxiosRequestConfig, watch: UploadWatch): unknown {
  if (adapterName(config) === 'fetch') return watchedBlob(data, watch);
  const { headers } = config;
  if (data.size > 0) headers.setContentType(data.type === '' ? 'application/octet-stream' : data.type);
  headers.setContentLength(data.size);
  return watchedNodeStream(Readable.fromWeb(data.stream()), watch);
}

/** Streams that were made already: what is left of one is not to be sent for the whole. */
const known = new WeakSet();

async function watchedMade(make: () => unknown, watch: UploadWatch): Promise<never> {
  const made = await make();
  if (made instanceof Blob) return watchedBlob(made, watch) as never;
  if (made instanceof FormData) return watchedForm(made, watch) as never;
  const stream = isNodeStream(made) ? made : sourceOf(made);
  if (stream === undefined || Readable.isDisturbed(stream as Readable)) {
    watch.sent();
    return made as never;
  }
  if (known.has(made as object)) throw new TypeError('holdfast.body must make another stream for each send');
  known.add(made as object);
  if (stream instanceof ReadableStream) return watchedWebStream(stream, watch) as never;
  const watched = watchedNodeStream(stream, watch);
  if (watched instanceof Readable && stream instanceof Readable)
    watched.once('close', () => stream.destroy());
  return watched as never;
}

function sourceOf(made: unknown): NodeJS.ReadableStream | ReadableStream | undefined {
  if (made instanceof ReadableStream) return made.locked ? undefined : made;
  if (typeof made !== 'object' || made === null || !(Symbol.asyncIterator in made)) return undefined;
  return Readable.from(made as AsyncIterable<unknown>, { objectMode: false });
}

function isLarge(data: string | object | number | boolean | bigint | symbol): boolean {
  if (typeof data === 'string') return data.length > LARGE_BYTES;
  if (types.isArrayBuffer(data) || ArrayBuffer.isView(data)) return data.byteLength > LARGE_BYTES;
  return false;
}

function bytesOf(data: unknown): Uint8Array<ArrayBuffer> {
  if (types.isArrayBuffer(data)) return new Uint8Array(data);
  if (ArrayBuffer.isView(data))
    return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return new TextEncoder().encode(String(data));
}

/** An adapter of somebody's own may look at the body, and is to find there what it was given. */
function adapterName({ adapter }: InternalAxiosRequestConfig): 'http' | 'fetch' | undefined {
  // In Node the first of axios's own list, which is for browsers, is never used.
  const name: unknown = Array.isArray(adapter) ? adapter.find((one) => one !== 'xhr') : adapter;
  return name === 'http' || name === 'fetch' ? name : undefined;
}
