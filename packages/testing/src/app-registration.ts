/** An application without a secret, as command lines and desktops have: to configure a credential with. */
export interface PublicAppRegistration {
  readonly tenantId: string;
  readonly clientId: string;
  /** MSAL refuses authorities over http, so this is the public cloud's … */
  readonly authority: string;
  /** … and these, the metadata of OpenID Connect Discovery as JSON text, lead to the loopback server. */
  readonly authorityMetadata: string;
}

/** The application to configure a credential with. */
export interface AppRegistration extends PublicAppRegistration {
  readonly clientSecret: string;
}
