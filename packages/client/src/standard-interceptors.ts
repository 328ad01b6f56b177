import { circuitBreaker, type CircuitBreakerOptions } from '@holdfast/circuit-breaker';
import { claimsChallenge, type ClaimsChallengeOptions } from '@holdfast/claims-challenge';
import {
  accepted,
  func,
  having,
  quotable,
  readOptions,
  required,
  systemClock,
  type Clock,
  type Interceptor,
} from '@holdfast/core';
import { fallback, type FallbackOptions, type FallbackRespond } from '@holdfast/fallback';
import { RetryBudget, retry, type RetryOptions } from '@holdfast/retry';
import { throttleGate, type ThrottleGateOptions } from '@holdfast/throttle-gate';
import { attemptTimeout, deadline, type DeadlineOptions } from '@holdfast/timeout';
import { attachToken, type AttachTokenOptions, type TokenCredential } from '@holdfast/token';
import type { InternalAxiosRequestConfig } from 'axios';
import { correlate, type CorrelateOptions } from './correlate.js';
import { nameCalls } from './name-calls.js';

/** What answers in the place of a failure, and the options of `fallback()`. */
export interface FallbackPart extends FallbackOptions {
  /** Default: nobody, but for requests that bring one of their own. */
  readonly respond?: FallbackRespond;
}

/** Options of {@link standardInterceptors}. */
export interface StandardInterceptorsOptions {
  /** The service's name: in errors, journals and events. Required. */
  readonly name: string;
  /** Where tokens come from: one of ours, or of `@azure/identity`; `false` for a service that takes none. Required. */
  readonly credential: TokenCredential | false;
  /** What the tokens are for: `api://orders/.default`. Required with a credential. */
  readonly scopes?: AttachTokenOptions['scopes'];
  /** The tenant to ask for tokens. Default: the credential's own. */
  readonly tenantId?: string;
  /** Origins that get the token beside the client's own. Default: none. Whoever runs one can act in your app's name. */
  readonly origins?: readonly string[];
  /** Headers that go along with no redirect to another origin: `x-api-key`. Default: none. fetch follows none with them. */
  readonly sensitiveHeaders?: readonly string[];
  /** Whether calls inside of `withCredential()` are made as that user. Default: true. With `false` they are the app's. */
  readonly inheritCredential?: boolean;
  /**
   * `batch`: nobody waits for the answer. A call has 15 minutes, any number may wait at a closed gate, and the budget of
   * retries is larger. Default: interactive. `batch` for a user, and he looks at nothing for a quarter of an hour.
   */
  readonly profile?: 'interactive' | 'batch';
  /** Milliseconds for a whole call, or `false`. Default: 30,000. In `batch`, 15 minutes. */
  readonly deadlineMs?: number | false;
  /** Milliseconds for one send, or `false`. Default: 10,000, unless a request has an axios `timeout` of its own. */
  readonly attemptTimeoutMs?: number | false;
  /** Milliseconds for which an upload, or a response stream that is read, may stand still, or `false`. Default: 10,000. */
  readonly stallMs?: number | false;
  /** What shares a gate and a breaker. Default: the service and its origin. */
  readonly key?: (config: InternalAxiosRequestConfig) => string;
  /** Options of `correlate()`, or `false`: then neither header nor journal has an id for the call. */
  readonly correlation?: CorrelateOptions | false;
  /** Options of `retry()`, or `false` to send every call once. */
  readonly retry?: RetryOptions | false;
  /** Options of `throttleGate()`, or `false`: then each call waits for its own Retry-After, and they come back together. */
  readonly throttleGate?: ThrottleGateOptions | false;
  /** Options of `circuitBreaker()`, or `false` to go on sending to a service that is down. */
  readonly circuitBreaker?: CircuitBreakerOptions | false;
  /** Options of `claimsChallenge()`, or `false`: then tokens are asked for that cannot be revoked at once. */
  readonly claimsChallenge?: ClaimsChallengeOptions | false;
  /**
   * What answers in the place of a failure: a function, or options of `fallback()` with `respond`. Default: false.
   * A request may bring its own. One that answers as if nothing had happened hides an outage.
   */
  readonly fallback?: FallbackRespond | FallbackPart | false;
  /** Where time comes from, for all of them. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Where chance comes from, for all of them: numbers from 0 up to 1. Default: `Math.random`. */
  readonly random?: () => number;
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
const part = <T extends object>() =>
  accepted<T | false>(
    (value) => value === false || isObject(value),
    'an object of options, or false',
    {} as T,
  );
const given = <T>() => accepted<T | undefined>(() => true, 'anything', undefined);

/** What a profile changes of the defaults. */
interface Profile {
  readonly deadline?: DeadlineOptions;
  /** Made for each pipeline: it has a budget of its own. */
  readonly retry?: () => RetryOptions;
  readonly throttleGate?: ThrottleGateOptions;
}

const PROFILES: Readonly<Record<'interactive' | 'batch', Profile>> = {
  interactive: {},
  batch: {
    deadline: { deadlineMs: 15 * 60_000 },
    throttleGate: { maxWaiters: Infinity },
    // A throttled call pays a fifth of a retry to come back. With a quarter each, all of a batch that is throttled at once can;
    // and where a fifth of all sends fail, every call still gets its three retries (0.2 + 0.04 + 0.008 < 0.25). Waits outlast
    // the ten seconds that a budget remembers: five per second are for those who are throttled again after one.
    retry: () => ({ budget: new RetryBudget({ ratio: 0.25, minPerSecond: 5 }) }),
  },
};

// What goes on to one interceptor is checked there, and named as that interceptor's option.
const schemas = {
  name: required<string>(isText, 'the name of the service'),
  credential: required<TokenCredential | false>(
    (value) => value === false || isObject(value),
    'an object with getToken(), or false',
  ),
  scopes: given<AttachTokenOptions['scopes']>(),
  tenantId: given<string>(),
  origins: given<readonly string[]>(),
  sensitiveHeaders: given<readonly string[]>(),
  inheritCredential: given<boolean>(),
  profile: quotable(
    accepted<keyof typeof PROFILES>(
      (value) => typeof value === 'string' && Object.hasOwn(PROFILES, value),
      '"interactive" or "batch"',
      'interactive',
    ),
  ),
  deadlineMs: given<number | false>(),
  attemptTimeoutMs: given<number | false>(),
  stallMs: given<number | false>(),
  key: given<(config: InternalAxiosRequestConfig) => string>(),
  correlation: part<CorrelateOptions>(),
  retry: part<RetryOptions>(),
  throttleGate: part<ThrottleGateOptions>(),
  circuitBreaker: part<CircuitBreakerOptions>(),
  claimsChallenge: part<ClaimsChallengeOptions>(),
  fallback: accepted<FallbackRespond | FallbackPart | false>(
    (value) => value === false || typeof value === 'function' || isObject(value),
    'a function, an object of options, or false',
    false,
  ),
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
  random: func<() => number>(Math.random),
};

/**
 * The standard pipeline, in the one order that holds. Each pair of neighbours has a test that fails when they are swapped.
 *
 * Install what it returns on one client, or on several that call the same service: they share its breaker, gate and budget.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function standardInterceptors(options: StandardInterceptorsOptions): readonly Interceptor[] {
  const {
    name,
    credential,
    scopes,
    tenantId,
    origins,
    sensitiveHeaders,
    inheritCredential,
    profile,
    deadlineMs,
    attemptTimeoutMs,
    stallMs,
    key,
    clock,
    random,
    ...parts
  } = readOptions('standardInterceptors', schemas, options);
  if (credential !== false && scopes === undefined) {
    throw new TypeError(
      'standardInterceptors(): the option "scopes" must be given beside a credential, and is undefined',
    );
  }
  const shared = { clock, random };
  const { respond, ...fallbackOptions } = fallbackPart(parts.fallback);
  const usual: Profile = PROFILES[profile];
  const keyed = { ...shared, ...(key !== undefined && { key }) };
  const tokens = {
    ...shared,
    // Tokens that can be revoked are asked for exactly where somebody answers the challenge: or they loop for hours.
    enableCae: parts.claimsChallenge !== false,
    ...(tenantId !== undefined && { tenantId }),
    ...(origins && { origins }),
    ...(sensitiveHeaders && { sensitiveHeaders }),
    ...(inheritCredential !== undefined && { inheritCredential }),
  };

  // What answers in the place of a failure answers for all of them, the deadline included; it stands there for requests that
  // bring an answer too. A deadline ends everything that waits or repeats. Retries come outside of what refuses, so that a refusal ends them.
  // The gate holds a call before the breaker counts it as a probe. Neither acquires a token for a call that is refused.
  // A challenge is answered inside one attempt, with the token on it; the time limit is for each of its two sends.
  return [
    nameCalls(name),
    parts.correlation && correlate(parts.correlation),
    fallback(respond, { clock, ...fallbackOptions }),
    deadline({ clock, ...usual.deadline, ...(deadlineMs !== undefined && { deadlineMs }) }),
    parts.retry && retry({ ...shared, ...usual.retry?.(), ...parts.retry }),
    parts.throttleGate && throttleGate({ ...keyed, ...usual.throttleGate, ...parts.throttleGate }),
    parts.circuitBreaker && circuitBreaker({ ...keyed, ...parts.circuitBreaker }),
    credential && scopes !== undefined && attachToken(credential, { ...tokens, scopes }),
    credential && parts.claimsChallenge && claimsChallenge(parts.claimsChallenge),
    attemptTimeout({
      clock,
      ...(attemptTimeoutMs !== undefined && { timeoutMs: attemptTimeoutMs }),
      ...(stallMs !== undefined && { stallMs }),
    }),
  ].filter((interceptor) => interceptor !== false);
}

function fallbackPart(wanted: FallbackRespond | FallbackPart | false): FallbackPart {
  if (wanted === false) return {};
  return typeof wanted === 'function' ? { respond: wanted } : wanted;
}
