import {
  POLICY,
  count,
  currentCall,
  func,
  having,
  milliseconds,
  outcomeOfError,
  outcomeOfResponse,
  readOptions,
  systemClock,
  warning,
  type CurrentCall,
  type Clock,
  type Failure,
  type Interceptor,
} from '@holdfast/core';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { RetryBudget } from './budget.js';
import { setIdempotencyKey } from './idempotency-key.js';
import { hostedLoop } from './loop.js';
import { mayRepeat, verdictOn } from './verdict.js';

/** Options of {@link retry}. */
export interface RetryOptions {
  /** Attempts after the first. Default: 3. More seldom help, and each one costs a failing service another request. */
  readonly retries?: number;
  /**
   * Milliseconds up to which the first wait is drawn; doubles with each retry. Default: 200. Shorter than what a service
   * needs to recover, retries are wasted; the waits are drawn from 0 up ("full jitter"), so that a herd spreads.
   */
  readonly baseDelayMs?: number;
  /** Milliseconds up to which any such wait is drawn. Default: 5,000. */
  readonly maxDelayMs?: number;
  /**
   * How many retries all calls may make together. Default: a budget of its own, with the defaults of
   * {@link RetryBudget}. Share one where several clients call the same service.
   */
  readonly budget?: RetryBudget;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Where jitter comes from: numbers from 0 up to 1. Default: `Math.random`. */
  readonly random?: () => number;
}

const schemas = {
  retries: count(3),
  baseDelayMs: milliseconds(200),
  maxDelayMs: milliseconds(5_000),
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
  random: func<() => number>(Math.random),
};

declare module '@holdfast/core' {
  interface RequestOptions {
    /** `false`: this call is sent once. */
    readonly retry?: false;
    /**
     * The key by which the service tells a repetition from a second request, `true` for a fresh one: makes any method
     * safe to retry. Only for a service that knows the Idempotency-Key header; any other one acts twice.
     */
    readonly idempotencyKey?: string | true;
  }
}

/**
 * Sends again what may be sent again, by the outcome table of the architecture: idempotent methods, or those with an
 * idempotency key; any method when nothing was sent, or on 429. Waits as long as the service asks for, or with full
 * jitter; never longer than the deadline allows: then the caller gets the failure now. When it gives up, the caller gets
 * the last real failure, and a refusal after something was sent does not take its place.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function retry(options: RetryOptions = {}): Interceptor {
  const { retries, baseDelayMs, maxDelayMs, budget, clock, random } = readOptions(
    'retry',
    // Not among the others: each value of this factory has a budget of its own.
    { ...schemas, budget: having<RetryBudget>(['observe', 'spend'], new RetryBudget()) },
    options,
  );
  const loop = hostedLoop();
  const warnOfOtherRetries = warning(
    'AXIOS_RETRY_OUTSIDE',
    "axios-retry is installed on this client as well, so that each retries the other's retries: remove axiosRetry(client)",
  );

  // A success is told by its status alone: it pays for no clock reading.
  const isFinal = (response: AxiosResponse) =>
    response.status < 400 || POLICY[outcomeOfResponse(response, clock.now())].retry === 'never';

  return (next) => {
    return function retrying(config): Promise<AxiosResponse> {
      const call = currentCall(config);
      budget.observe(call.startedAt);
      if (comesFromAxiosRetry(config)) warnOfOtherRetries(call.service);
      const wanted = config.holdfast;
      if (!wanted) return send(config, call);
      const takeOff = wanted.idempotencyKey && setIdempotencyKey(config, wanted.idempotencyKey);
      const settled = wanted.retry === false ? next(config) : send(config, call);
      return takeOff ? settled.finally(takeOff) : settled;
    };

    function send(
      config: InternalAxiosRequestConfig,
      call: CurrentCall,
      resendAtOnce = true,
    ): Promise<AxiosResponse> {
      return next(config).then(
        (response) => (isFinal(response) ? response : sendAgain(config, call, { response })),
        (error: unknown) => {
          const outcome = outcomeOfError(error);
          // The server closed a kept-alive connection just as we took it up: nothing is wrong, nothing is to be paid.
          if (outcome === 'stale-socket' && resendAtOnce && mayRepeat(config)) {
            call.note('sent again at once: the kept-alive connection had been closed');
            return send(config, call, false);
          }
          if (POLICY[outcome].retry === 'never') return settle({ error }, call);
          return sendAgain(config, call, { error });
        },
      );
    }

    async function sendAgain(
      config: InternalAxiosRequestConfig,
      call: CurrentCall,
      first: Failure,
    ): Promise<AxiosResponse> {
      const { failure, response } = await loop(first, {
        config,
        retries,
        attempt: () => next(config),
        isFinal,
        onGiveUp: () => {
          call.note(`gave up after ${retries} retries`);
        },
        decide: (failed, retryNumber) =>
          verdictOn({
            failed,
            retryNumber,
            config,
            call,
            budget,
            baseDelayMs,
            maxDelayMs,
            random,
            now: clock.now(),
          }),
      });
      return response ?? settle(failure, call);
    }
  };
}

/** axios-retry leaves its state on each request; options that a caller has set there have no time in them. */
function comesFromAxiosRetry(config: InternalAxiosRequestConfig): boolean {
  return config['axios-retry']?.lastRequestTime !== undefined;
}

/** A refusal does not take the place of what came back before it: the caller would think that nothing was sent. */
function settle(failure: Failure, call: CurrentCall): AxiosResponse {
  const last = isRefusal(failure) ? (call.lastFailure ?? failure) : failure;
  if (last.response !== undefined) return last.response;
  throw last.error;
}

function isRefusal({ response, error }: Failure): boolean {
  if (response !== undefined) return false;
  const outcome = outcomeOfError(error);
  return outcome === 'refused' || outcome === 'no-token';
}
