import {
  accepted,
  answerOf,
  currentCall,
  described,
  discard,
  having,
  isCanceled,
  limit,
  outcomeOf,
  quotable,
  readOptions,
  statusError,
  systemClock,
  type Clock,
  type CurrentCall,
  type Failure,
  type Interceptor,
  type Outcome,
} from '@holdfast/core';
import type { AxiosError, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { isAnswering } from './answering.js';
import { NoAnswer, responseBy, type FallbackRespond } from './fallback-answer.js';
import {
  REASONS_ALLOWED,
  USUAL_REASONS,
  isAmong,
  isReasons,
  type FallbackReason,
} from './fallback-reason.js';

/** Options of {@link fallback}. */
export interface FallbackOptions {
  /**
   * For which failures: a list of names, or a function that says it. Default: circuit, throttle, deadline, token. Too many,
   * and nobody hears that a request was wrong; a cancelled call never has a fallback. What the function throws means no.
   */
  readonly on?: readonly FallbackReason[] | ((error: AxiosError, outcome: Outcome) => boolean);
  /**
   * Milliseconds for which a promised answer is waited for, or `false`; the call's deadline is over by then. Default: 5,000.
   * Too long, and the caller waits twice; without a limit, an answer that never comes is a call that never ends.
   */
  readonly timeoutMs?: number | false;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
}

const isOn = (value: unknown): boolean => typeof value === 'function' || isReasons(value);

const schemas = {
  on: quotable(accepted<NonNullable<FallbackOptions['on']>>(isOn, REASONS_ALLOWED, USUAL_REASONS)),
  timeoutMs: limit(5_000),
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
};

declare module '@holdfast/core' {
  interface RequestOptions {
    /** What answers in the place of this call's failure; `false`: nobody does. In place of the client's. */
    readonly fallback?: FallbackRespond | false;
  }
}

/**
 * A reduced answer when everything below has failed: what `respond` returns, for the failures that `on` names. The caller
 * gets it as a success, and `isFallback()` tells; the call's story says in whose place it stands. Outermost, around the
 * deadline. Without a `respond`, it serves the requests that bring one of their own.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function fallback(respond?: FallbackRespond, options: FallbackOptions = {}): Interceptor {
  if (respond !== undefined && typeof respond !== 'function')
    throw new TypeError('fallback(): what answers must be a function, or undefined');
  const read = readOptions('fallback', schemas, options);
  const { on, ...patience } = read;
  const named: ReadonlySet<FallbackReason> = new Set(typeof on === 'function' ? [] : on);

  const interceptor: Interceptor = (next) => {
    return function fallingBack(config): Promise<AxiosResponse> {
      const answering = respondFor(config, respond);
      if (answering === undefined) return next(config);
      const call = currentCall(config);
      return next(config).then(
        (response) => {
          if (response.status < 400 || !call.rejects(response)) return response;
          return inPlaceOf({ response }, answering, config, call);
        },
        (error: unknown) => inPlaceOf({ error }, answering, config, call),
      );
    };
  };
  return described(interceptor, 'fallback', { respond }, read);

  async function inPlaceOf(
    failure: Failure,
    answering: FallbackRespond,
    config: InternalAxiosRequestConfig,
    call: CurrentCall,
  ): Promise<AxiosResponse> {
    const outcome = outcomeOf(call, failure, patience.clock.now());
    if (outcome === 'canceled' || isCanceled(config) || !isMeant(failure, outcome, call))
      return settle(failure);
    if (isAnswering(answering)) {
      call.note('no fallback: respond has made this call itself');
      return settle(failure);
    }
    const acceptAll = config.validateStatus;
    try {
      // In here every status is a success. Who sends the request of the error elsewhere is to hear of a failure there.
      putOn(config, call.validateStatus);
      const response = await responseBy(answering, errorOf(failure, call), config, patience);
      if (response.data !== answerOf(failure)?.data) discard(answerOf(failure));
      call.note(`fallback: ${outcome} (${told(failure, call).join(', ')})`);
      call.fallbackFor = outcome;
      // No service has answered this: there is nothing to classify.
      call.classification = undefined;
      call.unasked = response;
      return response;
    } catch (reason) {
      if (reason instanceof NoAnswer) {
        call.note(`no fallback: ${reason.message}`);
        return settle(failure);
      }
      discard(answerOf(failure));
      throw reason;
    } finally {
      putOn(config, acceptAll);
    }
  }

  function isMeant(failure: Failure, outcome: Outcome, call: CurrentCall): boolean {
    const { refusedFor } = call;
    if (typeof on !== 'function') return isAmong(named, { outcome, code: codeOf(failure), refusedFor });
    try {
      const said: unknown = on(errorOf(failure, call), outcome);
      return said === true;
    } catch {
      call.note('no fallback: the function "on" threw');
      return false;
    }
  }
}

/**
 * Who answers in the place of a call's failure.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
function respondFor(
  { holdfast }: InternalAxiosRequestConfig,
  usual: FallbackRespond | undefined,
): FallbackRespond | undefined {
  const wanted: unknown = holdfast?.fallback;
  if (wanted === undefined) return usual;
  if (wanted === false) return undefined;
  if (typeof wanted === 'function') return wanted as FallbackRespond;
  throw new TypeError('holdfast: the option "fallback" must be a function, or false');
}

function putOn(
  config: InternalAxiosRequestConfig,
  validateStatus: InternalAxiosRequestConfig['validateStatus'],
): void {
  if (validateStatus === undefined) delete config.validateStatus;
  else config.validateStatus = validateStatus;
}

/** The failure as the caller would have got it. */
function settle({ response, error }: Failure): AxiosResponse {
  if (response !== undefined) return response;
  throw error;
}

/** The error that the caller would get: of a status, axios's own. */
function errorOf({ response, error }: Failure, { rejected }: CurrentCall): AxiosError {
  if (response === undefined) return error as AxiosError;
  return rejected?.response === response ? rejected.error : statusError(response);
}

function codeOf({ error }: Failure): string | undefined {
  return (error as Partial<AxiosError> | undefined | null)?.code;
}

/** By which status or code a story tells of a failure, and why it was left at that. */
function told(failure: Failure, { refusedFor }: CurrentCall): readonly (string | number)[] {
  const { status } = answerOf(failure) ?? {};
  return [status ?? codeOf(failure), refusedFor].filter((one) => one !== undefined);
}
