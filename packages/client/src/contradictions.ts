import type { Interceptor } from '@holdfast/core';
import type { CreateAxiosDefaults } from 'axios';
import { settingOf } from './explain-sources.js';
import type { Rings } from './places.js';

type Ring = Interceptor | false;

/** A number among the options, under the name by which the pipeline's user knows it. */
interface Setting {
  readonly name: string;
  readonly value: number;
  /** `given`, `default`, or whose word it is else. */
  readonly source: string;
}

/** `undefined` where the ring is not there, or the option is none: `false`. */
function numberOf(ring: Ring, option: string, name: string): Setting | undefined {
  const setting = ring === false ? undefined : settingOf(ring, option);
  return typeof setting?.value === 'number'
    ? { name, value: setting.value, source: setting.source }
    : undefined;
}

/** Two attempts, as Microsoft.Extensions.Http.Resilience asks of its sampling duration: fewer are no window. */
const ATTEMPTS_IN_WINDOW = 2;

/** For how long a breaker has to count at least, in milliseconds; nothing where no attempt has a time limit. */
export function shortestWindowMs(attemptTimeout: Interceptor): number | undefined {
  const attempt = numberOf(attemptTimeout, 'timeoutMs', 'attemptTimeoutMs');
  return attempt && ATTEMPTS_IN_WINDOW * attempt.value;
}

/**
 * Refuses what can only be a mistake: one option that takes the effect from another. What is only a default gives way instead.
 *
 * @throws {TypeError} naming both options and both values.
 */
export function refuseContradictions({
  deadline,
  retry,
  throttleGate,
  circuitBreaker,
  attemptTimeout,
}: Rings): void {
  const limit = numberOf(deadline, 'deadlineMs', 'deadlineMs');
  const attempt = numberOf(attemptTimeout, 'timeoutMs', 'attemptTimeoutMs');
  const ofRetry = (option: string) => numberOf(retry, option, `retry.${option}`);
  const ofGate = (option: string) => numberOf(throttleGate, option, `throttleGate.${option}`);
  const ofBreaker = (option: string) => numberOf(circuitBreaker, option, `circuitBreaker.${option}`);

  atMost(attempt, limit, 'the deadline would end every attempt before its time is over');
  below(ofRetry('baseDelayMs'), limit, 'no retry that is waited for so long fits');
  below(ofRetry('maxDelayMs'), limit, 'no retry that is waited for so long fits');
  atMost(ofRetry('baseDelayMs'), ofRetry('maxDelayMs'), 'no wait is as long as the first is to be');
  below(
    ofGate('probeTimeoutMs'),
    limit,
    'the gate would hold the calls behind a probe until their time is over',
  );
  below(ofGate('rampMs'), limit, 'the gate would hold calls until their time is over');
  atMost(ofBreaker('openMs'), given(ofBreaker('maxOpenMs')), 'doubling ends before it has begun');
  below(ofBreaker('slowMs'), attempt, 'no attempt takes so long');
  holdsTwoAttempts(ofBreaker('windowMs'), attempt);
  slowRatioCounts(ofBreaker('slowRatio'), ofBreaker('slowMs'));
}

/** Beside what is only a default nothing is refused: the default gives way. */
function given(setting: Setting | undefined): Setting | undefined {
  return setting?.source === 'given' ? setting : undefined;
}

function atMost(one: Setting | undefined, other: Setting | undefined, why: string): void {
  if (one?.source !== 'given' || other === undefined || one.value <= other.value) return;
  throw refusal(one, `at most ${told(other)}`, why);
}

function below(one: Setting | undefined, other: Setting | undefined, why: string): void {
  if (one?.source !== 'given' || other === undefined || one.value < other.value) return;
  throw refusal(one, `below ${told(other)}`, why);
}

function holdsTwoAttempts(window: Setting | undefined, attempt: Setting | undefined): void {
  if (window?.source !== 'given' || attempt === undefined) return;
  const leastMs = ATTEMPTS_IN_WINDOW * attempt.value;
  if (window.value >= leastMs) return;
  const allowed = `at least ${leastMs}, which is twice ${told(attempt)}`;
  throw refusal(window, allowed, 'attempts that time out would be forgotten before there are enough of them');
}

function slowRatioCounts(slowRatio: Setting | undefined, slowMs: Setting | undefined): void {
  if (slowRatio?.source !== 'given' || slowMs !== undefined) return;
  const slow = '"circuitBreaker.slowMs" (false): no attempt counts as slow';
  throw new TypeError(`${PIPELINE} the option "${slowRatio.name}" is ${slowRatio.value} beside ${slow}`);
}

const PIPELINE = 'standardInterceptors():';

function refusal({ name, value }: Setting, allowed: string, why: string): TypeError {
  return new TypeError(`${PIPELINE} the option "${name}" must be ${allowed}, and is ${value}: ${why}`);
}

/** `"deadlineMs" (30000, default)` */
function told({ name, value, source }: Setting): string {
  return `"${name}" (${value}, ${source})`;
}

/**
 * Refuses headers that are to be kept from redirects where nobody keeps them.
 *
 * @throws {TypeError} naming both options.
 */
export function refuseUnguardedHeaders(credential: object | false, sensitiveHeaders: unknown): void {
  if (credential !== false || !Array.isArray(sensitiveHeaders) || sensitiveHeaders.length === 0) return;
  throw new TypeError(
    `${PIPELINE} the option "sensitiveHeaders" has ${sensitiveHeaders.length} beside "credential" (false): it is with the token that they are kept from redirects; set "maxRedirects" to 0, or leave them out`,
  );
}

/**
 * Refuses axios defaults that take the effect from the pipeline's options, or turn it against its user: one idempotency key
 * for all calls makes a service take the second order for the first one, and a `timeout` above the deadline never ends a call.
 *
 * @throws {TypeError} naming the option and what is allowed.
 */
export function refuseContradictingDefaults(
  { holdfast, timeout }: CreateAxiosDefaults,
  interceptors: readonly Interceptor[],
): void {
  const key: unknown = holdfast?.idempotencyKey;
  if (key !== undefined && key !== true) {
    throw new TypeError(
      'createServiceClient(): the option "axios.holdfast.idempotencyKey" must be true, for a fresh key with each call, and is a fixed one: a service would take all calls for the same',
    );
  }
  const limit = interceptors
    .map((interceptor) => numberOf(interceptor, 'deadlineMs', 'deadlineMs'))
    .find((setting) => setting !== undefined);
  if (limit === undefined || timeout === undefined || timeout <= limit.value) return;
  throw new TypeError(
    `createServiceClient(): the option "axios.timeout" must be at most ${told(limit)}, and is ${timeout}: the deadline would end every attempt before its time is over`,
  );
}
