export type { Cloud } from './authority-options.js';
export { clientCredential, type ClientCredentialOptions } from './client-credential.js';
export { managedIdentity, type ManagedIdentityOptions } from './managed-identity.js';
export type { Account, UserToken } from './account.js';
export { onBehalfOf, type OnBehalfOf, type OnBehalfOfOptions } from './on-behalf-of.js';
export type { ForUserOptions, UserCredential } from './user-credential.js';
export {
  signedInUser,
  type RedeemOptions,
  type SignedInUser,
  type SignedInUserOptions,
  type SignInUrlOptions,
} from './signed-in-user.js';
export {
  deviceCode,
  type DeviceCodeCredential,
  type DeviceCodeOptions,
  type DeviceSignInOptions,
} from './device-code.js';
export type { UserOptions } from './user-options.js';
export type {
  AuthorizationCode,
  DevicePrompt,
  InteractionRequest,
  OnInteractionRequired,
  OpenBrowser,
  ShowDevicePrompt,
  SignInUrl,
} from './sign-in.js';
export { workloadIdentity, type WorkloadIdentityOptions } from './workload-identity.js';
export { firstAvailable } from './first-available.js';
export {
  credentialFromEnvironment,
  type CredentialFromEnvironmentOptions,
  type DeveloperCredentials,
} from './credential-from-environment.js';
export type { DeveloperCredentialName } from './token-credentials-variable.js';
export type { Environment } from './environment.js';
export type {
  CertificateContent,
  CertificateFile,
  CertificateSource,
  CertificateUse,
  ClientCertificate,
} from './certificate-source.js';
export type { TextSource } from './proof-readers.js';
export type { ProofRequest } from './proof-request.js';
export { fileStore, type FileStoreOptions } from './file-store.js';
export { encryptedStore, type EncryptedStore, type EncryptedStoreOptions } from './encrypted-store.js';
export type { StoreKey } from './store-keys.js';
export type { StoreLockOptions, TokenStore } from './token-store.js';
