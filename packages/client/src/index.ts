export type { AgentOptions } from './agents.js';
export { createServiceClient, type ServiceClientOptions } from './service-client.js';
export {
  createClientFactory,
  type ClientFactory,
  type ClientFactoryOptions,
  type Clients,
  type CloseOptions,
} from './client-factory.js';
export type { ReservedName, ServiceDefaults, ServiceOptions, Services } from './client-factory-options.js';
export type {
  ClientsSnapshot,
  ServiceBreaker,
  ServiceGate,
  ServiceSnapshot,
  ServiceSockets,
} from './client-factory-snapshot.js';
export {
  standardInterceptors,
  type FallbackPart,
  type StandardInterceptorsOptions,
} from './standard-interceptors.js';
export { classify } from './classify.js';
export { explain, type Explanation } from './explain.js';
export type { ExplainedInterceptor, ExplainedOption, ExplanationJson } from './explain-json.js';
export type { ExplainedAgent, ExplainedTransport } from './explain-transport.js';
export type { ShownValue } from './explain-value.js';
export type { Place, PlacedInterceptors } from './places.js';
export { correlate, type CorrelateOptions } from './correlate.js';
export { callLogger, type CallLoggerOptions, type LogCall } from './log-call-logger.js';
export { logCalls, type LogCallsOptions } from './log-calls.js';
export type { CallLogger, LogMethod, LogStyle } from './log-calls-writer.js';
export type { CallEnd } from './log-line.js';
export { graphBatch, type GraphBatchOptions } from './graph-batch.js';
export type { GraphCloud } from './graph-cloud.js';
export { graphHints } from './graph-hints.js';
export { graphService, type GraphService, type GraphServiceOptions } from './graph-service.js';
export { nameCalls } from './name-calls.js';
export { ServicesError, type ServicesProblem } from './services-error.js';
export { servicesFrom, type ConfiguredService, type ServicesFromOptions } from './services.js';
export { odataErrorOf, type ODataError, type ODataErrorDetail, type ODataInnerError } from './odata-error.js';
export { followLink, type FollowedLink } from './follow-link.js';
export { paginate, type CursorOptions, type NextRequest, type PaginateOptions } from './paginate.js';
export type { Page, PageSettings, PagedItems } from './paged-items.js';
export { PaginateError } from './paginate-error.js';

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
export {
  RetryBudget,
  retry,
  type RequestRetryOptions,
  type RetryBudgetOptions,
  type RetryOptions,
} from '@holdfast/retry';
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
  ClientClosedError,
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
  type Classify,
  type ErrorSummary,
  type EventsByChannel,
  type GateEvent,
  type HttpReply,
  type HttpReplyOptions,
  type Installation,
  type Interceptor,
  type Outcome,
  type SentAnswer,
  type TokenEvent,
  type WarningEvent,
} from '@holdfast/core';
