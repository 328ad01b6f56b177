import { isHoldfastError, outcomeOf, outcomeOfError, type CurrentCall, type Failure } from '@holdfast/core';
import {
  AxiosError,
  isAxiosError,
  type AxiosAdapter,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import { errorOf, tell } from './callbacks.js';
import { judge } from './judged-answer.js';
import { follow } from './moved-request.js';
import { isUndecided, verdictOn, type Rules, type Verdict } from './verdict.js';

/** A call whose first attempt has failed. One small object, since thousands may wait for their next attempt. */
export class RetriedCall {
  readonly config: InternalAxiosRequestConfig;
  readonly #next: AxiosAdapter;
  readonly #call: CurrentCall;
  readonly #rules: Rules;
  readonly #timeout: InternalAxiosRequestConfig['timeout'];

  constructor(next: AxiosAdapter, config: InternalAxiosRequestConfig, call: CurrentCall, rules: Rules) {
    this.config = config;
    this.#next = next;
    this.#call = call;
    this.#rules = rules;
    this.#timeout = config.timeout;
  }

  get retries(): number {
    return this.#rules.retries;
  }

  /** Sends once more. */
  attempt(): Promise<AxiosResponse> {
    if (handsOut(this.#rules)) follow(this.config, this.#call);
    return this.#next(this.config);
  }

  /** The failure that an answer is; `undefined` for one that ends the loop. */
  failureIn(response: AxiosResponse): Failure | undefined {
    return failureIn(response, this.#call, this.#rules);
  }

  /** Asked after each failed attempt but the last; `retryNumber` is 1 for the attempt after the first. */
  async decide(failed: Failure, retryNumber: number): Promise<Verdict> {
    const { config, totalMs } = this;
    const facts = { failed, retryNumber, config, totalMs, call: this.#call, rules: this.#rules };
    const verdict = await verdictOn(facts);
    if (verdict.retry && verdict.timeoutMs !== undefined) config.timeout = verdict.timeoutMs;
    return verdict;
  }

  /** Before the wait for a retry. */
  async tellOfRetry(failed: Failure, retryNumber: number): Promise<void> {
    const { onRetry } = this.#rules;
    if (onRetry)
      await tell(() => onRetry(retryNumber, errorOf(failed, this.#call), this.config), this.config);
  }

  /** The last retry that is allowed has failed as well. */
  async giveUp(failed: Failure, retryCount: number): Promise<void> {
    const { onMaxRetryTimesExceeded: told } = this.#rules;
    this.#call.note(`gave up after ${retryCount} retries`);
    if (told) await tell(() => told(errorOf(failed, this.#call), retryCount), this.config);
  }

  settle(failure: Failure): AxiosResponse {
    return settle(failure, this.#call);
  }

  /** Milliseconds that the request's own `timeout` gives to all attempts together; 0 where each has its own. */
  get totalMs(): number {
    // axios takes a text as well.
    return this.#rules.shouldResetTimeout ? 0 : parseFloat(String(this.#timeout ?? 0));
  }

  /** What is left of a time-out is nothing to the next call of the same request. */
  restoreTimeout(): void {
    if (this.#timeout !== undefined) this.config.timeout = this.#timeout;
  }
}

/** Whether somebody else gets at the request between its attempts. */
function handsOut({ retryCondition, retryDelay, onRetry, validateResponse }: Rules): boolean {
  return [retryCondition, retryDelay, onRetry, validateResponse].some(
    (callback) => callback instanceof Function,
  );
}

/** The failure that an answer is; `undefined` when nothing is to be decided upon it. */
export function failureIn(response: AxiosResponse, call: CurrentCall, rules: Rules): Failure | undefined {
  const { validateResponse } = rules;
  if (validateResponse) return judge(response, validateResponse, call, rules);
  if (call.isPlainSuccess(response)) return undefined;
  const failure = { response };
  const outcome = outcomeOf(call, failure, rules.clock.now());
  return isUndecided(failure, outcome, rules) ? failure : undefined;
}

/** What the caller gets: not a refusal in place of what came back before it, or he would think that nothing was sent. */
export function settle(failure: Failure, call: CurrentCall): AxiosResponse {
  const last = wasNotSent(failure) ? (call.lastFailure ?? failure) : failure;
  if (last !== failure && isHoldfastError(failure.error)) call.refusedFor = failure.error.code;
  if (last.response !== undefined) return last.response;
  throw last.error;
}

function wasNotSent({ response, error }: Failure): boolean {
  if (response !== undefined) return false;
  // By what it is, and not by the class that a hook gives it: that changes nothing about what has left.
  const outcome = outcomeOfError(error);
  return outcome === 'refused' || outcome === 'no-token' || (outcome === 'local' && isUnmade(error));
}

/** A request that could not be made: of its body, say. One that was sent, and failed so, is the last failure itself. */
function isUnmade(error: unknown): boolean {
  return isAxiosError(error) && error.code === AxiosError.ERR_BAD_REQUEST && error.response === undefined;
}
