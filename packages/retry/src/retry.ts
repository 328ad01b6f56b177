import {
  accepted,
  currentCall,
  described,
  func,
  having,
  milliseconds,
  outcomeOf,
  quotable,
  readOptions,
  systemClock,
  warning,
  type Clock,
  type CurrentCall,
  type Failure,
  type Interceptor,
} from '@holdfast/core';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { RetryBudget } from './budget.js';
import { USUAL_HEADER, isHeaderName, setIdempotencyKey } from './idempotency-key.js';
import { hostedLoop } from './loop.js';
import { failureIn, RetriedCall, settle } from './retried-call.js';
import { comesFromAxiosRetry, retrySchemas, rulesFor, type RequestRetryOptions } from './request-retry.js';
import { isUndecided, mayRepeat, type Rules } from './verdict.js';

/** Options of {@link retry}. */
export interface RetryOptions extends RequestRetryOptions {
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
  /**
   * The header that carries the idempotency key of a request. Default: Idempotency-Key. One that the service does not know
   * makes it act twice.
   */
  readonly idempotencyHeader?: string;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Where jitter comes from: numbers from 0 up to 1. Default: `Math.random`. */
  readonly random?: () => number;
}

const schemas = {
  ...retrySchemas,
  baseDelayMs: milliseconds(200),
  maxDelayMs: milliseconds(5_000),
  idempotencyHeader: quotable(accepted<string>(isHeaderName, 'the name of a header', USUAL_HEADER)),
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
  random: func<() => number>(Math.random),
};

declare module '@holdfast/core' {
  interface RequestOptions {
    /** `false`: this call is sent once. Or options that hold for this call, in place of the client's. */
    readonly retry?: false | RequestRetryOptions;
    /**
     * The key by which the service tells a repetition from a second request, `true` for a fresh one: makes any method
     * safe to retry. Only for a service that knows the header; any other one acts twice. Printable ASCII.
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
  const read = readOptions(
    'retry',
    // Not among the others: each value of this factory has a budget of its own.
    { ...schemas, budget: having<RetryBudget>(['observe', 'spend'], new RetryBudget()) },
    options,
  );
  const { budget, idempotencyHeader } = read;
  const usual: Rules = { ...read, warnOfBudget: warning('RETRY_BUDGET_SPENT', BITES[budget.mode]) };
  const loop = hostedLoop(read.clock);
  const warnOfOtherRetries = warning(
    'AXIOS_RETRY_OUTSIDE',
    "axios-retry is installed on this client as well, so that each retries the other's retries: remove axiosRetry(client)",
  );

  const interceptor: Interceptor = (next) => {
    return function retrying(config): Promise<AxiosResponse> {
      const call = currentCall(config);
      budget.observe(call.startedAt);
      const wanted = config.holdfast;
      if (wanted === undefined && config['axios-retry'] === undefined) return send(config, call, usual);

      if (comesFromAxiosRetry(config)) warnOfOtherRetries(call.service);
      const rules = rulesFor(config, usual);
      const key = wanted?.idempotencyKey;
      const takeOff = key === undefined ? undefined : setIdempotencyKey(config, idempotencyHeader, key);
      const settled = wanted?.retry === false ? next(config) : send(config, call, rules);
      return takeOff ? settled.finally(takeOff) : settled;
    };

    function send(
      config: InternalAxiosRequestConfig,
      call: CurrentCall,
      rules: Rules,
      resendAtOnce = true,
    ): Promise<AxiosResponse> {
      const sent = next(config);
      return sent.then(
        (response) => {
          const failure = failureIn(response, call, rules);
          return failure === undefined ? response : sendAgain(config, call, rules, failure);
        },
        (error: unknown) => {
          const failure = { error };
          const outcome = outcomeOf(call, failure, rules.clock.now());
          // The server closed a kept-alive connection just as we took it up: nothing is wrong, nothing is to be paid.
          if (resendAtOnce && outcome === 'stale-socket' && mayRepeat(config, rules)) {
            call.note('sent again at once: the kept-alive connection had been closed');
            return send(config, call, rules, false);
          }
          if (isUndecided(failure, outcome, rules)) return sendAgain(config, call, rules, failure);
          // Refused before anything was sent, as most calls are in an outage: as it came, and at once. To throw costs several times
          // as much.
          if (call.lastFailure === undefined) return sent;
          return settle(failure, call);
        },
      );
    }

    function sendAgain(
      config: InternalAxiosRequestConfig,
      call: CurrentCall,
      rules: Rules,
      first: Failure,
    ): Promise<AxiosResponse> {
      const retried = new RetriedCall(next, config, call, rules);
      const settled = loop(first, retried);
      if (retried.totalMs === 0) return settled;
      return settled.finally(() => {
        retried.restoreTimeout();
      });
    }
  };
  return described(interceptor, 'retry', read);
}

const SHARES = 'RetryBudget({ ratio, minPerSecond }) says how many there may be';
const BITES = {
  enforce: `the retry budget is spent, and failures reach the callers at once: the service is down for longer, or ${SHARES}`,
  observe: `the retry budget would be spent, and is only observed: with mode "enforce" failures would reach the callers at once; ${SHARES}`,
};
