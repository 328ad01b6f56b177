import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';

/** Whether a request's body can be sent a second time: a stream is gone after the first, also the one a `form-data` is. */
export function isReplayable({ data }: InternalAxiosRequestConfig): boolean {
  return !isNodeStream(data) && !isWebStream(data) && !isIterator(data);
}

/** Lets go of a response that nobody will read, so that its socket is free for the next attempt. */
export function discard(response: AxiosResponse | undefined): void {
  const body: unknown = response?.data;
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

interface NodeStream {
  pipe: unknown;
  on(event: 'error', listener: () => void): unknown;
  destroy?(): unknown;
}

function isNodeStream(body: unknown): body is NodeStream {
  return typeof body === 'object' && body !== null && 'pipe' in body && typeof body.pipe === 'function';
}

function isWebStream(body: unknown): body is ReadableStream {
  return body instanceof ReadableStream;
}
