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
export {
  startIdentityProvider,
  type AppRegistration,
  type IdentityProvider,
  type IdentityProviderOptions,
  type OAuthFault,
  type TokenFault,
  type TokenRequest,
} from './identity-provider.js';
export type { FederatedIssuer, ProofKind } from './client-proofs.js';
export type { TokenClaims, VerifyOptions } from './token-issuer.js';
export {
  startProtectedApi,
  type ApiFault,
  type ApiRequest,
  type ProtectedApi,
  type ProtectedApiOptions,
} from './protected-api.js';
export type { ThrottleOptions } from './throttle.js';
export type { DripFault, HangFault, ResetFault, StallFault, StatusFault } from './faults.js';
export type { Answer } from './loopback-server.js';
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
