export { compose, type Interceptor } from './interceptor.js';
export { AlreadyInstalledError, install, type Installation, type InstallOptions } from './install.js';
export { statusError } from './transport.js';
export type { Call } from './call.js';
export type { Attempt } from './journal.js';
export { callOf, currentCall } from './calls.js';
export {
  CurrentCall,
  type Authorization,
  type CallKeeper,
  type Classifying,
  type Ending,
} from './current-call.js';
export { answerOf, type Failure } from './failure.js';
export { classifyBy, outcomeOf, type Classify, type SentAnswer } from './classify.js';
export {
  isTraced,
  publish,
  subscribe,
  trace,
  warning,
  type AttemptEvent,
  type CallEvent,
  type ChallengeEvent,
  type ChallengeKind,
  type CircuitEvent,
  type EventsByChannel,
  type GateEvent,
  type ToldEvents,
  type TokenEvent,
  type TracedEvents,
  type WarningCode,
  type WarningEvent,
} from './events.js';
export {
  described,
  descriptionOf,
  interceptorsOn,
  type DescribedOption,
  type Description,
} from './described.js';
export { LONGEST_TIMER_MS, systemClock, type Clock, type Timer } from './clock.js';
export type { HoldfastErrorCode } from './error-code.js';
export {
  AttemptTimeoutError,
  CircuitOpenError,
  ClientClosedError,
  DeadlineExceededError,
  HoldfastError,
  InteractionRequiredError,
  ThrottledError,
  TokenAcquisitionError,
  TokenOriginError,
  isHoldfastError,
  retryAfterOf,
  type FailureSummary,
  type HoldfastErrorInit,
  type InteractionRequiredErrorInit,
  type AttemptTimeoutErrorInit,
  type TokenAcquisitionErrorInit,
} from './errors.js';
export { AcquisitionBackoff, acquisitionBackoffMs, growingBackoffMs } from './acquisition-backoff.js';
export { retoldFailure, type TokenFailure, type TokenFailureChanges } from './token-failure.js';
export { unavailableFailure, unavailableReasons, type UnavailableInit } from './unavailable-credential.js';
export { cleanMessage, errorSummary, type ErrorSummary } from './error-summary.js';
export { httpReplyFor, type HttpReply, type HttpReplyOptions, type Problem } from './http-reply.js';
export { bearerErrorOf, claimsOf, stepUpOf, type StepUp } from './bearer-challenges.js';
export { parseChallenges, type Challenge } from './challenges.js';
export { printChallenge } from './print-challenge.js';
export { keyOf } from './request-key.js';
export { serviceKey } from './service-key.js';
export { inScope, inherited, outsideOfScopes } from './scopes.js';
export type { TokenDemand } from './token-demand.js';
export { parseRetryAfter, retryDelayOf } from './retry-after.js';
export { jitteredDelayMs, spreadDelayMs } from './retry-delay.js';
export { headerKey, headerLines, headerOf, removeHeader } from './headers.js';
export { isIdempotent, outcomeOfError, outcomeOfResponse } from './outcome.js';
export { printable } from './printable.js';
export { POLICY, type Outcome, type Policy } from './policy.js';
export { baseOf, isSecure, movedTarget, targetOf, type Base, type Target } from './target.js';
export { LinkedSignal } from './signal.js';
export {
  asAbortError,
  cancellationOf,
  isCanceled,
  offCancel,
  onCancel,
  orCanceled,
  startWait,
  wait,
  type Cancelable,
  type Listened,
  type Waiting,
} from './wait.js';
export { discard, isReplayable } from './body.js';
export { stripRequest, type SentRequest } from './sent-request.js';
export {
  accepted,
  count,
  flag,
  func,
  having,
  isLimit,
  isText,
  limit,
  LIMIT_ALLOWED,
  milliseconds,
  quotable,
  quoted,
  ratio,
  readOptions,
  required,
  type Option,
} from './option.js';
export type { RequestBody, RequestOptions } from './request-options.js';
