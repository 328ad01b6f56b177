import {
  isHoldfastError,
  outcomeOfError,
  outcomeOfResponse,
  retryAfterOf,
  retryDelayOf,
  type Clock,
  type Outcome,
} from '@holdfast/core';
import { isAxiosError, type AxiosResponse } from 'axios';
import { OperationError } from './operation-error.js';
import { LEAST_DELAY_MS } from './operation-options.js';

/** What may be otherwise at the next look. */
const PASSING: ReadonlySet<Outcome> = new Set<Outcome>([
  'unavailable',
  'throttled',
  'busy',
  'not-sent',
  'stale-socket',
  'lost',
  'refused',
  'deadline',
]);

/** When an operation is to be looked at next, and how often that may fail. */
export class OperationPace {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #mostFailures: number;
  #failures = 0;
  #lastFailure: unknown = undefined;
  #dueAt = 0;
  #delayMs = 0;

  constructor(clock: Clock, intervalMs: number, mostFailures: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#mostFailures = mostFailures;
  }

  /** Milliseconds until the next look is due; a clock that was set back does not put it off. */
  get leftMs(): number {
    return Math.min(Math.max(0, this.#dueAt - this.#clock.now()), this.#delayMs);
  }

  /** Whoever begins to wait has as many failures before him as anybody. */
  begin(): void {
    this.#failures = 0;
  }

  /** It goes on, and the service may have said when to come back. */
  running({ headers }: AxiosResponse): void {
    this.#failures = 0;
    this.#wait(retryDelayOf(headers, this.#clock.now()));
  }

  /** It has ended, and nothing has to be waited for. */
  ended(): void {
    this.#failures = 0;
    this.#delayMs = 0;
  }

  failed(error: unknown): void {
    this.#failures += 1;
    this.#lastFailure = error;
    this.#wait(retryAfterOf(error, this.#clock.now()));
  }

  /** Whether this is what a look has failed with, and worth another one. */
  forgives(error: unknown): boolean {
    if (error !== this.#lastFailure || this.#failures > this.#mostFailures) return false;
    return isPassing(error, this.#clock.now());
  }

  #wait(toldMs: number | undefined): void {
    this.#delayMs = Math.max(LEAST_DELAY_MS, toldMs ?? this.#intervalMs);
    this.#dueAt = this.#clock.now() + this.#delayMs;
  }
}

function isPassing(error: unknown, now: number): boolean {
  if (error instanceof OperationError) return false;
  // A closed client stays closed, and not every token that cannot be had can be had later.
  if (isHoldfastError(error, 'ERR_CLIENT_CLOSED')) return false;
  if (isHoldfastError(error, 'ERR_TOKEN_ACQUISITION')) return error.transient;
  const response = isAxiosError(error) ? error.response : undefined;
  const isOfStatus = response !== undefined && response.status >= 400;
  return PASSING.has(isOfStatus ? outcomeOfResponse(response, now) : outcomeOfError(error));
}
