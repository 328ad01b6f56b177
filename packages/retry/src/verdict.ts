import {
  LONGEST_TIMER_MS,
  POLICY,
  isIdempotent,
  isReplayable,
  outcomeOfError,
  outcomeOfResponse,
  retryDelayOf,
  type CurrentCall,
  type Failure,
} from '@holdfast/core';
import type { InternalAxiosRequestConfig } from 'axios';
import type { RetryBudget } from './budget.js';
import { hasIdempotencyKey } from './idempotency-key.js';

/** What is decided upon a failed attempt. */
export type Verdict = { readonly retry: false } | { readonly retry: true; readonly delayMs: number };

/** What a decision is made from. */
export interface Facts {
  readonly failed: Failure;
  /** 1 for the attempt after the first. */
  readonly retryNumber: number;
  readonly config: InternalAxiosRequestConfig;
  readonly call: CurrentCall;
  readonly budget: RetryBudget;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  readonly random: () => number;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** After a Retry-After the herd spreads by a tenth of the wait, and at least by this. */
const LEAST_SPREAD_MS = 50;
/** What a retry takes from the budget: a throttled service has said itself when it can bear the next one. */
const PRICE = { failed: 1, throttled: 0.2 };

/** Whether a failed attempt is followed by another, and after what wait. Says why in the call's journal. */
export function verdictOn(facts: Facts): Verdict {
  const { failed, retryNumber, config, call, budget, now } = facts;
  const outcome =
    failed.response === undefined ? outcomeOfError(failed.error) : outcomeOfResponse(failed.response, now);
  const policy = POLICY[outcome].retry;
  if (policy === 'never') return no(call, outcome);
  if (!isReplayable(config)) return no(call, 'the body was a stream, and is gone');
  if (policy !== 'every-method' && !mayRepeat(config)) {
    return no(call, `a ${call.method.toUpperCase()} may have been acted on, and has no idempotency key`);
  }

  const hintMs = failed.response === undefined ? undefined : retryDelayOf(failed.response.headers, now);
  const throttled = outcome === 'throttled' || outcome === 'busy';
  // "Retry-After: 0" names no instant: everybody would come back at once.
  const waitMs = hintMs ? hintMs + spread(facts, hintMs) : backoff(facts);
  if (now + waitMs >= call.deadlineAt || waitMs > LONGEST_TIMER_MS) {
    return no(call, `a wait of ${Math.ceil(waitMs)} ms does not fit the deadline`);
  }
  if (!budget.spend(throttled ? PRICE.throttled : PRICE.failed, now))
    return no(call, 'the retry budget is spent');

  // Where a gate holds a place for the throttled call, it waits there.
  const delayMs = call.heldUntil === undefined ? waitMs : 0;
  call.note(`retry ${retryNumber} in ${Math.ceil(delayMs)} ms: ${outcome}`);
  return { retry: true, delayMs };
}

/** Whether the service can be sent the same again although it may have acted on it. */
export function mayRepeat(config: InternalAxiosRequestConfig): boolean {
  return isReplayable(config) && (isIdempotent(config.method) || hasIdempotencyKey(config));
}

/** Full jitter: anything up to a bound that doubles with each retry. */
function backoff({ retryNumber, baseDelayMs, maxDelayMs, random }: Facts): number {
  return random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (retryNumber - 1));
}

/** Never before the instant that the service named; after it, not all at once. */
function spread({ random }: Facts, hintMs: number): number {
  return random() * Math.max(LEAST_SPREAD_MS, hintMs / 10);
}

function no(call: CurrentCall, reason: string): Verdict {
  call.note(`not retried: ${reason}`);
  return { retry: false };
}
