import { cancellationOf, discard, isCanceled, orCanceled, type Clock, type Timer } from '@holdfast/core';
import { AxiosHeaders, type AxiosError, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import { ask } from './answering.js';

/** What stands for the service's answer; a response of axios's is one too. */
export interface FallbackAnswer {
  /** As the service would have sent it: `transformResponse` comes after. */
  readonly data: unknown;
  /** Default: 200. It counts as a success, whatever `validateStatus` says. */
  readonly status?: number;
  /** Default: an empty text. */
  readonly statusText?: string;
  /** Default: none. */
  readonly headers?: AxiosResponse['headers'];
}

/**
 * Answers in the place of a failure; with `undefined` it does not, and the caller gets the failure. The request is a copy: it
 * can be sent elsewhere.
 */
export type FallbackRespond = (
  error: AxiosError,
  request: InternalAxiosRequestConfig,
) => FallbackAnswer | undefined | Promise<FallbackAnswer | undefined>;

/** Nobody answers in the place of the failure; the message says why. */
export class NoAnswer extends Error {}

/** For how long a promised answer is waited for, and by which clock. */
export interface Patience {
  readonly timeoutMs: number | false;
  readonly clock: Clock;
}

/**
 * The response that is answered with.
 *
 * @throws {NoAnswer} when there is none that can be used in time; the request's cancellation, at once, when it is given up.
 */
export async function responseBy(
  respond: FallbackRespond,
  error: AxiosError,
  config: InternalAxiosRequestConfig,
  patience: Patience,
): Promise<AxiosResponse> {
  try {
    const answer = ask(respond, () => respond(error, copyOf(config)));
    if (!isThenable(answer)) return responseOf(answer, config);
    const promised = Promise.resolve(answer).then((one) => responseOf(one, config));
    return await inTime(promised, config, patience);
  } catch (reason) {
    if (isCanceled(config)) throw cancellationOf(config);
    throw reason instanceof NoAnswer ? reason : new NoAnswer(`respond failed${nameOf(reason)}`);
  }
}

/** The request as somebody else may send it: in here, every status is a success. */
function copyOf(config: InternalAxiosRequestConfig): InternalAxiosRequestConfig {
  const copy = { ...config, headers: new AxiosHeaders(config.headers) };
  delete copy.validateStatus;
  return copy;
}

/** A copy of what was answered with: one that is kept belongs to whoever keeps it, and to the call that it came from. */
function responseOf(answer: unknown, config: InternalAxiosRequestConfig): AxiosResponse {
  if (answer === undefined) throw new NoAnswer('respond has none');
  if (!isAnswer(answer)) throw new NoAnswer('respond must return an object with "data", or undefined');
  const { data, status = 200, statusText = '', headers } = answer;
  return { data, status, statusText, headers: headersOf(headers), config };
}

function headersOf(headers: FallbackAnswer['headers']): AxiosHeaders {
  // Of what it may hold, axios leaves out what is undefined.
  return new AxiosHeaders(headers as AxiosHeaders | undefined);
}

function isAnswer(answer: unknown): answer is FallbackAnswer {
  if (typeof answer !== 'object' || answer === null || !('data' in answer)) return false;
  const { status = 200 } = answer as { readonly status?: unknown };
  return Number.isInteger(status) && (status as number) >= 100 && (status as number) <= 599;
}

/** The call's own time limit does not reach this far. What comes too late is let go of. */
function inTime(
  promised: Promise<AxiosResponse>,
  config: InternalAxiosRequestConfig,
  { timeoutMs, clock }: Patience,
): Promise<AxiosResponse> {
  let timer: Timer | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    if (timeoutMs === false) return;
    timer = clock.setTimeout(() => {
      reject(new NoAnswer(`respond did not answer within ${timeoutMs} ms`));
    }, timeoutMs);
  });
  return orCanceled(Promise.race([promised, limit]), config)
    .catch((reason: unknown) => {
      promised.then(discard, () => undefined);
      throw reason;
    })
    .finally(() => timer?.cancel());
}

/** Its message may hold anything. */
function nameOf(reason: unknown): string {
  return reason instanceof Error && /^\w{1,50}$/.test(reason.name) ? `: ${reason.name}` : '';
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}
