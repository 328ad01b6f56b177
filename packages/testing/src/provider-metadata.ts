/** Metadata of OpenID Connect Discovery, as far as MSAL reads them. */
export interface ProviderMetadata {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly device_authorization_endpoint: string;
  readonly jwks_uri: string;
  readonly token_endpoint_auth_methods_supported: readonly string[];
  readonly response_types_supported: readonly string[];
  readonly subject_types_supported: readonly string[];
  readonly id_token_signing_alg_values_supported: readonly string[];
}

/** What OpenID Connect Discovery publishes; `here` is the tenant's address on loopback. */
export function metadataOf(issuer: string, here: string): ProviderMetadata {
  return {
    issuer,
    authorization_endpoint: `${here}/oauth2/v2.0/authorize`,
    token_endpoint: `${here}/oauth2/v2.0/token`,
    device_authorization_endpoint: `${here}/oauth2/v2.0/devicecode`,
    jwks_uri: `${here}/discovery/v2.0/keys`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'],
    response_types_supported: ['code'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
  };
}
