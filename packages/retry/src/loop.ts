import { cancellationOf, discard, isCanceled, LinkedSignal, onCancel, type Failure } from '@holdfast/core';
import type { AxiosInstance, AxiosResponse, GenericAbortSignal, InternalAxiosRequestConfig } from 'axios';
import axiosRetry from 'axios-retry';
import type { Verdict } from './verdict.js';

/** One call in the loop. */
export interface Round {
  readonly config: InternalAxiosRequestConfig;
  readonly retries: number;
  /** Sends once. */
  readonly attempt: () => Promise<AxiosResponse>;
  /** Whether an answer ends the loop. */
  readonly isFinal: (response: AxiosResponse) => boolean;
  /** Asked after each failed attempt but the last; `retryNumber` is 1 for the attempt after the first. */
  readonly decide: (failed: Failure, retryNumber: number) => Verdict;
  /** Told when the last retry that is allowed has failed as well. */
  readonly onGiveUp: () => void;
}

/** How a loop ended: with an answer, or with the failure after which nothing was sent any more. */
export type Ending =
  | { readonly response: AxiosResponse; readonly failure?: undefined }
  | { readonly failure: Failure; readonly response?: undefined };

/** A failed attempt on its way through axios-retry, which keeps its state on what it takes for the request. */
class FailedAttempt {
  readonly failure: Failure;
  readonly config: LoopConfig;
  delayMs = 0;

  constructor(failure: Failure, config: LoopConfig) {
    this.failure = failure;
    this.config = config;
  }
}

interface LoopConfig {
  readonly round: Round;
  readonly signal: GenericAbortSignal;
  readonly 'axios-retry': { readonly retries: number; readonly retryCount?: number };
}

/**
 * axios-retry, hosted: it runs the loop, and knows nothing of the pipeline. What it takes for an axios instance is a
 * small function whose call is one attempt, so that nothing of axios runs twice; what it takes for a request is an object
 * of ours, because it rewrites the transforms, agents and time-outs of what it is given and leaves its state there.
 *
 * Entered with a call's first failure: one that succeeds never meets it.
 */
export function hostedLoop(): (first: Failure, round: Round) => Promise<Ending> {
  let onRejected: (failed: FailedAttempt) => Promise<AxiosResponse>;

  const instance: object = Object.assign(
    (config: LoopConfig) => attempt(config).catch((failed: unknown) => onRejected(failed as FailedAttempt)),
    {
      defaults: {},
      interceptors: {
        // Its request handler only starts the time that it would take off a time-out.
        request: { use: () => undefined },
        response: { use: (_fulfilled: null, handler: typeof onRejected) => void (onRejected = handler) },
      },
    },
  );

  axiosRetry(instance as AxiosInstance, {
    // A promise, since axios-retry takes a promised `false` for what it is, and swallows what is thrown.
    retryCondition: (error) => {
      const failed = asGiven(error);
      const { round, 'axios-retry': state } = failed.config;
      const verdict = round.decide(failed.failure, (state.retryCount ?? 0) + 1);
      if (verdict.retry) failed.delayMs = verdict.delayMs;
      return Promise.resolve(verdict.retry);
    },
    retryDelay: (_retryNumber, error) => asGiven(error).delayMs,
    onRetry: (_retryNumber, error) => {
      discard(asGiven(error).failure.response);
    },
    onMaxRetryTimesExceeded: (error) => {
      asGiven(error).config.round.onGiveUp();
    },
  });

  return async function loop(first, round) {
    // Given up since it was sent: nothing is decided any more, and nothing is paid.
    if (isCanceled(round.config)) {
      discard(first.response);
      return { failure: { error: cancellationOf(round.config) } };
    }
    // Its wait watches a signal and nothing else: a cancelled token would let it sleep on.
    const signal = new LinkedSignal(undefined);
    const off = onCancel(round.config, () => {
      signal.abort();
    });
    const config: LoopConfig = { round, signal, 'axios-retry': { retries: round.retries } };
    try {
      return { response: await onRejected(new FailedAttempt(first, config)) };
    } catch (failed) {
      if (!(failed instanceof FailedAttempt)) throw failed;
      return { failure: failed.failure };
    } finally {
      off();
    }
  };
}

async function attempt(config: LoopConfig): Promise<AxiosResponse> {
  const { round } = config;
  // An aborted wait ends by an attempt at once: axios-retry leaves it to the adapter to notice.
  if (isCanceled(round.config)) throw new FailedAttempt({ error: cancellationOf(round.config) }, config);
  let response;
  try {
    response = await round.attempt();
  } catch (error) {
    throw new FailedAttempt({ error }, config);
  }
  if (round.isFinal(response)) return response;
  throw new FailedAttempt({ response }, config);
}

/** What axios-retry hands out as its error is what it was given. */
function asGiven(error: unknown): FailedAttempt {
  return error as FailedAttempt;
}
