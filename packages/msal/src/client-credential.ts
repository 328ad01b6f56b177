import {
  accepted,
  asAbortError,
  having,
  limit,
  orCanceled,
  readOptions,
  required,
  systemClock,
  wait,
  type Cancelable,
  type Clock,
} from '@holdfast/core';
import type { AccessToken, GetTokenOptions, TokenCredential } from '@holdfast/token';
import { acquisitionError, refused } from './acquisition-error.js';
import { Application } from './application.js';
import { PipelineNetwork } from './network.js';

/** Options of {@link clientCredential}. */
export interface ClientCredentialOptions {
  /** The directory's id, or a domain of it. Required. */
  readonly tenantId: string;
  /** The application's (client) id. Required. */
  readonly clientId: string;
  /** The secret, or who knows it: asked at every acquisition, so that it can be changed without a restart. Required. */
  readonly clientSecret: string | (() => string | Promise<string>);
  /** The authority's URL, tenant included. Default: `https://login.microsoftonline.com/<tenantId>`. */
  readonly authority?: string;
  /** The authority's OpenID Connect metadata as JSON text: nothing has to be looked up at the start. Default: looked up. */
  readonly authorityMetadata?: string;
  /**
   * Milliseconds for one request to the identity provider, and for a `clientSecret` function; `false` for no limit.
   * Default: 10,000. Too short, and a slow provider is asked again and again; too long, and calls without a token wait for
   * nothing.
   */
  readonly timeoutMs?: number | false;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
}

const schemas = {
  tenantId: required<string>(isText, 'the id of a directory'),
  clientId: required<string>(isText, 'the id of an application'),
  clientSecret: required<string | (() => string | Promise<string>)>(
    (value) => isText(value) || typeof value === 'function',
    'a secret, or a function that returns one',
  ),
  authority: accepted<string | undefined>(isHttpsUrl, 'an https URL', undefined),
  authorityMetadata: accepted<string | undefined>(isText, 'JSON text', undefined),
  timeoutMs: limit(10_000),
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
};

/**
 * The credential of an application that proves itself by a secret (OAuth client credentials, RFC 6749, section 4.4), by
 * MSAL Node. Every `getToken` is one request to the identity provider: put it into `attachToken()` or `cachedCredential()`.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function clientCredential(options: ClientCredentialOptions): TokenCredential {
  return new ClientCredential(readOptions('clientCredential', schemas, options));
}

interface Settings {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string | (() => string | Promise<string>);
  readonly authority: string | undefined;
  readonly authorityMetadata: string | undefined;
  readonly timeoutMs: number | false;
  readonly clock: Clock;
}

class ClientCredential implements TokenCredential {
  readonly #settings: Settings;
  readonly #network: PipelineNetwork;
  /** By tenant, and whether `cp1` is declared: that belongs to an acquisition, and MSAL has it in the application. */
  readonly #applications = new Map<string, Application>();

  constructor(settings: Settings) {
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
    const secret = await this.#secret(wanted, caller);
    let token: AccessToken | undefined;
    try {
      token = await application.acquire(secret, { scopes: wanted, claims });
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
      const { clientId, authorityMetadata } = this.#settings;
      const authority = this.#authority(tenantId);
      application = new Application(
        { clientId, authority, authorityMetadata, answersChallenges },
        this.#network,
      );
      this.#applications.set(key, application);
    }
    return application;
  }

  #authority(tenantId: string): string {
    const { authority, authorityMetadata } = this.#settings;
    if (tenantId === this.#settings.tenantId)
      return authority ?? `https://login.microsoftonline.com/${tenantId}`;
    if (authorityMetadata !== undefined)
      throw new TypeError(
        'clientCredential(): with authorityMetadata, which is that of one tenant, no other can be asked',
      );
    return new URL(`/${encodeURIComponent(tenantId)}`, authority ?? 'https://login.microsoftonline.com').href;
  }

  async #secret(scopes: readonly string[], caller: Cancelable): Promise<string> {
    const { clientSecret } = this.#settings;
    if (typeof clientSecret === 'string') return clientSecret;
    const over = new AbortController();
    let secret: unknown;
    try {
      secret = await orCanceled(Promise.race([clientSecret(), this.#tooLong(over.signal)]), caller);
    } catch (error) {
      // Its name only: a vault's error can hold the request, and with it the token for the vault.
      const name = error instanceof Error ? error.name : typeof error;
      const message = `No token for ${scopes.join(' ')}: the clientSecret function failed (${name})`;
      throw refused(message, scopes, { transient: true });
    } finally {
      over.abort();
    }
    if (typeof secret === 'string' && secret !== '') return secret;
    const message = `No token for ${scopes.join(' ')}: the clientSecret function returned no text`;
    throw refused(message, scopes, { transient: false });
  }

  /** Rejects once a clientSecret function has had its time, unless it is over before. */
  async #tooLong(over: AbortSignal): Promise<never> {
    const { timeoutMs, clock } = this.#settings;
    if (timeoutMs === false) return new Promise<never>(() => undefined);
    await wait(timeoutMs, { signal: over }, clock);
    throw Object.assign(new Error('The clientSecret function took too long'), { name: 'TimeoutError' });
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isHttpsUrl(value: unknown): boolean {
  return typeof value === 'string' && URL.canParse(value) && new URL(value).protocol === 'https:';
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
