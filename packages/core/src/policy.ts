/**
 * What became of one attempt, in the classes by which retry, budget, breaker and gate decide:
 *
 * - `success`: 2xx and 3xx
 * - `answered`: the service is alive and says no (400, 403, 404, 409, 422, 501 …)
 * - `unauthorized`: 401
 * - `unavailable`: the service fails (408 and every 5xx but 501, 505, 506, 510, 511)
 * - `throttled`: 429
 * - `busy`: 503 with Retry-After
 * - `not-sent`: refused or not found, so that the request never left; or, by HTTP/2, refused without having been looked at
 * - `stale-socket`: a re-used keep-alive connection was reset before any byte came back
 * - `lost`: reset or timed out after sending; the service may have acted on it
 * - `canceled`: by the caller
 * - `refused`: by an open circuit, a gate or the budget; nothing was sent
 * - `no-token`: another dependency failed; nothing was sent
 * - `tls`: the peer could not be trusted
 * - `local`: a size limit, too many redirects, a bad option: the request or the client is at fault
 * - `deadline`: the whole call's time is over
 */
export type Outcome =
  | 'success'
  | 'answered'
  | 'unauthorized'
  | 'unavailable'
  | 'throttled'
  | 'busy'
  | 'not-sent'
  | 'stale-socket'
  | 'lost'
  | 'canceled'
  | 'refused'
  | 'no-token'
  | 'tls'
  | 'local'
  | 'deadline';

/** How an outcome counts. */
export interface Policy {
  /** For the circuit breaker: does the service work? */
  readonly health: 'success' | 'failure' | 'ignored';
  /** `idempotent`: also any method with an idempotency key. `at-once`: without a delay, and for nothing. */
  readonly retry: 'never' | 'idempotent' | 'every-method' | 'at-once';
}

/** The outcome table of the architecture: how each class counts for the breaker, and whether it may be sent again. */
export const POLICY: Readonly<Record<Outcome, Policy>> = {
  success: { health: 'success', retry: 'never' },
  answered: { health: 'success', retry: 'never' },
  unauthorized: { health: 'success', retry: 'never' },
  unavailable: { health: 'failure', retry: 'idempotent' },
  // A breaker ignores these two where a gate handles them, and else takes them for failures.
  throttled: { health: 'ignored', retry: 'every-method' },
  busy: { health: 'ignored', retry: 'idempotent' },
  'not-sent': { health: 'failure', retry: 'every-method' },
  'stale-socket': { health: 'ignored', retry: 'at-once' },
  lost: { health: 'failure', retry: 'idempotent' },
  canceled: { health: 'ignored', retry: 'never' },
  refused: { health: 'ignored', retry: 'never' },
  'no-token': { health: 'ignored', retry: 'never' },
  tls: { health: 'failure', retry: 'never' },
  local: { health: 'ignored', retry: 'never' },
  deadline: { health: 'ignored', retry: 'never' },
};
