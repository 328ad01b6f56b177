import { circuitBreaker, type Breakers, type CircuitBreakerOptions } from '@holdfast/circuit-breaker';
import { claimsChallenge, type ClaimsChallengeOptions } from '@holdfast/claims-challenge';
import {
  accepted,
  func,
  having,
  quotable,
  readOptions,
  required,
  systemClock,
  type Classify,
  type Clock,
  type Interceptor,
} from '@holdfast/core';
import { fallback, type FallbackOptions, type FallbackRespond } from '@holdfast/fallback';
import { retry, type RetryOptions } from '@holdfast/retry';
import { throttleGate, type GateStore, type ThrottleGateOptions } from '@holdfast/throttle-gate';
import { attemptTimeout, deadline } from '@holdfast/timeout';
import { attachToken, type AttachTokenOptions, type TokenCredential } from '@holdfast/token';
import type { InternalAxiosRequestConfig } from 'axios';
import { classify } from './classify.js';
import { refuseContradictions, refuseUnguardedHeaders } from './contradictions.js';
import { correlate, type CorrelateOptions } from './correlate.js';
import { putArrangement, sourced } from './explain-sources.js';
import { nameCalls } from './name-calls.js';
import { arranged, readPlaces, type PlacedInterceptors, type Rings } from './places.js';
import { PROFILES, isProfileName, type ProfileName } from './profile.js';
import { holdingTwoAttempts, tellDeadline, tellTimeout, withinDeadline } from './yielding-defaults.js';

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
  readonly profile?: ProfileName;
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
  /**
   * Names the class of what comes of a send, for retries, budget, gate, breaker and fallback together: {@link classify}. Default:
   * the outcome table. A healthy answer that is named `unavailable` is sent four times and opens the circuit; a failure that is
   * named `answered` never does; named `not-sent`, a POST that was acted on is sent again.
   */
  readonly classify?: Classify;
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
  /**
   * Interceptors of your own, each further out than the one of its place: `{ retry: audit }`. Default: none. Outside of `retry`
   * one sees each call, inside each attempt.
   */
  readonly before?: PlacedInterceptors;
  /**
   * Interceptors of your own, each directly inside of the one of its place. Default: none. Inside of `attachToken` one sees the
   * token; inside of `attemptTimeout` it stands next to the transport, and what it waits for counts as the service's time.
   */
  readonly after?: PlacedInterceptors;
  /** Where time comes from, for all of them. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Where chance comes from, for all of them: numbers from 0 up to 1. Default: `Math.random`. */
  readonly random?: () => number;
}

/** Who makes a pipeline for its user, and what it puts there by itself. */
export interface PipelineOwner {
  /** As an explanation tells it. */
  readonly name: string;
  readonly admit: Interceptor;
  readonly clock: Clock;
  readonly breakers: Breakers | undefined;
  readonly store: GateStore | undefined;
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
  profile: quotable(accepted<ProfileName>(isProfileName, '"interactive" or "batch"', 'interactive')),
  deadlineMs: given<number | false>(),
  attemptTimeoutMs: given<number | false>(),
  stallMs: given<number | false>(),
  key: given<(config: InternalAxiosRequestConfig) => string>(),
  correlation: part<CorrelateOptions>(),
  classify: accepted<Classify | undefined>((value) => typeof value === 'function', 'a function', undefined),
  retry: part<RetryOptions>(),
  throttleGate: part<ThrottleGateOptions>(),
  circuitBreaker: part<CircuitBreakerOptions>(),
  claimsChallenge: part<ClaimsChallengeOptions>(),
  fallback: accepted<FallbackRespond | FallbackPart | false>(
    (value) => value === false || typeof value === 'function' || isObject(value),
    'a function, an object of options, or false',
    false,
  ),
  before: given<PlacedInterceptors>(),
  after: given<PlacedInterceptors>(),
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
  random: func<() => number>(Math.random),
};

/**
 * The standard pipeline, in the one order that holds (`PLACES`). Each pair of neighbours has a test that fails when they are
 * swapped.
 *
 * Install what it returns on one client, or on several that call the same service: they share its breaker, gate and budget.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function standardInterceptors(options: StandardInterceptorsOptions): readonly Interceptor[] {
  return standardPipeline(options);
}

/**
 * The same. With an owner, its parts stand where the user gives none, and are told for its; `axiosTimeoutMs` is axios's own
 * limit for each send of the client.
 */
export function standardPipeline(
  options: StandardInterceptorsOptions,
  owner?: PipelineOwner,
  axiosTimeoutMs = 0,
): readonly Interceptor[] {
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
    before,
    after,
    clock,
    random,
    ...parts
  } = readOptions('standardInterceptors', schemas, options);
  if (credential !== false && scopes === undefined) {
    throw new TypeError(
      'standardInterceptors(): the option "scopes" must be given beside a credential, and is undefined',
    );
  }
  refuseUnguardedHeaders(credential, sensitiveHeaders);
  const { respond, ...fallbackOptions } = fallbackPart(parts.fallback);
  const usual = PROFILES[profile];
  const source = `profile ${profile}`;
  const time = owner ? { source: owner.name, options: { clock: owner.clock } } : { options: { clock } };
  const chance = { options: { random } };
  const keyed = { options: { random, key } };
  const ofOwner = (own: object) => (owner ? { source: owner.name, options: own } : { options: {} });
  const circuits = ofOwner({ breakers: owner?.breakers });
  const closures = ofOwner({ store: owner?.store });
  // Tokens that can be revoked are asked for exactly where somebody answers the challenge: or they loop for hours.
  const revocable = { source: 'claimsChallenge', options: { enableCae: parts.claimsChallenge !== false } };
  const tokens = { scopes, tenantId, origins, sensitiveHeaders, inheritCredential };

  const whole = sourced(deadline, { deadlineMs }, time, { source, options: usual.deadline ?? {} });
  const attempt = sourced(attemptTimeout, { timeoutMs: attemptTimeoutMs, stallMs }, time);
  tellTimeout(attempt, axiosTimeoutMs);
  tellDeadline(whole, attempt);
  const ofRetry = { source, options: usual.retry?.() ?? {} };
  const ofGate = { source, options: usual.throttleGate ?? {} };
  const { retry: retries, throttleGate: gate, circuitBreaker: breaker, claimsChallenge: challenges } = parts;
  const rings: Rings = {
    fallback: sourced((own: FallbackOptions) => fallback(respond, own), fallbackOptions, time),
    deadline: whole,
    retry:
      retries &&
      withinDeadline(whole, ['baseDelayMs', 'maxDelayMs'], (more) =>
        sourced(retry, retries, time, chance, ofRetry, more),
      ),
    throttleGate:
      gate &&
      withinDeadline(whole, ['probeTimeoutMs', 'rampMs'], (more) =>
        sourced(throttleGate, gate, time, keyed, closures, ofGate, more),
      ),
    circuitBreaker:
      breaker &&
      holdingTwoAttempts(attempt, (more) => sourced(circuitBreaker, breaker, time, keyed, circuits, more)),
    attachToken:
      credential &&
      sourced((own: AttachTokenOptions) => attachToken(credential, own), tokens, time, chance, revocable),
    claimsChallenge: credential && challenges && sourced(claimsChallenge, challenges),
    attemptTimeout: attempt,
  };
  refuseContradictions(rings);

  const standing = [
    { interceptor: nameCalls(name), place: undefined },
    ...(parts.correlation ? [{ interceptor: sourced(correlate, parts.correlation), place: undefined }] : []),
    ...(parts.classify ? [{ interceptor: classify(parts.classify), place: undefined }] : []),
    // Outside of all that answers or waits.
    ...(owner ? [{ interceptor: owner.admit, place: undefined }] : []),
    ...arranged(rings, readPlaces('before', before), readPlaces('after', after)),
  ];
  const pipeline = standing.map(({ interceptor }) => interceptor);
  putArrangement(pipeline, { profile, places: standing.map(({ place }) => place) });
  return pipeline;
}

function fallbackPart(wanted: FallbackRespond | FallbackPart | false): FallbackPart {
  if (wanted === false) return {};
  return typeof wanted === 'function' ? { respond: wanted } : wanted;
}
