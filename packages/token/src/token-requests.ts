import { warning } from '@holdfast/core';
import { identityOf } from './credential-identity.js';
import type { TokenCredential } from './token-credential.js';
import type { TokenRequest } from './acquisition.js';

// Policies change, passwords are reset and networks are left, and each revokes a token or two. One in six minutes is no
// policy any more.
const MOST_UNEXPLAINED = 10;
const WITHIN_MS = 60 * 60_000;

// A cache around a cache asks up to this much earlier than the inner one would: both spread their refreshes.
const EARLY = 0.2;

const MOST_LEDGERS = 10_000;

/**
 * How often one token was asked for without need. A request has one when the credential has given no token, when the one
 * it gave last was to be refreshed or has expired, or when the request before it has failed. All others are answers to a
 * rejection, forced, or those of somebody who does not know that there is a token: another cache, say.
 */
export class TokenRequests {
  readonly #warn: (service: string) => void;
  readonly #service: string;
  #neededFrom = -Infinity;
  #underWay = 0;
  #hasFailed = false;
  /** Epoch milliseconds of the last ones, up to the one that is warned about. */
  readonly #unexplained: number[] = [];

  constructor(service: string) {
    this.#service = service;
    this.#warn = warning(
      'TOKEN_REQUESTS',
      `${MOST_UNEXPLAINED} tokens were asked for within an hour that expiry does not explain: look for a client or a ` +
        'cachedCredential() that is made for each call, several of them around one credential, an API that rejects ' +
        'every token, or forceRefresh',
    );
  }

  /** All instants in epoch milliseconds. */
  begin(now: number): void {
    const isExplained = this.#hasFailed || (now >= this.#neededFrom && this.#underWay === 0);
    this.#underWay += 1;
    if (isExplained) return;
    this.#unexplained.push(now);
    if (this.#unexplained.length > MOST_UNEXPLAINED) this.#unexplained.shift();
    const [first = now] = this.#unexplained;
    if (this.#unexplained.length === MOST_UNEXPLAINED && now - first < WITHIN_MS) this.#warn(this.#service);
  }

  end(): void {
    this.#underWay -= 1;
  }

  succeeded(now: number, refreshAt: number): void {
    this.#hasFailed = false;
    this.#neededFrom = now + (refreshAt - now) * (1 - EARLY);
  }

  failed(): void {
    this.#hasFailed = true;
  }
}

const ledgers = new WeakMap<object, Map<string, TokenRequests>>();

/** Those of one token, whichever cache asks for it. */
export function requestsOf(
  credential: TokenCredential,
  { scopes, tenantId, enableCae }: TokenRequest,
): TokenRequests {
  const identity = identityOf(credential) ?? credential;
  let ofCredential = ledgers.get(identity);
  if (ofCredential === undefined) ledgers.set(identity, (ofCredential = new Map<string, TokenRequests>()));
  const key = JSON.stringify([enableCae, tenantId, ...[...scopes].sort()]);
  let requests = ofCredential.get(key);
  if (requests === undefined) {
    const [oldest] = ofCredential.size >= MOST_LEDGERS ? ofCredential.keys() : [];
    if (oldest !== undefined) ofCredential.delete(oldest);
    ofCredential.set(key, (requests = new TokenRequests(scopes.join(' '))));
  }
  return requests;
}
