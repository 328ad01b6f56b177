import type { AxiosError, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import type { Classifying, CurrentCall } from './current-call.js';
import { isHoldfastError } from './errors.js';
import type { Failure } from './failure.js';
import { answerSettledBy, isOutcome, outcomeOfFailure, outcomeSaidBy } from './outcome.js';
import type { Outcome } from './policy.js';

/** What came of a send: an answer, or the error that came in its place. */
export interface SentAnswer {
  /** As it came: its `data` is text, bytes or a stream, since axios's transforms come after. Never read a stream here. */
  readonly response?: AxiosResponse;
  readonly error?: unknown;
  readonly config: InternalAxiosRequestConfig;
}

/**
 * Names the class of what came of a send, in place of the one that it is told has; `undefined`: it has that one. Asked once for
 * each answer or error, and not about what the pipeline has decided itself: a token that it keeps from another origin, `canceled`,
 * `refused`, `no-token` and `deadline`. It may name none of these four, nor `stale-socket` for an answer. What it throws, or says
 * beside an outcome, is as if it had not been asked.
 */
export type Classify = (outcome: Outcome, answer: SentAnswer) => Outcome | undefined;

/** The pipeline's own: nothing was sent, or nobody wants it any more. */
const DECIDED: ReadonlySet<Outcome> = new Set(['canceled', 'refused', 'no-token', 'deadline']);

interface Named {
  readonly answer: unknown;
  readonly outcome: Outcome;
}

/** What somebody's hook says of one call's answers and errors: of each only once, however many interceptors want to know. */
class Classification implements Classifying {
  readonly #call: CurrentCall;
  readonly #hook: Classify;
  readonly #config: InternalAxiosRequestConfig;
  #last: Named | undefined = undefined;
  /** The caller may get the one before: a refusal, or a request that could not be made, does not take its place. */
  #before: Named | undefined = undefined;
  #complained = false;

  constructor(call: CurrentCall, hook: Classify, config: InternalAxiosRequestConfig) {
    this.#call = call;
    this.#hook = hook;
    this.#config = config;
  }

  /** The class of an answer or an error. `now` is epoch milliseconds. */
  outcomeOf(failure: Failure, now: number): Outcome {
    const { error } = failure;
    const outcome = outcomeOfFailure(failure, now);
    if (DECIDED.has(outcome) || isHoldfastError(error, 'ERR_TOKEN_ORIGIN')) return outcome;
    // An interceptor that has made an error of an answer may say itself for what it stands.
    if (outcomeSaidBy(error) !== undefined && this.#find(answerIn(error)) !== undefined) return outcome;
    const response = failure.response ?? answerSettledBy(error);
    return this.#find(response ?? error) ?? this.#ask(response, error, outcome, now);
  }

  #find(answer: unknown): Outcome | undefined {
    return [this.#last, this.#before].find((named) => named?.answer === answer)?.outcome;
  }

  #ask(response: AxiosResponse | undefined, error: unknown, outcome: Outcome, now: number): Outcome {
    const named = this.#nameFor(response, error, outcome, now);
    this.#before = this.#last;
    this.#last = { answer: response ?? error, outcome: named };
    return named;
  }

  #nameFor(response: AxiosResponse | undefined, error: unknown, outcome: Outcome, now: number): Outcome {
    const config = this.#config;
    let said: unknown;
    try {
      said = this.#hook(outcome, {
        ...(response && { response }),
        ...(error !== undefined && { error }),
        config,
      });
    } catch {
      this.#complain(response, 'threw', now);
      return outcome;
    }
    if (said === undefined || said === outcome) return outcome;
    // Whoever answers was reached.
    const isStaleAnswer = response !== undefined && said === 'stale-socket';
    if (!isOutcome(said) || DECIDED.has(said) || isStaleAnswer) {
      // One that is promised comes too late, and its rejection is nobody's.
      if (said instanceof Promise) said.catch(() => undefined);
      this.#complain(response, isOutcome(said) ? `may not name ${said}` : 'named no outcome', now);
      return outcome;
    }
    if (response !== undefined) this.#call.writeDown(response, now);
    // A refusal of what comes next must not take its place.
    if (response !== undefined) this.#call.lastFailure = { response };
    this.#call.note(`classified as ${said}`);
    return said;
  }

  #complain(response: AxiosResponse | undefined, what: string, now: number): void {
    if (this.#complained) return;
    this.#complained = true;
    if (response !== undefined) this.#call.writeDown(response, now);
    this.#call.note(`classify ${what}: the ${response === undefined ? 'error' : 'status'} counts`);
  }
}

function answerIn(error: unknown): AxiosResponse | undefined {
  return (error as Partial<AxiosError> | undefined | null)?.response;
}

/** Has a hook name the classes of what comes of a call's sends. It takes the place of another. */
export function classifyBy(call: CurrentCall, hook: Classify, config: InternalAxiosRequestConfig): void {
  call.classification = new Classification(call, hook, config);
}

/** The class of what came of a send: by the table, unless a hook names another. `now` is epoch milliseconds. */
export function outcomeOf(call: CurrentCall, failure: Failure, now: number): Outcome {
  return call.classification?.outcomeOf(failure, now) ?? outcomeOfFailure(failure, now);
}
