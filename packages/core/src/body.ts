import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';

/**
 * Whether a request's body can be sent a second time: a stream is gone after the first, also the one a `form-data` is. One
 * whose body is made by `holdfast.body` has no data.
 */
export function isReplayable({ data }: InternalAxiosRequestConfig): boolean {
  return !isNodeStream(data) && !isWebStream(data) && !isIterator(data);
}

/** Lets go of a response that nobody will read, so that its socket is free for the next attempt. */
export function discard(response: AxiosResponse | undefined): void {
  letGoOf(response?.data);
}

/** Closes a stream that nobody will read. */
export function letGoOf(body: unknown): void {
  if (isNodeStream(body)) {
    body.on('error', () => undefined);
    body.destroy?.();
  } else if (isWebStream(body)) {
    body.cancel().catch(() => undefined);
  }
}

/** A generator's values come once as well. */
function isIterator(body: unknown): boolean {
  return typeof body === 'object' && body !== null && (Symbol.asyncIterator in body || 'next' in body);
}

export interface NodeStream {
  pipe(destination: NodeJS.WritableStream): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  destroy?(): unknown;
}

export function isNodeStream(body: unknown): body is NodeStream {
  return typeof body === 'object' && body !== null && 'pipe' in body && typeof body.pipe === 'function';
}

export function isWebStream(body: unknown): body is ReadableStream {
  return body instanceof ReadableStream;
}
