import type { AccessToken, GetTokenOptions, TokenCredential } from '@holdfast/token';
import { noTokenFor, refused } from './refused.js';

const EVERY_TENANT = '*';

/**
 * A credential that is asked for tokens of its own tenant, and of those that `AZURE_ADDITIONALLY_ALLOWED_TENANTS` names. A
 * tenant may come from a service's challenge: whoever has set this variable wants no other.
 */
export class AllowedTenants implements TokenCredential {
  readonly #credential: TokenCredential;
  readonly #allowed: ReadonlySet<string>;

  /** `listed` as the variable has it: divided by semicolons, or `*` for every tenant. */
  constructor(credential: TokenCredential, own: string, listed: string) {
    this.#credential = credential;
    this.#allowed = new Set([own, ...listed.split(';')].map((tenant) => tenant.trim().toLowerCase()));
  }

  async getToken(scopes: string | string[], options: GetTokenOptions = {}): Promise<AccessToken | null> {
    const { tenantId } = options;
    const isAllowed =
      tenantId === undefined || this.#allowed.has(EVERY_TENANT) || this.#allowed.has(tenantId.toLowerCase());
    if (isAllowed) return this.#credential.getToken(scopes, options);
    const wanted = typeof scopes === 'string' ? [scopes] : scopes;
    const reason = 'the tenant that was asked for is none of AZURE_ADDITIONALLY_ALLOWED_TENANTS';
    throw refused(`${noTokenFor(wanted)}${reason}`, wanted, { transient: false });
  }
}
