export { compose, type Interceptor } from './interceptor.js';
export {
  AlreadyInstalledError,
  install,
  statusError,
  type Installation,
  type InstallOptions,
} from './install.js';
export { Call, callOf, currentCall, type Attempt, type Authorization, type Failure } from './call.js';
export { LONGEST_TIMER_MS, systemClock, type Clock, type Timer } from './clock.js';
export {
  AttemptTimeoutError,
  CircuitOpenError,
  DeadlineExceededError,
  HoldfastError,
  InteractionRequiredError,
  ThrottledError,
  TokenAcquisitionError,
  TokenOriginError,
  isHoldfastError,
  retryAfterOf,
  type FailureSummary,
  type HoldfastErrorCode,
  type HoldfastErrorInit,
  type InteractionRequiredErrorInit,
  type TokenAcquisitionErrorInit,
} from './errors.js';
export { claimsOf, parseChallenges, type Challenge } from './challenges.js';
export { parseRetryAfter, retryDelayOf } from './retry-after.js';
export { headerKey, headerLines, headerOf } from './headers.js';
export {
  POLICY,
  isIdempotent,
  outcomeOfError,
  outcomeOfResponse,
  type Outcome,
  type Policy,
} from './outcome.js';
export type { Target } from './target.js';
export { LinkedSignal } from './signal.js';
export { cancellationOf, isCanceled, onCancel, orCanceled, wait, type Cancelable } from './wait.js';
export { discard, isReplayable } from './body.js';
export { stripRequest, type SentRequest } from './sent-request.js';
export {
  accepted,
  count,
  flag,
  func,
  having,
  isLimit,
  limit,
  LIMIT_ALLOWED,
  milliseconds,
  ratio,
  readOptions,
  required,
  type Option,
} from './option.js';
export type { RequestOptions } from './request-options.js';
