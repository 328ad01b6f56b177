import { accepted, func, having, isText, limit, readOptions, systemClock, type Clock } from '@holdfast/core';
import type { TokenCredential } from '@holdfast/token';
import { AUTHORITY_OPTIONS, authorityOf, type AuthoritySettings } from './authority-options.js';
import { Authority } from './authority.js';
import { ConfidentialClient } from './confidential-client.js';
import { connection, type ConnectionOptions } from './connection.js';
import { STORE_OPTION, type EncryptedStore } from './encrypted-store.js';
import { ENVIRONMENT_OPTION, variable, type Environment } from './environment.js';
import { AssertionFileReader } from './proof-readers.js';
import { ProofSource } from './proof.js';
import { Region } from './region.js';
import { UnavailableCredential } from './unavailable-credential.js';

/** Options of {@link workloadIdentity}. */
export interface WorkloadIdentityOptions {
  /** The directory's id, or a domain of it. Default: `AZURE_TENANT_ID`. A wrong one, and there is no token. */
  readonly tenantId?: string;
  /** The application's (client) id. Default: `AZURE_CLIENT_ID`. A wrong one, and there is no token. */
  readonly clientId?: string;
  /**
   * The path of the file with the workload's own token, read at every acquisition. Default: `AZURE_FEDERATED_TOKEN_FILE`. A
   * wrong one, and there is no token.
   */
  readonly tokenFile?: string;
  /**
   * The authority's https URL, tenant included. Default: `AZURE_AUTHORITY_HOST` with the tenant; without it the public
   * cloud's. The workload's token goes to where it says.
   */
  readonly authority?: string;
  /**
   * The authority's OpenID Connect metadata as JSON text: nothing has to be looked up at the start. Default: MSAL's own for
   * the clouds of Microsoft Entra ID; else looked up. Token requests go where it says.
   */
  readonly authorityMetadata?: string;
  /**
   * The Azure region whose token endpoint is asked, `auto` to detect the one this runs in, `false` for the global endpoint
   * whatever the environment says. Default: the environment variable `MSAL_FORCE_REGION`. A region too far away makes every
   * token slow, one that does not exist makes none.
   */
  readonly azureRegion?: string | false;
  /**
   * Milliseconds for one request to the identity provider, and for reading the file; `false` for no limit. Default: 10,000.
   * Too short, and a slow provider is asked again and again; too long, and calls without a token wait for nothing.
   */
  readonly timeoutMs?: number | false;
  /**
   * The way to the identity provider, as in `axios.create()`: `proxy`, `httpAgent`, `httpsAgent`. Default: nothing, and the
   * environment's HTTPS_PROXY and NO_PROXY hold. A wrong one, and no token is had.
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
  /** The environment variables, looked at once, here. Default: `process.env`. */
  readonly env?: Environment;
}

const { tenantId, authority, authorityMetadata, azureRegion } = AUTHORITY_OPTIONS;

const schemas = {
  tenantId,
  clientId: accepted<string | undefined>(isText, 'the id of an application', undefined),
  tokenFile: accepted<string | undefined>(isText, 'the path of a file', undefined),
  authority,
  authorityMetadata,
  azureRegion,
  timeoutMs: limit(10_000),
  axios: connection,
  store: STORE_OPTION,
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
  random: func<() => number>(Math.random),
  env: ENVIRONMENT_OPTION,
};

/** What must be known, by option and by variable. */
const NEEDED = {
  tenantId: 'AZURE_TENANT_ID',
  clientId: 'AZURE_CLIENT_ID',
  tokenFile: 'AZURE_FEDERATED_TOKEN_FILE',
} as const;

/**
 * The credential of a workload that has a token of its own from where it runs, such as a pod in Kubernetes: what Azure
 * Workload Identity puts into the environment is all it needs. Every `getToken` is one request to the identity provider:
 * put it into `attachToken()` or `cachedCredential()`.
 *
 * Where neither an option nor the environment says what it needs, as on a developer's machine, it is a credential that is
 * not available: its error says what is missing, and `firstAvailable()` goes on to the next one.
 *
 * @throws {TypeError} for a bad option, and for what cannot be right in the environment, naming it.
 */
export function workloadIdentity(options: WorkloadIdentityOptions = {}): TokenCredential {
  const given = readOptions('workloadIdentity', schemas, options);
  const env = given.env ?? process.env;
  const tenant = given.tenantId ?? variable(env, NEEDED.tenantId);
  const clientId = given.clientId ?? variable(env, NEEDED.clientId);
  const tokenFile = given.tokenFile ?? variable(env, NEEDED.tokenFile);
  if (tenant === undefined || clientId === undefined || tokenFile === undefined) {
    checkAuthority(given);
    return new UnavailableCredential(
      'workloadIdentity()',
      missingAmong({ tenantId: tenant, clientId, tokenFile }),
    );
  }
  const settings = {
    ...given,
    ...FIXED,
    tenantId: tenant,
    clientId,
    authority: given.authority ?? authorityIn(env, tenant),
  };
  const known = new Authority('workloadIdentity', settings);
  return new ConfidentialClient({
    ...settings,
    authority: known,
    region: new Region('workloadIdentity', known.hasRegions && settings.azureRegion, settings.clock),
    proof: new ProofSource(new AssertionFileReader(tokenFile), settings),
  });
}

const FIXED = { cloud: undefined, knownAuthorities: [], protocolMode: 'AAD' } as const;

/** Options that can never be right are told of on a developer's machine too, not first in production. */
function checkAuthority(
  given: Pick<AuthoritySettings, 'tenantId' | 'authority' | 'authorityMetadata' | 'azureRegion'>,
): void {
  if (given.tenantId !== undefined || given.authority !== undefined)
    new Authority('workloadIdentity', { ...given, ...FIXED });
}

function missingAmong(known: Readonly<Record<keyof typeof NEEDED, string | undefined>>): string {
  const names = Object.keys(NEEDED) as (keyof typeof NEEDED)[];
  const missing = names
    .filter((name) => known[name] === undefined)
    .map((name) => `${NEEDED[name]} (option "${name}")`);
  return `no workload identity is known here: neither the environment nor an option has ${missing.join(', ')}`;
}

/** The authority of a tenant at the host that the environment names. */
function authorityIn(env: Environment, tenant: string): string | undefined {
  const host = variable(env, 'AZURE_AUTHORITY_HOST');
  return host === undefined ? undefined : authorityOf(host, tenant);
}
