import { accepted, having, limit, readOptions, required, systemClock, type Clock } from '@holdfast/core';
import type { TokenCredential } from '@holdfast/token';
import { Authority } from './authority.js';
import { ConfidentialClient } from './confidential-client.js';
import { ProofSource, type SecretSource } from './proof.js';

/** Options of {@link clientCredential}. */
export interface ClientCredentialOptions {
  /** The directory's id, or a domain of it. Required. */
  readonly tenantId: string;
  /** The application's (client) id. Required. */
  readonly clientId: string;
  /** The secret, or who knows it: asked at every acquisition, so that it can be changed without a restart. Required. */
  readonly clientSecret: SecretSource;
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
  clientSecret: required<SecretSource>(
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
  const settings = readOptions('clientCredential', schemas, options);
  return new ConfidentialClient({
    ...settings,
    authority: new Authority(settings),
    proof: new ProofSource(settings),
  });
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isHttpsUrl(value: unknown): boolean {
  return typeof value === 'string' && URL.canParse(value) && new URL(value).protocol === 'https:';
}
