import { readOptions } from '@holdfast/core';
import type { TokenCredential } from '@holdfast/token';
import { AUTHORITY_OPTIONS } from './authority-options.js';
import { Authority } from './authority.js';
import {
  CONFIDENTIAL_CLIENT_OPTIONS,
  proofReaderOf,
  type ConfidentialClientOptions,
} from './confidential-client-options.js';
import { ConfidentialClient } from './confidential-client.js';
import { ProofSource } from './proof.js';
import { Region } from './region.js';

/** Options of {@link clientCredential}. */
export interface ClientCredentialOptions extends ConfidentialClientOptions {
  /**
   * The Azure region whose token endpoint is asked, `auto` to detect the one this runs in, `false` for the global endpoint
   * whatever the environment says. Default: the environment variable `MSAL_FORCE_REGION`. A region too far away makes every
   * token slow, one that does not exist makes none.
   */
  readonly azureRegion?: string | false;
}

const schemas = { ...CONFIDENTIAL_CLIENT_OPTIONS, azureRegion: AUTHORITY_OPTIONS.azureRegion };

/**
 * The credential of an application that proves itself by a secret, a certificate or an assertion (OAuth client
 * credentials, RFC 6749, section 4.4), by MSAL Node. Every `getToken` is one request to the identity provider: put it into `attachToken()` or `cachedCredential()`.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function clientCredential(options: ClientCredentialOptions): TokenCredential {
  const settings = readOptions('clientCredential', schemas, options);
  const authority = new Authority('clientCredential', settings);
  return new ConfidentialClient({
    ...settings,
    authority,
    region: new Region('clientCredential', authority.hasRegions && settings.azureRegion, settings.clock),
    proof: new ProofSource(proofReaderOf('clientCredential', settings), settings),
  });
}
