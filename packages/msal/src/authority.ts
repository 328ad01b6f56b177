/** Where an application asks for tokens. */
export interface AuthoritySettings {
  readonly tenantId: string;
  readonly authority: string | undefined;
  readonly authorityMetadata: string | undefined;
}

/** One tenant's authority, as MSAL wants it told. */
export interface TenantAuthority {
  readonly authority: string;
  readonly authorityMetadata: string | undefined;
}

/** The authority of the credential's own tenant, and of others in the same cloud. */
export class Authority {
  readonly #settings: AuthoritySettings;

  constructor(settings: AuthoritySettings) {
    this.#settings = settings;
  }

  /** @throws {TypeError} for a tenant that cannot be asked. */
  of(tenantId: string): TenantAuthority {
    const { authority, authorityMetadata } = this.#settings;
    if (tenantId === this.#settings.tenantId) {
      const own = authority ?? `https://login.microsoftonline.com/${tenantId}`;
      return { authority: own, authorityMetadata };
    }
    if (authorityMetadata !== undefined)
      throw new TypeError(
        'clientCredential(): with authorityMetadata, which is that of one tenant, no other can be asked',
      );
    const base = authority ?? 'https://login.microsoftonline.com';
    return {
      authority: new URL(`/${encodeURIComponent(tenantId)}`, base).href,
      authorityMetadata: undefined,
    };
  }
}
