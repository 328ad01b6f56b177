import {
  answerOf,
  cancellationOf,
  discard,
  isCanceled,
  systemClock,
  wait,
  type Clock,
  type Failure,
} from '@holdfast/core';
import type { AxiosInstance, AxiosResponse } from 'axios';
import axiosRetry from 'axios-retry';
import type { RetriedCall } from './retried-call.js';

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

// axios-retry waits by the global timer, whatever clock there is, and sends what was given up in the meantime at once.
const WAITED = { aborted: true } as const;

interface LoopConfig {
  readonly retried: RetriedCall;
  readonly signal: typeof WAITED;
  readonly 'axios-retry': { readonly retries: number; readonly retryCount?: number };
}

/**
 * axios-retry, hosted: it runs the loop, and knows nothing of the pipeline. What it takes for an axios instance is a
 * small function whose call is one attempt, so that nothing of axios runs twice; what it takes for a request is an object
 * of ours, because it rewrites the transforms, agents and time-outs of what it is given and leaves its state there. The
 * wait for a retry is ours, by the injected clock.
 *
 * Entered with a call's first failure: one that succeeds never meets it.
 */
export function hostedLoop(
  clock: Clock = systemClock,
): (first: Failure, retried: RetriedCall) => Promise<AxiosResponse> {
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
    retryCondition: async (error) => {
      const failed = asGiven(error);
      const { retried, 'axios-retry': state } = failed.config;
      const verdict = await retried.decide(failed.failure, (state.retryCount ?? 0) + 1);
      if (verdict.retry) failed.delayMs = verdict.delayMs;
      return verdict.retry;
    },
    onRetry: async (retryNumber, error) => {
      const { failure, config, delayMs } = asGiven(error);
      await config.retried.tellOfRetry(failure, retryNumber);
      discard(answerOf(failure));
      if (delayMs > 0) await wait(delayMs, config.retried.config, clock);
    },
    onMaxRetryTimesExceeded: (error, retryCount) => {
      const { failure, config } = asGiven(error);
      return config.retried.giveUp(failure, retryCount);
    },
  });

  return function loop(first, retried) {
    const { config: request, retries } = retried;
    // Given up since it was sent: nothing is decided any more, and nothing is paid.
    if (isCanceled(request)) return canceled(first, retried);
    const config: LoopConfig = { retried, signal: WAITED, 'axios-retry': { retries } };
    return onRejected(new FailedAttempt(first, config)).catch(endOf);
  };
}

/** What the caller gets when nothing is sent any more. */
function endOf(failed: unknown): AxiosResponse | Promise<AxiosResponse> {
  if (!(failed instanceof FailedAttempt)) throw failed;
  const { retried } = failed.config;
  return isCanceled(retried.config) ? canceled(failed.failure, retried) : retried.settle(failed.failure);
}

/** Given up while something was being decided: nobody wants what came back any more. */
function canceled(last: Failure, { config }: RetriedCall): Promise<AxiosResponse> {
  discard(answerOf(last));
  return Promise.reject(cancellationOf(config));
}

async function attempt(config: LoopConfig): Promise<AxiosResponse> {
  const { retried } = config;
  // Given up in the very moment in which the wait was over.
  if (isCanceled(retried.config)) throw new FailedAttempt({ error: cancellationOf(retried.config) }, config);
  let response;
  try {
    response = await retried.attempt();
  } catch (error) {
    throw new FailedAttempt({ error }, config);
  }
  const failure = retried.failureIn(response);
  if (failure === undefined) return response;
  throw new FailedAttempt(failure, config);
}

/** What axios-retry hands out as its error is what it was given. */
function asGiven(error: unknown): FailedAttempt {
  return error as FailedAttempt;
}
