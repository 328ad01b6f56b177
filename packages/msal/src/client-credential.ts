import {
  accepted,
  func,
  having,
  isText,
  limit,
  readOptions,
  required,
  systemClock,
  type Clock,
} from '@holdfast/core';
import type { TokenCredential } from '@holdfast/token';
import { Authority } from './authority.js';
import { AUTHORITY_OPTIONS, type Cloud } from './authority-options.js';
import { checkContent, isClientCertificate, type CertificateSource } from './certificate-source.js';
import { ConfidentialClient } from './confidential-client.js';
import { connection, type ConnectionOptions } from './connection.js';
import { CertificateProofReader, TextReader, type TextSource } from './proof-readers.js';
import { ProofSource, type ProofReader } from './proof.js';
import { Region } from './region.js';

/** Options of {@link clientCredential}. */
export interface ClientCredentialOptions {
  /** The directory's id, or a domain of it. Default: the tenant in the path of `authority`. Without either there is no token. */
  readonly tenantId?: string;
  /** The application's (client) id. Required. */
  readonly clientId: string;
  /**
   * The secret, or a function that has it. Default: none. One of `clientSecret`, `clientCertificate` and `clientAssertion`
   * is required. Functions are asked at every acquisition, and once more when the provider has refused what they returned:
   * what they have can be changed without a restart. A wrong one, and there is no token, nor a new try for a minute.
   */
  readonly clientSecret?: TextSource;
  /**
   * A certificate with its private key, in a file or as content, or a function that has it. Default: none. Content is checked
   * at once if it is PEM; a file, or a PFX, at the first acquisition, because it may still be mounted.
   */
  readonly clientCertificate?: CertificateSource;
  /**
   * A JWT of an issuer that the application trusts (workload identity federation), or a function that has it. Default: none.
   * As text it is good until it expires.
   */
  readonly clientAssertion?: TextSource;
  /** The cloud of Microsoft Entra ID that the tenant is in: `public`, `usGovernment` or `china`. Default: `public`. */
  readonly cloud?: Cloud;
  /**
   * The authority's https URL, tenant included, where it is not one of `cloud`. It never comes from a request: the secret
   * goes to where it says. Default: that of `cloud` and `tenantId`.
   */
  readonly authority?: string;
  /**
   * Hosts, beside the authority's own, that the issuer in looked-up metadata may have. Default: none. A missing one, and no
   * token is had from a provider whose issuer has another host; one too many, and a stranger's metadata is believed.
   */
  readonly knownAuthorities?: readonly string[];
  /**
   * The authority's OpenID Connect metadata as JSON text: nothing has to be looked up at the start. With `{tenantid}` in its
   * token_endpoint it is that of every tenant. Default: MSAL's own for the clouds of Microsoft Entra ID; else looked up.
   */
  readonly authorityMetadata?: string;
  /**
   * `OIDC` for a provider that is not Microsoft's: its metadata is looked up right below `authority`, and it has no tenants.
   * Default: AAD. A wrong one, and the metadata is looked for in the wrong place.
   */
  readonly protocolMode?: 'AAD' | 'OIDC';
  /**
   * The Azure region whose token endpoint is asked, `auto` to detect the one this runs in, `false` for the global endpoint
   * whatever the environment says. Default: the environment variable `MSAL_FORCE_REGION`. A region too far away makes every
   * token slow, one that does not exist makes none.
   */
  readonly azureRegion?: string | false;
  /**
   * Milliseconds for one request to the identity provider, and for a function or a file to have the proof; `false` for no limit.
   * Default: 10,000. Too short, and a slow provider is asked again and again; too long, and calls without a token wait for
   * nothing.
   */
  readonly timeoutMs?: number | false;
  /**
   * The way to the identity provider, as in `axios.create()`: `proxy`, `httpAgent`, `httpsAgent`. Default: nothing, and the
   * environment's HTTPS_PROXY and NO_PROXY hold. A wrong one, and no token is had. An agent that trusts too much hands the
   * secret to whoever stands in between.
   */
  readonly axios?: ConnectionOptions;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
  /** A number from 0 to 1, exclusive: spreads the retries of a fleet after an outage. Default: `Math.random`. */
  readonly random?: () => number;
}

interface ProofOptions {
  readonly clientSecret: TextSource | undefined;
  readonly clientCertificate: CertificateSource | undefined;
  readonly clientAssertion: TextSource | undefined;
}

const schemas = {
  ...AUTHORITY_OPTIONS,
  clientId: required<string>(isText, 'the id of an application'),
  clientSecret: accepted<TextSource | undefined>(
    isTextSource,
    'a secret, or a function that returns one',
    undefined,
  ),
  clientCertificate: accepted<CertificateSource | undefined>(
    (value) => isClientCertificate(value) || typeof value === 'function',
    'an object with path or content (and passphrase, sendChain), or a function that returns one',
    undefined,
  ),
  clientAssertion: accepted<TextSource | undefined>(
    isTextSource,
    'a JWT, or a function that returns one',
    undefined,
  ),
  timeoutMs: limit(10_000),
  axios: connection,
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
  random: func<() => number>(Math.random),
};

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
    proof: new ProofSource(readerOf(settings), settings),
    store: undefined,
  });
}

function readerOf({ clientSecret, clientCertificate, clientAssertion }: ProofOptions): ProofReader {
  const readers = [
    clientSecret !== undefined && new TextReader('clientSecret', clientSecret, 'secret'),
    clientCertificate !== undefined && certificateReader(clientCertificate),
    clientAssertion !== undefined && new TextReader('clientAssertion', clientAssertion, 'assertion'),
  ].filter((reader) => reader !== false);
  const [reader] = readers;
  if (reader !== undefined && readers.length === 1) return reader;
  throw new TypeError(
    'clientCredential(): exactly one of the options "clientSecret", "clientCertificate" and "clientAssertion" must be given, ' +
      `and ${reader === undefined ? 'none is' : `${readers.length} are`}`,
  );
}

function certificateReader(source: CertificateSource): ProofReader {
  try {
    if (typeof source !== 'function') checkContent(source);
  } catch (error) {
    // What it says is ours, and holds nothing of the content.
    const { message } = error as Error;
    throw new TypeError(`clientCredential(): the option "clientCertificate": ${message}`, { cause: error });
  }
  return new CertificateProofReader(source);
}

function isTextSource(value: unknown): boolean {
  return isText(value) || typeof value === 'function';
}
