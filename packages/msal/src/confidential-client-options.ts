import {
  accepted,
  func,
  having,
  isText,
  limit,
  required,
  systemClock,
  type Clock,
  type Option,
} from '@holdfast/core';
import { AUTHORITY_OPTIONS, type AuthoritySettings, type Cloud } from './authority-options.js';
import { checkContent, isClientCertificate, type CertificateSource } from './certificate-source.js';
import { connection, type ConnectionOptions } from './connection.js';
import { STORE_OPTION, type EncryptedStore } from './encrypted-store.js';
import { CertificateProofReader, TextReader, type TextSource } from './proof-readers.js';
import type { ProofReader } from './proof.js';

/** What every factory takes whose credential proves itself by a secret, a certificate or an assertion. */
export interface ConfidentialClientOptions {
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
  /**
   * Where tokens outlive this process, and are shared with others: what `encryptedStore()` returns. Default: none. Without
   * one, every process asks for its own tokens at its start; a bad one costs `timeoutMs` of its own for each token.
   */
  readonly store?: EncryptedStore;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
  /** A number from 0 to 1, exclusive: spreads the retries of a fleet after an outage. Default: `Math.random`. */
  readonly random?: () => number;
}

/** By what an application proves who it is, as it was told: one of them. */
export interface ProofOptions {
  readonly clientSecret: TextSource | undefined;
  readonly clientCertificate: CertificateSource | undefined;
  readonly clientAssertion: TextSource | undefined;
}

interface ConfidentialClientSchemas extends Omit<AuthoritySettings, 'azureRegion'>, ProofOptions {
  readonly clientId: string;
  readonly timeoutMs: number | false;
  readonly axios: ConnectionOptions | undefined;
  readonly store: EncryptedStore | undefined;
  readonly clock: Clock;
  readonly random: () => number;
}

const { tenantId, cloud, authority, knownAuthorities, authorityMetadata, protocolMode } = AUTHORITY_OPTIONS;

/** What {@link ConfidentialClientOptions} are checked by, with the defaults. */
export const CONFIDENTIAL_CLIENT_OPTIONS: {
  readonly [Name in keyof ConfidentialClientSchemas]: Option<ConfidentialClientSchemas[Name]>;
} = {
  tenantId,
  cloud,
  authority,
  knownAuthorities,
  authorityMetadata,
  protocolMode,
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
  store: STORE_OPTION,
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
  random: func<() => number>(Math.random),
};

/**
 * Who has the proof.
 *
 * @throws {TypeError} unless there is exactly one, naming the factory.
 */
export function proofReaderOf(
  factory: string,
  { clientSecret, clientCertificate, clientAssertion }: ProofOptions,
): ProofReader {
  const readers = [
    clientSecret !== undefined && new TextReader('clientSecret', clientSecret, 'secret'),
    clientCertificate !== undefined && certificateReader(factory, clientCertificate),
    clientAssertion !== undefined && new TextReader('clientAssertion', clientAssertion, 'assertion'),
  ].filter((reader) => reader !== false);
  const [reader] = readers;
  if (reader !== undefined && readers.length === 1) return reader;
  throw new TypeError(
    `${factory}(): exactly one of the options "clientSecret", "clientCertificate" and "clientAssertion" must be given, ` +
      `and ${reader === undefined ? 'none is' : `${readers.length} are`}`,
  );
}

function certificateReader(factory: string, source: CertificateSource): ProofReader {
  try {
    if (typeof source !== 'function') checkContent(source);
  } catch (error) {
    // What it says is ours, and holds nothing of the content.
    const { message } = error as Error;
    throw new TypeError(`${factory}(): the option "clientCertificate": ${message}`, { cause: error });
  }
  return new CertificateProofReader(source);
}

function isTextSource(value: unknown): boolean {
  return isText(value) || typeof value === 'function';
}
