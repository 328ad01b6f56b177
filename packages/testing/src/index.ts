export { manualClock, type ManualClock, type ManualClockOptions } from './manual-clock.js';
export {
  scriptedTransport,
  type AnswerStep,
  type ErrorStep,
  type ScriptedTransport,
  type ScriptedTransportOptions,
  type ScriptFunction,
  type Step,
  type TransportRequest,
} from './scripted-transport.js';
export { startIdentityProvider } from './loopback-identity-provider.js';
export type {
  FaultOptions,
  IdentityProvider,
  IdentityProviderOptions,
  OAuthFault,
  TokenFault,
  TokenRequest,
  UserTokenOptions,
} from './identity-provider.js';
export type { AppRegistration, PublicAppRegistration } from './app-registration.js';
export type { User, UserInit } from './users.js';
export type { InteractionPolicy } from './interaction-policies.js';
export type { DeviceSignIn } from './device-grant.js';
export type { AuthorizationRequest, SignInError } from './authorization-endpoint.js';
export type { FederatedIssuer, ProofKind } from './client-proofs.js';
export type { TokenClaims, VerifyOptions } from './token-issuer.js';
export { startProtectedApi, type ApiFault, type ApiRequest, type ProtectedApi } from './protected-api.js';
export type { ProtectedApiOptions } from './protected-api-options.js';
export type { StepUpOptions } from './step-up.js';
export type { ThrottleOptions } from './throttle.js';
export type { DripFault, HangFault, ResetFault, StallFault, StatusFault } from './faults.js';
export type { Answer } from './loopback-server.js';
export {
  startManagedIdentityEndpoint,
  type AnswerFault,
  type ManagedIdentityEndpoint,
  type ManagedIdentityEndpointOptions,
  type ManagedIdentityFault,
  type ManagedIdentityRequest,
  type UserAssignedIdentity,
} from './managed-identity-endpoint.js';
export type { ManagedIdentitySource } from './managed-identity-source.js';
export { createTestClient, type TestClientOptions } from './test-client.js';
export { testDefaults, type TestDefaults, type TestDefaultsOptions } from './test-defaults.js';
export { testClock, type TestClock } from './test-clock.js';
export { recordCalls, type RecordedCalls } from './recorded-calls.js';
export { challengeHeader, type ChallengeInit } from './challenge-header.js';
export {
  StaticCredential,
  staticCredential,
  type CredentialAnswer,
  type CredentialFunction,
  type CredentialRequest,
  type GetTokenOptions,
  type StaticToken,
} from './static-credential.js';
