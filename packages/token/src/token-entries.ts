import { isText } from '@holdfast/core';
import type { TokenRequest } from './acquisition.js';
import { isScopes } from './scopes.js';
import type { TokenEntry } from './token-entry.js';

/** The entries of one tenant, by their scopes. Each Map is made with its first entry: there may be a cache for each of 10,000 users. */
class TenantEntries {
  revocable: Map<string, TokenEntry> | undefined = undefined;
  plain: Map<string, TokenEntry> | undefined = undefined;
}

// More than a process has tenants and sets of scopes for one credential, unless it takes either from its callers.
const MOST_ENTRIES = 10_000;

/**
 * The entries of a cache, by tenant, set of scopes, and whether challenges are answered. Bounded: what was used longest ago
 * makes room. A look-up makes nothing, and touches little: a key of all three would cost more than the rest, and so would a
 * Map or a list that is brought into the order of use. Whoever needs room looks for it, and is about to wait for a token.
 */
export class TokenEntries {
  readonly #create: (request: TokenRequest) => TokenEntry;
  readonly #own = new TenantEntries();
  #tenants: Map<string, TenantEntries> | undefined = undefined;
  #size = 0;
  #uses = 0;
  #lastList: readonly string[] = [];
  #lastKey = '';

  constructor(create: (request: TokenRequest) => TokenEntry) {
    this.#create = create;
  }

  /** @throws {TypeError} for what is no scope, no list of scopes, or no tenant. */
  of(scopes: string | readonly string[], tenantId: string | undefined, enableCae: boolean): TokenEntry {
    const tenant = tenantId === undefined ? this.#own : this.#tenants?.get(tenantId);
    const key = this.#keyOf(scopes);
    const known = (enableCae ? tenant?.revocable : tenant?.plain)?.get(key);
    const entry = known ?? this.#add(scopes, tenant, { tenantId, enableCae }, key);
    entry.usedAs = this.#uses += 1;
    return entry;
  }

  /** The same for every order of the same scopes. */
  #keyOf(scopes: string | readonly string[]): string {
    if (typeof scopes === 'string') return scopes;
    const list = scopes;
    // Whatever is no list is refused by `#add`.
    if (!Array.isArray(scopes)) return '';
    if (list.length < 2) return list[0] ?? '';
    // Who asks for several asks for the same ones each time, and sorting them costs more than the rest.
    if (!isSame(list, this.#lastList)) {
      this.#lastList = [...list];
      // No scope has a space in it.
      this.#lastKey = [...new Set(list)].sort().join(' ');
    }
    return this.#lastKey;
  }

  #add(
    scopes: string | readonly string[],
    known: TenantEntries | undefined,
    { tenantId, enableCae }: Omit<TokenRequest, 'scopes'>,
    key: string,
  ): TokenEntry {
    check('scopes', scopes, isScopes, 'a scope, or a list of scopes');
    check('tenantId', tenantId, (id) => id === undefined || isText(id), 'a tenant');
    // The caller's list may be another one by the next acquisition.
    const unique = typeof scopes === 'string' ? [scopes] : [...new Set(scopes)];
    const entry = this.#create({ scopes: unique, tenantId, enableCae });
    if (this.#size >= MOST_ENTRIES) this.#makeRoom();
    const tenant = known ?? new TenantEntries();
    if (tenantId !== undefined) (this.#tenants ??= new Map()).set(tenantId, tenant);
    const entries = enableCae ? (tenant.revocable ??= new Map()) : (tenant.plain ??= new Map());
    entries.set(key, entry);
    this.#size += 1;
    return entry;
  }

  /** None of them asks the credential any more. */
  retire(): void {
    for (const [, , entries] of this.#maps()) for (const entry of entries.values()) entry.retire();
  }

  /** Forgets the entry that was used longest ago. */
  #makeRoom(): void {
    let least = Infinity;
    let forget: () => void = () => undefined;
    for (const [tenantId, tenant, entries] of this.#maps())
      for (const [key, { usedAs }] of entries) {
        if (usedAs >= least) continue;
        least = usedAs;
        forget = () => {
          entries.delete(key);
          const left = (tenant.revocable?.size ?? 0) + (tenant.plain?.size ?? 0);
          if (tenantId !== undefined && left === 0) this.#tenants?.delete(tenantId);
        };
      }
    forget();
    this.#size -= 1;
  }

  /** Every Map of entries there is, and whose it is. */
  *#maps(): Generator<readonly [string | undefined, TenantEntries, Map<string, TokenEntry>]> {
    for (const [tenantId, tenant] of [[undefined, this.#own] as const, ...(this.#tenants ?? [])])
      for (const entries of [tenant.revocable, tenant.plain])
        if (entries !== undefined) yield [tenantId, tenant, entries];
  }
}

function isSame(scopes: readonly string[], others: readonly string[]): boolean {
  if (scopes.length !== others.length) return false;
  for (let at = 0; at < scopes.length; at += 1) if (scopes[at] !== others[at]) return false;
  return true;
}

function check(name: string, value: unknown, accepts: (value: unknown) => boolean, allowed: string): void {
  if (!accepts(value)) throw new TypeError(`getToken(): "${name}" must be ${allowed}`);
}
