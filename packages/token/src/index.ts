export { attachToken, type AttachTokenOptions } from './attach-token.js';
export {
  cachedCredential,
  isCached,
  type CachedCredential,
  type CachedCredentialOptions,
} from './cached-credential.js';
export { identityOf } from './credential-identity.js';
export { inheritedBy, withCredential } from './inherited-credential.js';
export {
  isTokenCredential,
  type AbortSignalLike,
  type AccessToken,
  type GetTokenOptions,
  type TokenCredential,
  type TokenHolder,
} from './token-credential.js';
