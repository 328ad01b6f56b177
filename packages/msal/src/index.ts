export { clientCredential, type ClientCredentialOptions } from './client-credential.js';
