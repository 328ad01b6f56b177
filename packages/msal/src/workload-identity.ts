import { accepted, func, having, isText, limit, readOptions, systemClock, type Clock } from '@holdfast/core';
import type { TokenCredential } from '@holdfast/token';
import { AUTHORITY_OPTIONS, authorityOf } from './authority-options.js';
import { Authority } from './authority.js';
import { ConfidentialClient } from './confidential-client.js';
import { connection, type ConnectionOptions } from './connection.js';
import { AssertionFileReader } from './proof-readers.js';
import { ProofSource } from './proof.js';
import { Region } from './region.js';

/** Environment variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

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
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
  random: func<() => number>(Math.random),
  env: accepted<Environment | undefined>(
    (value) => typeof value === 'object' && value !== null,
    'environment variables by name',
    undefined,
  ),
};

/**
 * The credential of a workload that has a token of its own from where it runs, such as a pod in Kubernetes: what Azure
 * Workload Identity puts into the environment is all it needs. Every `getToken` is one request to the identity provider:
 * put it into `attachToken()` or `cachedCredential()`.
 *
 * @throws {TypeError} for a bad option, and for one that is missing in the environment too, naming it.
 */
export function workloadIdentity(options: WorkloadIdentityOptions = {}): TokenCredential {
  const given = readOptions('workloadIdentity', schemas, options);
  const env = given.env ?? process.env;
  const tenant = given.tenantId ?? fromEnvironment(env, 'AZURE_TENANT_ID', 'tenantId');
  const tokenFile = given.tokenFile ?? fromEnvironment(env, 'AZURE_FEDERATED_TOKEN_FILE', 'tokenFile');
  const settings = {
    ...given,
    tenantId: tenant,
    clientId: given.clientId ?? fromEnvironment(env, 'AZURE_CLIENT_ID', 'clientId'),
    authority: given.authority ?? authorityIn(env, tenant),
    cloud: undefined,
    knownAuthorities: [],
    protocolMode: 'AAD',
  } as const;
  const known = new Authority('workloadIdentity', settings);
  return new ConfidentialClient({
    ...settings,
    authority: known,
    region: new Region('workloadIdentity', known.hasRegions && settings.azureRegion, settings.clock),
    proof: new ProofSource(new AssertionFileReader(tokenFile), settings),
    store: undefined,
  });
}

function fromEnvironment(env: Environment, variable: string, option: string): string {
  const value = env[variable];
  if (isText(value)) return value;
  throw new TypeError(
    `workloadIdentity(): neither the option "${option}" nor the environment variable ${variable} is given`,
  );
}

function authorityIn(env: Environment, tenant: string): string | undefined {
  const host = env['AZURE_AUTHORITY_HOST'];
  return isText(host) ? authorityOf(host, tenant) : undefined;
}
