import type { TokenRequest } from './acquisition.js';
import { isScopes, isText } from './scopes.js';
import type { TokenEntry } from './token-entry.js';

/** One entry, in its place among those that were used before it and after it. */
interface Place {
  readonly entry: TokenEntry;
  readonly tenant: Tenant;
  readonly key: string;
  older: Place | undefined;
  newer: Place | undefined;
}

class Tenant {
  readonly id: string | undefined;
  readonly revocable = new Map<string, Place>();
  readonly plain = new Map<string, Place>();

  constructor(id: string | undefined) {
    this.id = id;
  }
}

// More than a process has tenants and sets of scopes for one credential, unless it takes either from its callers.
const MOST_ENTRIES = 10_000;

/**
 * The entries of a cache, by tenant, set of scopes, and whether challenges are answered. Bounded: what was used longest ago
 * makes room. A look-up makes nothing: a key of all three would cost more than the rest, and so would a Map that is
 * brought into the order of use.
 */
export class TokenEntries {
  readonly #create: (request: TokenRequest) => TokenEntry;
  readonly #tenants = new Map<string | undefined, Tenant>();
  #size = 0;
  #oldest: Place | undefined = undefined;
  #newest: Place | undefined = undefined;
  #lastList: readonly string[] = [];
  #lastKey = '';

  constructor(create: (request: TokenRequest) => TokenEntry) {
    this.#create = create;
  }

  get size(): number {
    return this.#size;
  }

  /** @throws {TypeError} for what is no scope, no list of scopes, or no tenant. */
  of(scopes: string | readonly string[], tenantId: string | undefined, enableCae: boolean): TokenEntry {
    const tenant = this.#tenants.get(tenantId);
    const key = this.#keyOf(scopes);
    const place = (enableCae ? tenant?.revocable : tenant?.plain)?.get(key);
    if (place === undefined) return this.#add(scopes, tenant, { tenantId, enableCae }, key);
    if (place !== this.#newest) {
      this.#takeOut(place);
      this.#append(place);
    }
    return place.entry;
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
    known: Tenant | undefined,
    { tenantId, enableCae }: Omit<TokenRequest, 'scopes'>,
    key: string,
  ): TokenEntry {
    check('scopes', scopes, isScopes, 'a scope, or a list of scopes');
    check('tenantId', tenantId, (id) => id === undefined || isText(id), 'a tenant');
    // The caller's list may be another one by the next acquisition.
    const unique = typeof scopes === 'string' ? [scopes] : [...new Set(scopes)];
    const entry = this.#create({ scopes: unique, tenantId, enableCae });
    const oldest = this.#oldest;
    if (oldest !== undefined && this.#size >= MOST_ENTRIES) this.#forget(oldest);

    const tenant = known ?? new Tenant(tenantId);
    const place: Place = { entry, tenant, key, older: undefined, newer: undefined };
    (enableCae ? tenant.revocable : tenant.plain).set(key, place);
    this.#tenants.set(tenantId, tenant);
    this.#append(place);
    this.#size += 1;
    return entry;
  }

  #forget(place: Place): void {
    const { tenant, key } = place;
    this.#takeOut(place);
    this.#size -= 1;
    for (const entries of [tenant.revocable, tenant.plain])
      if (entries.get(key) === place) entries.delete(key);
    if (tenant.revocable.size + tenant.plain.size === 0) this.#tenants.delete(tenant.id);
  }

  #takeOut(place: Place): void {
    if (place.older === undefined) this.#oldest = place.newer;
    else place.older.newer = place.newer;
    if (place.newer === undefined) this.#newest = place.older;
    else place.newer.older = place.older;
  }

  #append(place: Place): void {
    place.older = this.#newest;
    place.newer = undefined;
    if (this.#newest === undefined) this.#oldest = place;
    else this.#newest.newer = place;
    this.#newest = place;
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
