import type { HoldfastErrorCode, Outcome } from '@holdfast/core';

const REASONS = [
  'circuit',
  'throttle',
  'deadline',
  'token',
  'interaction',
  'unavailable',
  'network',
  'timeout',
  'unauthorized',
  'answered',
  'tls',
] as const;

/**
 * What can be answered in another way:
 *
 * - `circuit`: the circuit was open, also when it opened between two attempts
 * - `throttle`: 429, 503 with Retry-After, or refused because of one
 * - `deadline`: the call's time was over
 * - `token`: no token was to be had
 * - `interaction`: a token can only be had by asking the user
 * - `unavailable`: 408, and every 5xx but 501, 505, 506, 510, 511
 * - `network`: the request never left, or no answer came back
 * - `timeout`: of these, what took too long
 * - `unauthorized`: 401
 * - `answered`: the service is alive and says no (400, 403, 404, 409, 422, 501 …)
 * - `tls`: the peer could not be trusted
 */
export type FallbackReason = (typeof REASONS)[number];

/** What a failure is told by. */
export interface FailureFacts {
  readonly outcome: Outcome;
  readonly code: string | undefined;
  /** Why nothing more was sent, where something had been sent before. */
  readonly refusedFor: HoldfastErrorCode | undefined;
}

export const USUAL_REASONS: readonly FallbackReason[] = ['circuit', 'throttle', 'deadline', 'token'];

export const REASONS_ALLOWED: string = `a list of ${REASONS.map((name) => `"${name}"`).join(', ')}, or a function`;

/** Whether a value is a list of reasons. */
export function isReasons(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => (REASONS as readonly unknown[]).includes(name));
}

/** Whether a failure is one of those that are named. */
export function isAmong(named: ReadonlySet<FallbackReason>, facts: FailureFacts): boolean {
  return reasonsOf(facts).some((reason) => named.has(reason));
}

function reasonsOf({ outcome, code, refusedFor }: FailureFacts): readonly FallbackReason[] {
  const byCode = [code, refusedFor].flatMap((one) => BY_CODE[one ?? ''] ?? []);
  // A user has to be asked: that is no case for who only waits for a token.
  const needsUser = outcome === 'no-token' && byCode.includes('interaction');
  return needsUser ? byCode : [...byCode, ...BY_OUTCOME[outcome]];
}

const BY_CODE: Readonly<Record<string, readonly FallbackReason[]>> = {
  ERR_CIRCUIT_OPEN: ['circuit'],
  ERR_THROTTLED: ['throttle'],
  ERR_DEADLINE_EXCEEDED: ['deadline'],
  ERR_TOKEN_ACQUISITION: ['token'],
  ERR_INTERACTION_REQUIRED: ['interaction'],
  ERR_ATTEMPT_TIMEOUT: ['timeout'],
  // A `timeout` of axios's own, by either of its names, and a connection that could not be made in time.
  ECONNABORTED: ['timeout'],
  ETIMEDOUT: ['timeout'],
  UND_ERR_CONNECT_TIMEOUT: ['timeout'],
};

const BY_OUTCOME: Readonly<Record<Outcome, readonly FallbackReason[]>> = {
  success: [],
  answered: ['answered'],
  unauthorized: ['unauthorized'],
  unavailable: ['unavailable'],
  throttled: ['throttle'],
  busy: ['throttle', 'unavailable'],
  'not-sent': ['network'],
  'stale-socket': ['network'],
  lost: ['network'],
  canceled: [],
  // By its code: who refused?
  refused: [],
  'no-token': ['token'],
  tls: ['tls'],
  local: [],
  deadline: ['deadline'],
};
