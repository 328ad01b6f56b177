export { createServiceClient, type ServiceClientOptions } from './service-client.js';
export {
  standardInterceptors,
  type FallbackPart,
  type StandardInterceptorsOptions,
} from './standard-interceptors.js';
export { correlate, type CorrelateOptions } from './correlate.js';
export { nameCalls } from './name-calls.js';

export {
  Breakers,
  circuitBreaker,
  type Breaker,
  type BreakerSnapshot,
  type BreakerWindow,
  type BreakersSnapshot,
  type CircuitBreakerInterceptor,
  type CircuitBreakerOptions,
  type CircuitMode,
  type CircuitOptions,
  type CircuitState,
  type CircuitStateChange,
  type ForcedStateOptions,
} from '@holdfast/circuit-breaker';
export {
  challengeFor,
  claimsChallenge,
  type ChallengeForOptions,
  type Challenger,
  type ClaimsChallengeOptions,
} from '@holdfast/claims-challenge';
export {
  fallback,
  isFallback,
  type FallbackAnswer,
  type FallbackOptions,
  type FallbackReason,
  type FallbackRespond,
} from '@holdfast/fallback';
export { RetryBudget, retry, type RetryBudgetOptions, type RetryOptions } from '@holdfast/retry';
export {
  throttleGate,
  type Closure,
  type GateStore,
  type ThrottleGateOptions,
} from '@holdfast/throttle-gate';
export {
  attemptTimeout,
  deadline,
  withDeadline,
  type AttemptTimeoutOptions,
  type DeadlineOptions,
  type WithDeadlineOptions,
} from '@holdfast/timeout';
export {
  attachToken,
  cachedCredential,
  withCredential,
  type AttachTokenOptions,
  type TokenCredential,
  type TokenHolder,
} from '@holdfast/token';

export {
  AlreadyInstalledError,
  AttemptTimeoutError,
  CircuitOpenError,
  DeadlineExceededError,
  HoldfastError,
  InteractionRequiredError,
  ThrottledError,
  TokenAcquisitionError,
  TokenOriginError,
  callOf,
  compose,
  currentCall,
  errorSummary,
  httpReplyFor,
  install,
  isHoldfastError,
  retryAfterOf,
  subscribe,
  type Attempt,
  type AttemptEvent,
  type Call,
  type CallEvent,
  type Challenge,
  type ChallengeEvent,
  type ChallengeKind,
  type CircuitEvent,
  type ErrorSummary,
  type EventsByChannel,
  type GateEvent,
  type HttpReply,
  type HttpReplyOptions,
  type Installation,
  type Interceptor,
  type TokenEvent,
  type WarningEvent,
} from '@holdfast/core';
