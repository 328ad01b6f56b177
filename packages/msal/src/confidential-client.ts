import { asAbortError, orCanceled, type Cancelable } from '@holdfast/core';
import type { AccessToken, GetTokenOptions, TokenCredential } from '@holdfast/token';
import { acquisitionError } from './acquisition-error.js';
import { refused } from './refused.js';
import { Application, type AcquisitionRequest } from './application.js';
import type { Authority, TenantAuthority } from './authority.js';
import { isJsonObject } from './claims.js';
import { countCredential } from './credential-count.js';
import { demandOf } from './demand.js';
import { PipelineNetwork, type Exchange } from './network.js';
import type { Proof, ProofSource } from './proof.js';
import { sendProven } from './proven-request.js';
import type { NetworkSettings } from './provider-connection.js';
import { ProviderGates } from './provider-gates.js';
import type { EncryptedStore } from './encrypted-store.js';
import type { Region } from './region.js';
import { refuseStepUp } from './step-up.js';
import { StoredTokens, type StoredToken } from './stored-tokens.js';
import type { UserAssertion } from './user-assertion.js';
import { userFailure } from './user-failure.js';

/** What a confidential client is made of. */
export interface ConfidentialClientSettings extends NetworkSettings {
  readonly tenantId: string | undefined;
  readonly clientId: string;
  readonly authority: Authority;
  readonly region: Region;
  readonly proof: ProofSource;
  readonly random: () => number;
  /** Where access tokens outlive the process. */
  readonly store: EncryptedStore | undefined;
}

/** What is asked of a client, and by whom. */
interface Asked {
  readonly user: UserAssertion | undefined;
  readonly wanted: readonly string[];
  readonly options: GetTokenOptions;
  readonly caller: Cancelable;
}

// A tenant may come from a request. One that had to make room is made again: that costs a look-up of metadata at most.
const MOST_APPLICATIONS = 100;

/** An application that acquires tokens in its own name, each by one request to the identity provider. */
export class ConfidentialClient implements TokenCredential {
  readonly #settings: ConfidentialClientSettings;
  readonly #network: PipelineNetwork;
  readonly #gates: ProviderGates;
  readonly #stored: StoredTokens;
  #isCounted = false;
  /** By tenant, and whether `cp1` is declared: that belongs to an acquisition, and MSAL has it in the application. */
  readonly #applications = new Map<string, Application>();

  constructor(settings: ConfidentialClientSettings) {
    this.#settings = settings;
    this.#network = new PipelineNetwork(settings);
    this.#gates = new ProviderGates(settings);
    this.#stored = new StoredTokens(settings.store, settings.clock);
  }

  getToken(scopes: string | string[], options: GetTokenOptions = {}): Promise<AccessToken> {
    return this.tokenFor(undefined, scopes, options);
  }

  /** A token for a user, on whose behalf the application asks; for itself where there is none. */
  tokenFor(
    user: UserAssertion | undefined,
    scopes: string | string[],
    options: GetTokenOptions,
  ): Promise<StoredToken> {
    const { abortSignal } = options;
    const caller: Cancelable = abortSignal === undefined ? {} : { signal: abortSignal };
    const wanted = typeof scopes === 'string' ? [scopes] : scopes;
    return asAbortError(orCanceled(this.#token({ user, wanted, options, caller }), caller));
  }

  async #token(asked: Asked): Promise<StoredToken> {
    const { user, wanted, options, caller } = asked;
    const { claims, tenantId, enableCae = false, forceRefresh = false } = options;
    refuseStepUp(wanted, options);
    // MSAL ignores claims that it cannot read, and would answer the challenge with the token that was refused.
    if (claims !== undefined && !isJsonObject(claims)) {
      const message = `No token for ${wanted.join(' ')}: the claims are not a JSON object`;
      throw refused(message, wanted, { transient: false });
    }
    const authority = this.#settings.authority.of(tenantId, wanted);
    const name = {
      authority: authority.authority,
      clientId: this.#settings.clientId,
      principal: user?.principal,
      scopes: wanted,
      answersChallenges: enableCae,
    };
    const need = { demand: demandOf({ claims }), forceRefresh, caller, goneAt: user?.expiresAt };
    return this.#stored.of(name, need, () =>
      this.#network.during(options.abortSignal, (exchange) => this.#acquire(asked, authority, exchange)),
    );
  }

  async #acquire(
    { user, wanted, options, caller }: Asked,
    authority: TenantAuthority,
    exchange: Exchange,
  ): Promise<StoredToken> {
    const { claims, tenantId, enableCae = false } = options;
    const application = this.#application(authority, enableCae);
    this.#count(authority.authority);
    // Whoever comes with one token after the other is one user, and his trouble his own.
    const principal = user?.account().homeAccountId;
    const arrival = { authority: authority.authority, scopes: wanted, caller, principal };
    const { tenantId: own, clientId } = this.#settings;
    const need = { tenantId: tenantId ?? own, clientId, scopes: wanted, caller };
    // A vault is not asked either for what the provider would not be asked for.
    this.#gates.check(arrival);
    const { region, proof: source } = this.#settings;
    const detected = region.name();
    // Each asks for his own: one whose vault hangs would hold up all who wait for him at the gate, one after the other.
    const proof = await source.get(need);
    const { correlationId } = exchange;
    const request = { scopes: wanted, claims, azureRegion: await detected, correlationId, user };
    return this.#gates.pass(arrival, () =>
      sendProven(source, proof, need, (shown) => this.#send(application, shown, request, exchange)),
    );
  }

  async #send(
    application: Application,
    proof: Proof,
    request: AcquisitionRequest,
    exchange: Exchange,
  ): Promise<StoredToken> {
    const { scopes, claims, user } = request;
    let token: StoredToken | undefined;
    try {
      token = await application.acquire(proof, request);
    } catch (error) {
      const asked = { scopes, demand: demandOf({ claims }) };
      throw user === undefined
        ? acquisitionError(error, asked, exchange)
        : userFailure(error, asked, exchange);
    }
    if (token === undefined) {
      const message = `No token for ${scopes.join(' ')}: the identity provider answered without one`;
      throw refused(message, scopes, { transient: true });
    }
    return token;
  }

  #count(authority: string): void {
    if (this.#isCounted) return;
    this.#isCounted = true;
    countCredential({ ...this.#settings, authority });
  }

  #application(authority: TenantAuthority, answersChallenges: boolean): Application {
    const key = `${answersChallenges ? 'cp1' : ''} ${authority.authority}`;
    const { clientId } = this.#settings;
    const application =
      this.#applications.get(key) ??
      new Application({ clientId, answersChallenges, ...authority }, this.#network, this.#settings.clock);
    // Last in the map is what was used last; the first one makes room.
    this.#applications.delete(key);
    if (this.#applications.size >= MOST_APPLICATIONS)
      this.#applications.delete(this.#applications.keys().next().value ?? '');
    this.#applications.set(key, application);
    return application;
  }
}
