export type { Cloud } from './authority-options.js';
export { clientCredential, type ClientCredentialOptions } from './client-credential.js';
export { workloadIdentity, type Environment, type WorkloadIdentityOptions } from './workload-identity.js';
export type {
  CertificateContent,
  CertificateFile,
  CertificateSource,
  CertificateUse,
  ClientCertificate,
} from './certificate-source.js';
export type { TextSource } from './proof-readers.js';
export type { ProofRequest } from './proof-request.js';
