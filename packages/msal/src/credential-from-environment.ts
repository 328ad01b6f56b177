import { accepted, func, having, limit, readOptions, systemClock, type Clock } from '@holdfast/core';
import type { TokenCredential } from '@holdfast/token';
import { connection, type ConnectionOptions } from './connection.js';
import { STORE_OPTION, type EncryptedStore } from './encrypted-store.js';
import { ENVIRONMENT_OPTION, variable, type Environment } from './environment.js';
import { environmentCredential, regionIn, type SharedOptions } from './environment-credential.js';
import { firstAvailable, isTokenCredential } from './first-available.js';
import { managedIdentity } from './managed-identity.js';
import {
  DEVELOPER_NAMES,
  isDeveloperName,
  participantsIn,
  type DeveloperCredentialName,
  type Participants,
  type ProductionCredentialName,
} from './token-credentials-variable.js';
import { workloadIdentity } from './workload-identity.js';

/** Credentials of a developer's machine, by the names that the Azure SDK has for them. */
export type DeveloperCredentials = { readonly [Name in DeveloperCredentialName]?: TokenCredential };

/** Options of {@link credentialFromEnvironment}. */
export interface CredentialFromEnvironmentOptions {
  /**
   * Credentials of a developer's machine, such as `{ AzureCliCredential: new AzureCliCredential() }` of `@azure/identity`, in
   * the order in which they are asked. Default: none. Without them nobody is signed in on a laptop; a wrong one, and the
   * program runs as whoever is signed in there.
   */
  readonly developer?: DeveloperCredentials;
  /**
   * Milliseconds for one request to the identity provider, and for reading a file; `false` for no limit. Default: 10,000.
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
  /**
   * The environment variables, looked at once, here. Default: `process.env`. Where a managed identity is to be had, MSAL
   * reads in `process.env` whatever is said here.
   */
  readonly env?: Environment;
}

const schemas = {
  developer: accepted<DeveloperCredentials>(
    isDeveloperCredentials,
    `an object of credentials by the names ${DEVELOPER_NAMES}`,
    {},
  ),
  timeoutMs: limit(10_000),
  axios: connection,
  store: STORE_OPTION,
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
  random: func<() => number>(Math.random),
  env: ENVIRONMENT_OPTION,
};

const FACTORY = 'credentialFromEnvironment';

/**
 * The credential that the variables of a deployment describe, as the Azure SDK's `DefaultAzureCredential` reads them: an
 * application with a secret or a certificate, a workload's identity, a managed identity, and then a developer's tools, where
 * they are given. The first one that is available is asked from then on. `AZURE_TOKEN_CREDENTIALS` narrows it down.
 *
 * @throws {TypeError} for a bad option, and for variables that are wrong or contradict each other, naming them.
 */
export function credentialFromEnvironment(options: CredentialFromEnvironmentOptions = {}): TokenCredential {
  const { env = process.env, developer, axios, store, ...settings } = readOptions(FACTORY, schemas, options);
  const participants = participantsIn(FACTORY, env);
  const shared: SharedOptions = {
    ...settings,
    ...(axios !== undefined && { axios }),
    ...(store !== undefined && { store }),
  };
  const make: Readonly<Record<ProductionCredentialName, () => TokenCredential>> = {
    EnvironmentCredential: () => environmentCredential(FACTORY, env, shared),
    WorkloadIdentityCredential: () => workloadIdentityIn(env, shared),
    ManagedIdentityCredential: () => managedIdentityIn(env, settings, participants.production.length === 1),
  };
  const credentials = [
    ...participants.production.map((name) => make[name]()),
    ...developerCredentials(participants, developer),
  ];
  const [only] = credentials;
  return only !== undefined && credentials.length === 1 ? only : firstAvailable(...credentials);
}

/** @throws {TypeError} where the Azure SDK's variable asks for one that is not given. */
function developerCredentials(
  { developer: wanted }: Participants,
  given: DeveloperCredentials,
): readonly TokenCredential[] {
  const all = Object.values(given);
  if (wanted === 'all') return all;
  if (wanted === 'all, at least one') {
    if (all.length > 0) return all;
    throw notGiven('dev', 'any', 'AzureCliCredential');
  }
  return wanted.map((name) => {
    const credential = given[name];
    if (credential === undefined) throw notGiven(name, 'it', name);
    return credential;
  });
}

function notGiven(said: string, what: string, example: DeveloperCredentialName): TypeError {
  return new TypeError(
    `${FACTORY}(): the environment variable AZURE_TOKEN_CREDENTIALS asks for ${said}, and the option "developer" does not have ` +
      `${what}: hand it over, as in { developer: { ${example}: new ${example}() } } with @azure/identity`,
  );
}

function workloadIdentityIn(env: Environment, settings: SharedOptions): TokenCredential {
  const isKnown = variable(env, 'AZURE_FEDERATED_TOKEN_FILE') !== undefined;
  const azureRegion = isKnown ? regionIn(FACTORY, env) : undefined;
  return workloadIdentity({ ...settings, env, ...(azureRegion !== undefined && { azureRegion }) });
}

function managedIdentityIn(
  env: Environment,
  { timeoutMs, clock, random }: Pick<Required<SharedOptions>, 'timeoutMs' | 'clock' | 'random'>,
  isOnlyOne: boolean,
): TokenCredential {
  const clientId = variable(env, 'AZURE_CLIENT_ID');
  return managedIdentity({
    timeoutMs,
    clock,
    random,
    ...(clientId !== undefined && { clientId }),
    // As in the Azure SDK: whoever names it knows that it is there, and a slow machine has the time it needs.
    ...(isOnlyOne && { probeTimeoutMs: false }),
  });
}

function isDeveloperCredentials(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).every(
      ([name, credential]) => isDeveloperName(name) && isTokenCredential(credential),
    )
  );
}
