import { errorMonitor } from 'node:events';
import { IncomingMessage } from 'node:http';
import { PassThrough, Readable, pipeline } from 'node:stream';
import { cancellationOf, onCancel, removeHeader, stripRequest, type CurrentCall } from '@holdfast/core';
import { isAxiosError, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import type { CachedToken } from './cached-token.js';
import { overlapping } from './overlapping-sends.js';

/** Puts the token on a request that is about to be sent. */
export function putOn(token: CachedToken, config: InternalAxiosRequestConfig, call: CurrentCall): void {
  if (call.authorization !== undefined) {
    overlapping.set(call, (overlapping.get(call) ?? 1) + 1);
    // The caller may get the answer of one while another is still under way.
    call.reclaimHeader('Authorization');
  }
  token.attachTo(config);
  call.authorization = token;
}

/** Takes the token off a request that has been sent, with the last of the sends that need it. */
export function takeOff(config: InternalAxiosRequestConfig, call: CurrentCall): void {
  const others = (overlapping.get(call) ?? 1) - 1;
  if (others > 0) overlapping.set(call, others);
  else {
    overlapping.delete(call);
    call.authorization = undefined;
    removeToken(config);
  }
  // An answer is stripped by itself, but not the error in which its adapter had rejected it.
  if (call.rejected !== undefined) stripError(call.rejected.error, config);
  // A failure that the pipeline keeps for its story; of an attempt that was resent, this is the only way to it.
  const { lastFailure } = call;
  if (lastFailure === undefined) return;
  if (lastFailure.response !== undefined) stripKept(lastFailure.response, config);
  else stripError(lastFailure.error, config);
}

/** An answer that was thrown away for another send may still be what an error is put down to. */
function stripKept(response: AxiosResponse, config: InternalAxiosRequestConfig): void {
  if (response.config !== config) removeToken(response.config);
  stripRequest(response);
  // There is nothing left to read in it, but it leads to its request all the same.
  if (leadsToItsRequest(response.data) && response.data.destroyed) response.data = undefined;
}

/** Takes the token off what came back. */
export function stripResponse(response: AxiosResponse, config: InternalAxiosRequestConfig): void {
  // An adapter may answer with a copy of the request.
  if (response.config !== config) removeToken(response.config);
  stripRequest(response);
  const body: unknown = response.data;
  // Before anybody who listens hears of it, and without counting as somebody who does.
  if (leadsToItsRequest(body)) response.data = screened(body, config);
  else if (isEmitter(body)) body.on(errorMonitor, stripRaised);
  else if (body instanceof ReadableStream && !body.locked) response.data = strippedStream(body);
}

// Deep enough for an error of ours around one of axios around one of Node's.
const MOST_CAUSES = 5;

/** Takes the token off an error and what led to it; {@link takeOff} does so for the request itself, which others may still need. */
export function stripError(error: unknown, config?: InternalAxiosRequestConfig, depth = 0): void {
  if (!(error instanceof Error) || depth === MOST_CAUSES) return;
  if (isAxiosError(error)) {
    if (error.config !== config) removeToken(error.config);
    stripRequest(error);
    if (error.response !== undefined) {
      if (error.response.config !== config) removeToken(error.response.config);
      stripRequest(error.response);
    }
  }
  if (error instanceof AggregateError) for (const one of error.errors) stripError(one, config, depth + 1);
  stripError(error.cause, config, depth + 1);
}

/** Node's message, and HTTP/2's stream. */
function leadsToItsRequest(body: unknown): body is Readable {
  return body instanceof IncomingMessage || (body instanceof Readable && 'sentHeaders' in body);
}

/** The same bytes, by a stream that does not lead to the request that fetched them. */
function screened(body: Readable, config: InternalAxiosRequestConfig): PassThrough {
  body.on(errorMonitor, stripRaised);
  const screen = pipeline(body, new PassThrough(), () => undefined);
  // Once all bytes have arrived axios lets go of the signal, but the caller may not have read them yet.
  const off = onCancel(config, () => {
    screen.destroy(cancellationOf(config) as Error);
  });
  return screen.once('close', off);
}

/** The same stream, read no further ahead; what it raises has no token in it. */
function strippedStream(body: ReadableStream<unknown>): ReadableStream<unknown> {
  const reader = body.getReader();
  return new ReadableStream<unknown>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          stripError(error);
          throw error;
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function stripRaised(error: unknown): void {
  stripError(error);
}

function removeToken(config: Partial<InternalAxiosRequestConfig> | undefined): void {
  if (config?.headers !== undefined) removeHeader(config.headers, 'Authorization');
}

interface Emitter {
  on(event: typeof errorMonitor, listener: (error: unknown) => void): unknown;
}

function isEmitter(body: unknown): body is Emitter {
  return typeof body === 'object' && body !== null && 'on' in body && typeof body.on === 'function';
}
