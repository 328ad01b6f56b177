import { errorMonitor } from 'node:events';
import { headerKey, stripRequest, type Call } from '@holdfast/core';
import { isAxiosError, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';

/** Takes the token off a request that has been sent. */
export function takeOff(config: InternalAxiosRequestConfig, call: Call): void {
  call.authorization = undefined;
  removeHeader(config);
  // A failure that the pipeline keeps for its story; of an attempt that was resent, this is the only way to it.
  const { lastFailure } = call;
  if (lastFailure === undefined) return;
  if (lastFailure.response !== undefined) stripRequest(lastFailure.response);
  else stripError(lastFailure.error);
}

/** Takes the token off what came back. */
export function stripResponse(response: AxiosResponse, config: InternalAxiosRequestConfig): void {
  // An adapter may answer with a copy of the request.
  if (response.config !== config) removeHeader(response.config);
  stripRequest(response);
  const body: unknown = response.data;
  // Before anybody who listens hears of it, and without counting as somebody who does.
  if (isEmitter(body)) body.on(errorMonitor, stripError);
}

// Deep enough for an error of ours around one of axios around one of Node's.
const MOST_CAUSES = 5;

/** Takes the token off an error and what led to it. */
export function stripError(error: unknown): void {
  let depth = 0;
  for (let one = error; one instanceof Error && depth < MOST_CAUSES; one = one.cause, depth += 1) {
    if (!isAxiosError(one)) continue;
    removeHeader(one.config);
    stripRequest(one);
    if (one.response !== undefined) stripRequest(one.response);
  }
}

/** Not by the name we gave it: axios may have changed its case. */
function removeHeader(config: InternalAxiosRequestConfig | undefined): void {
  const headers = config?.headers;
  if (headers === undefined) return;
  const key = headerKey(headers, 'authorization');
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- see above
  if (key !== undefined) delete headers[key];
}

interface Emitter {
  on(event: typeof errorMonitor, listener: (error: unknown) => void): unknown;
}

function isEmitter(body: unknown): body is Emitter {
  return typeof body === 'object' && body !== null && 'on' in body && typeof body.on === 'function';
}
