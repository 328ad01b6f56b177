import {
  LONGEST_TIMER_MS,
  POLICY,
  answerOf,
  headerOf,
  isCanceled,
  isHoldfastError,
  isIdempotent,
  isReplayable,
  jitteredDelayMs,
  outcomeOf,
  retryDelayOf,
  spreadDelayMs,
  type CircuitOpenError,
  type Clock,
  type CurrentCall,
  type Failure,
  type Outcome,
} from '@holdfast/core';
import type { InternalAxiosRequestConfig } from 'axios';
import type { RetryBudget } from './budget.js';
import { errorOf, isConfirmed } from './callbacks.js';
import { hasIdempotencyKey } from './idempotency-key.js';
import type { RequestRules } from './request-retry.js';

/** What is decided upon a failed attempt. */
export type Verdict =
  | { readonly retry: false }
  | {
      readonly retry: true;
      readonly delayMs: number;
      /** What is left of the request's own `timeout`, where that is for all attempts together. */
      readonly timeoutMs: number | undefined;
    };

/** By what is decided upon all failed attempts of a call. */
export interface Rules extends RequestRules {
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  readonly idempotencyHeader: string;
  readonly budget: RetryBudget;
  readonly clock: Clock;
  readonly random: () => number;
  /** Tells the owner of a service that its budget was spent. */
  readonly warnOfBudget: (service: string) => void;
}

/** What a decision is made from. */
export interface Facts {
  readonly failed: Failure;
  /** 1 for the attempt after the first. */
  readonly retryNumber: number;
  readonly config: InternalAxiosRequestConfig;
  readonly call: CurrentCall;
  readonly rules: Rules;
  /** Milliseconds that the request's `timeout` gives to all attempts and waits together; 0 where each has its own. */
  readonly totalMs: number;
}

/** What a retry takes from the budget: a throttled service has said itself when it can bear the next one. */
const PRICE = { failed: 1, throttled: 0.2 };

/** Nothing and nobody changes these: another attempt would end the same way, or is not wanted any more. */
const PERMANENT: ReadonlySet<Outcome> = new Set([
  'success',
  'canceled',
  'refused',
  'no-token',
  'tls',
  'local',
  'deadline',
]);

/** Whether a failed attempt is followed by another, and after what wait. Says why in the call's journal. */
export async function verdictOn(facts: Facts): Promise<Verdict> {
  const { failed, retryNumber, call, rules, totalMs } = facts;
  const { budget, clock } = rules;
  const outcome = outcomeOf(call, failed, clock.now());
  const reason = await reasonAgainst(facts, outcome);
  if (reason !== undefined) return no(call, reason);

  const now = clock.now();
  const refusal = openCircuitIn(failed, rules);
  const hintMs = refusal?.retryAfterMs ?? retryDelayOf(answerOf(failed)?.headers, now);
  // Where a gate holds a place for the throttled call, it waits there. A circuit holds none.
  const heldAtGate = call.heldUntil !== undefined && refusal === undefined;
  const waitMs = waitFor(facts, hintMs, heldAtGate);
  if (now + waitMs >= call.deadlineAt || waitMs > LONGEST_TIMER_MS) {
    return no(call, `a wait of ${Math.ceil(waitMs)} ms does not fit the deadline`);
  }
  // axios takes whole milliseconds, and 0 for no limit at all.
  const leftMs = totalMs > 0 ? Math.floor(call.startedAt + totalMs - now - waitMs) : undefined;
  if (leftMs !== undefined && leftMs < 1) {
    return no(call, `a wait of ${Math.ceil(waitMs)} ms leaves nothing of the timeout of ${totalMs} ms`);
  }
  const throttled = outcome === 'throttled' || outcome === 'busy';
  // What was refused was not sent: it costs nothing.
  if (refusal === undefined && !budget.spend(throttled ? PRICE.throttled : PRICE.failed, now)) {
    rules.warnOfBudget(call.service);
    if (budget.mode !== 'observe') return no(call, 'the retry budget is spent');
    call.note('the retry budget is spent, and only observed');
  }

  const delayMs = heldAtGate ? 0 : waitMs;
  const why = refusal === undefined ? outcome : 'the circuit is open';
  call.note(`retry ${retryNumber} in ${Math.ceil(delayMs)} ms: ${why}`);
  return { retry: true, delayMs, timeoutMs: leftMs };
}

/** Whether there is anything to decide upon a failed attempt. */
export function isUndecided(failed: Failure, outcome: Outcome, rules: Rules): boolean {
  if (openCircuitIn(failed, rules) !== undefined) return true;
  if (PERMANENT.has(outcome)) return false;
  return POLICY[outcome].retry !== 'never' || rules.retryCondition !== undefined || saidBy(failed) === true;
}

/** Whether the service can be sent the same again although it may have acted on it. */
export function mayRepeat(config: InternalAxiosRequestConfig, { idempotencyHeader }: Rules): boolean {
  return (
    isReplayable(config) && (isIdempotent(config.method) || hasIdempotencyKey(config, idempotencyHeader))
  );
}

/** Why there is no other attempt, whenever that would be. The condition is asked last, when nothing else is against it. */
async function reasonAgainst(facts: Facts, outcome: Outcome): Promise<string | undefined> {
  const { failed, config, call, rules } = facts;
  const { retryCondition } = rules;
  // It was not sent: no method speaks against it, nor a body, and the condition is about what a service has done.
  if (openCircuitIn(failed, rules) !== undefined) return undefined;
  if (PERMANENT.has(outcome)) return outcome;
  const said = saidBy(failed);
  if (said === false) return 'the service says x-should-retry: false';
  const policy = said === true ? 'every-method' : POLICY[outcome].retry;
  if (policy === 'never' && retryCondition === undefined) return outcome;
  if (!isReplayable(config)) return 'the body was a stream, and is gone';
  if (policy !== 'every-method' && !mayRepeat(config, rules)) {
    return `a ${call.method.toUpperCase()} may have been acted on, and has no idempotency key`;
  }
  if (retryCondition === undefined) return undefined;
  const confirmed = await isConfirmed(() => retryCondition(errorOf(failed, call)), config);
  if (isCanceled(config)) return 'canceled';
  return confirmed ? undefined : 'retryCondition says no';
}

/** The refusal by an open circuit, where the call is to wait for that. */
function openCircuitIn({ error }: Failure, { retryOpenCircuit }: Rules): CircuitOpenError | undefined {
  return retryOpenCircuit && isHoldfastError(error, 'ERR_CIRCUIT_OPEN') ? error : undefined;
}

/** What the service says itself about sending this request again. */
function saidBy(failed: Failure): boolean | undefined {
  const said = headerOf(answerOf(failed)?.headers, 'x-should-retry')?.trim().toLowerCase();
  return said === 'true' || said === 'false' ? said === 'true' : undefined;
}

function waitFor(facts: Facts, hintMs: number | undefined, heldAtGate: boolean): number {
  // "Retry-After: 0" names no instant: everybody would come back at once.
  if (!hintMs) return backoff(facts);
  const toldMs = spreadDelayMs(hintMs, facts.rules.random());
  const waitsHere = facts.rules.retryDelay !== undefined && !heldAtGate;
  return waitsHere ? Math.max(toldMs, backoff(facts)) : toldMs;
}

/** What the client's owner says, or full jitter: anything up to a bound that doubles with each retry. */
function backoff({ failed, retryNumber, call, rules }: Facts): number {
  const { retryDelay, random } = rules;
  const ownMs = retryDelay && delayBy(() => retryDelay(retryNumber, errorOf(failed, call)), call);
  return ownMs ?? jitteredDelayMs(retryNumber, rules, random());
}

function delayBy(ask: () => unknown, call: CurrentCall): number | undefined {
  let delayMs: unknown;
  try {
    delayMs = ask();
  } catch {
    // As if it had said nothing.
  }
  if (typeof delayMs === 'number' && delayMs >= 0 && delayMs < Infinity) return delayMs;
  call.note('retryDelay named no number of milliseconds from 0 up: the usual backoff');
  return undefined;
}

function no(call: CurrentCall, reason: string): Verdict {
  call.note(`not retried: ${reason}`);
  return { retry: false };
}
