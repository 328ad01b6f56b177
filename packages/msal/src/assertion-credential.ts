import type { Clock } from '@holdfast/core';
import type { AccessToken, GetTokenOptions } from '@holdfast/token';
import type { UserToken } from './account.js';
import type { ConfidentialClient } from './confidential-client.js';
import { demandOf } from './demand.js';
import type { UserAssertion } from './user-assertion.js';
import { notSignedIn } from './user-failure.js';

/** By what the credentials of users live. */
export interface AssertionSettings {
  readonly clock: Clock;
  /** Milliseconds before its expiry at which a token is taken for expired by the cache above. */
  readonly clockSkewMs: number;
}

/** The credential of one user, as long as the token by which he came lives. */
export class AssertionCredential {
  readonly #client: ConfidentialClient;
  readonly #assertion: UserAssertion;
  readonly #settings: AssertionSettings;

  constructor(client: ConfidentialClient, assertion: UserAssertion, settings: AssertionSettings) {
    this.#client = client;
    this.#assertion = assertion;
    this.#settings = settings;
  }

  /** @throws {InteractionRequiredError} once the token by which he came has expired: the provider is not asked then. */
  async getToken(scopes: string | string[], options: GetTokenOptions = {}): Promise<UserToken> {
    this.#check(scopes, options);
    const token = await this.#client.tokenFor(this.#assertion, scopes, options);
    this.#check(scopes, options);
    return { ...token, ...this.#instantsOf(token), account: token.account ?? this.#assertion.account() };
  }

  /** What the API has asked for goes along: it is what he has to be asked for. */
  #check(scopes: string | string[], options: GetTokenOptions): void {
    const { expiresAt } = this.#assertion;
    if (expiresAt === undefined || this.#settings.clock.now() < expiresAt) return;
    const wanted = typeof scopes === 'string' ? [scopes] : scopes;
    const asked = { scopes: wanted, demand: demandOf(options) };
    throw notSignedIn(asked, 'the token by which he came has expired');
  }

  #instantsOf({ expiresOnTimestamp }: AccessToken): Partial<AccessToken> {
    const { expiresAt } = this.#assertion;
    if (expiresAt === undefined || expiresOnTimestamp <= expiresAt) return {};
    const { clock, clockSkewMs } = this.#settings;
    // No other one would serve for longer, so it is not asked for ahead: as late as the cache above takes it.
    const marginMs = Math.min(clockSkewMs, (expiresAt - clock.now()) / 4);
    return { expiresOnTimestamp: expiresAt, refreshAfterTimestamp: expiresAt - marginMs - 1 };
  }
}
