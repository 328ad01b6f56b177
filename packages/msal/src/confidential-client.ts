import { asAbortError, orCanceled, type Cancelable } from '@holdfast/core';
import type { AccessToken, GetTokenOptions, TokenCredential } from '@holdfast/token';
import { acquisitionError, refused } from './acquisition-error.js';
import { Application } from './application.js';
import type { Authority } from './authority.js';
import { PipelineNetwork, type NetworkSettings } from './network.js';
import type { ProofSource } from './proof.js';

/** What a confidential client is made of. */
export interface ConfidentialClientSettings extends NetworkSettings {
  readonly tenantId: string;
  readonly clientId: string;
  readonly authority: Authority;
  readonly proof: ProofSource;
}

/** An application that acquires tokens in its own name, each by one request to the identity provider. */
export class ConfidentialClient implements TokenCredential {
  readonly #settings: ConfidentialClientSettings;
  readonly #network: PipelineNetwork;
  /** By tenant, and whether `cp1` is declared: that belongs to an acquisition, and MSAL has it in the application. */
  readonly #applications = new Map<string, Application>();

  constructor(settings: ConfidentialClientSettings) {
    this.#settings = settings;
    this.#network = new PipelineNetwork(settings);
  }

  getToken(scopes: string | string[], options: GetTokenOptions = {}): Promise<AccessToken> {
    const { abortSignal } = options;
    const caller: Cancelable = abortSignal === undefined ? {} : { signal: abortSignal };
    const wanted = typeof scopes === 'string' ? [scopes] : scopes;
    const acquired = this.#network.endingWith(abortSignal, () => this.#acquire(wanted, options, caller));
    return asAbortError(orCanceled(acquired, caller));
  }

  async #acquire(
    wanted: readonly string[],
    options: GetTokenOptions,
    caller: Cancelable,
  ): Promise<AccessToken> {
    const { claims, tenantId = this.#settings.tenantId, enableCae = false } = options;
    // MSAL ignores claims that it cannot read, and would answer the challenge with the token that was refused.
    if (claims !== undefined && !isJsonObject(claims)) {
      const message = `No token for ${wanted.join(' ')}: the claims are not a JSON object`;
      throw refused(message, wanted, { transient: false });
    }
    const application = this.#application(tenantId, enableCae);
    const proof = await this.#settings.proof.get(wanted, caller);
    let token: AccessToken | undefined;
    try {
      token = await application.acquire(proof, { scopes: wanted, claims });
    } catch (error) {
      throw acquisitionError(error, wanted);
    }
    if (token === undefined) {
      const message = `No token for ${wanted.join(' ')}: the identity provider answered without one`;
      throw refused(message, wanted, { transient: true });
    }
    return token;
  }

  #application(tenantId: string, answersChallenges: boolean): Application {
    const key = `${answersChallenges ? 'cp1' : ''} ${tenantId}`;
    let application = this.#applications.get(key);
    if (application === undefined) {
      const { clientId, authority } = this.#settings;
      const registration = { clientId, answersChallenges, ...authority.of(tenantId) };
      application = new Application(registration, this.#network);
      this.#applications.set(key, application);
    }
    return application;
  }
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
