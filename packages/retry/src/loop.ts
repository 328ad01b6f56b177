import {
  answerOf,
  cancellationOf,
  discard,
  isCanceled,
  startWait,
  type Clock,
  type Failure,
  type Waiting,
} from '@holdfast/core';
import type { AxiosInstance, AxiosResponse } from 'axios';
import axiosRetry from 'axios-retry';
import type { RetriedCall } from './retried-call.js';

/** A failed attempt on its way through axios-retry, which keeps its state on what it takes for the request. */
class FailedAttempt {
  readonly failure: Failure;
  readonly config: LoopConfig;

  constructor(failure: Failure, config: LoopConfig) {
    this.failure = failure;
    this.config = config;
  }
}

// axios-retry waits by the global timer, whatever clock there is, and sends what was given up in the meantime at once.
const WAITED = { aborted: true } as const;

/** What axios-retry takes for the request, and leaves its state on: thousands may wait, so that it keeps none of it but the count. */
class LoopConfig {
  readonly retried: RetriedCall;
  readonly signal = WAITED;
  /** Before the next attempt. */
  delayMs = 0;
  retryCount = 0;

  constructor(retried: RetriedCall) {
    this.retried = retried;
  }

  get 'axios-retry'(): { readonly retries: number; readonly retryCount: number } {
    return { retries: this.retried.retries, retryCount: this.retryCount };
  }

  set 'axios-retry'(_state: unknown) {
    // All of its options once more, beside what is there already.
  }

  set transformRequest(_transforms: unknown) {
    // Ours has none, and this one would hold on to the whole of the failed attempt.
  }
}

type OnRejected = (failed: FailedAttempt) => Promise<AxiosResponse>;

/** An attempt that waits for its time. Thousands may: it is all that there is of one. */
class DelayedAttempt implements Waiting {
  readonly #config: LoopConfig;
  readonly #onRejected: OnRejected;
  readonly #resolve: (answer: Promise<AxiosResponse>) => void;

  constructor(config: LoopConfig, onRejected: OnRejected, resolve: (answer: Promise<AxiosResponse>) => void) {
    this.#config = config;
    this.#onRejected = onRejected;
    this.#resolve = resolve;
  }

  onEnd(): void {
    this.#resolve(attempt(this.#config, this.#onRejected));
  }

  onCanceled(error: unknown): void {
    this.#resolve(this.#onRejected(new FailedAttempt({ error }, this.#config)));
  }
}

/**
 * axios-retry, hosted: it runs the loop, and knows nothing of the pipeline. What it takes for an axios instance is a
 * small function whose call is one attempt, so that nothing of axios runs twice; what it takes for a request is an object
 * of ours, because it rewrites the transforms, agents and time-outs of what it is given and leaves its state there. The
 * wait for a retry is ours, by the injected clock.
 *
 * Entered with a call's first failure: one that succeeds never meets it.
 */
export function hostedLoop(clock: Clock): (first: Failure, retried: RetriedCall) => Promise<AxiosResponse> {
  let onRejected: OnRejected;

  const instance: object = Object.assign(
    (config: LoopConfig) =>
      new Promise<AxiosResponse>((resolve) => {
        const { delayMs, retried } = config;
        startWait(delayMs, retried.config, clock, new DelayedAttempt(config, onRejected, resolve));
      }),
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
      const { retried, retryCount } = failed.config;
      const verdict = await retried.decide(failed.failure, retryCount + 1);
      if (verdict.retry) failed.config.delayMs = verdict.delayMs;
      return verdict.retry;
    },
    onRetry: async (retryNumber, error) => {
      const { failure, config } = asGiven(error);
      config.retryCount = retryNumber;
      await config.retried.tellOfRetry(failure, retryNumber);
      discard(answerOf(failure));
    },
    onMaxRetryTimesExceeded: (error, retryCount) => {
      const { failure, config } = asGiven(error);
      return config.retried.giveUp(failure, retryCount);
    },
  });

  return function loop(first, retried) {
    const { config: request } = retried;
    // Given up since it was sent: nothing is decided any more, and nothing is paid.
    if (isCanceled(request)) return canceled(first, retried);
    return onRejected(new FailedAttempt(first, new LoopConfig(retried))).catch(endOf);
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

async function attempt(config: LoopConfig, onRejected: OnRejected): Promise<AxiosResponse> {
  const { retried } = config;
  let failure: Failure | undefined;
  try {
    // Given up while something was being decided, or in the very moment in which the wait was over.
    if (isCanceled(retried.config)) throw cancellationOf(retried.config);
    const response = await retried.attempt();
    failure = retried.failureIn(response);
    if (failure === undefined) return response;
  } catch (error) {
    failure = { error };
  }
  return onRejected(new FailedAttempt(failure, config));
}

/** What axios-retry hands out as its error is what it was given. */
function asGiven(error: unknown): FailedAttempt {
  return error as FailedAttempt;
}
