import type { TokenCredential } from '@holdfast/token';
import { AllowedTenants } from './allowed-tenants.js';
import { TENANT, authorityOf, isRegion, isTenant } from './authority-options.js';
import { clientCredential, type ClientCredentialOptions } from './client-credential.js';
import { variable, type Environment } from './environment.js';
import { UnavailableCredential } from './unavailable-credential.js';

/** What all credentials of the environment are made with. */
export type SharedOptions = Pick<
  ClientCredentialOptions,
  'store' | 'axios' | 'timeoutMs' | 'clock' | 'random'
>;

/**
 * The application that the environment has a secret or a certificate of, by the variables of the Azure SDK's
 * `EnvironmentCredential`; one that is not available where there is neither.
 *
 * @throws {TypeError} for variables that cannot be meant together, and for what none of them can be, by name.
 */
export function environmentCredential(
  factory: string,
  env: Environment,
  shared: SharedOptions,
): TokenCredential {
  const refuse = (fault: string) => new TypeError(`${factory}(): ${fault}`);
  if (has(env, 'AZURE_USERNAME') && has(env, 'AZURE_PASSWORD'))
    throw refuse(
      'the environment variables AZURE_USERNAME and AZURE_PASSWORD are set, and nobody is signed in by a password here: ' +
        'unset them, and use AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH for an application',
    );
  const proofs = ['AZURE_CLIENT_SECRET', 'AZURE_CLIENT_CERTIFICATE_PATH'].filter((name) => has(env, name));
  const [proof] = proofs;
  if (proof === undefined)
    return new UnavailableCredential(
      'EnvironmentCredential',
      'the environment has neither AZURE_CLIENT_SECRET nor AZURE_CLIENT_CERTIFICATE_PATH',
    );
  if (proofs.length > 1)
    throw refuse(
      `the environment variables ${proofs.join(' and ')} are set, and one of them only can be meant`,
    );
  const tenantId = variable(env, 'AZURE_TENANT_ID');
  const clientId = variable(env, 'AZURE_CLIENT_ID');
  // Without it, the next credential would be asked: a machine's identity in place of the application's.
  if (tenantId === undefined || clientId === undefined) {
    const missing = ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID'].filter((name) => !has(env, name)).join(' and ');
    throw refuse(`the environment variable ${proof} is set, and ${missing} is missing`);
  }
  if (!isTenant(tenantId)) throw badVariable(factory, 'AZURE_TENANT_ID', TENANT);
  const authority = authorityIn(factory, env, tenantId);
  const azureRegion = regionIn(factory, env);
  const credential = clientCredential({
    ...shared,
    tenantId,
    clientId,
    ...proofIn(factory, env),
    ...(authority !== undefined && { authority }),
    ...(azureRegion !== undefined && { azureRegion }),
  });
  const listed = variable(env, 'AZURE_ADDITIONALLY_ALLOWED_TENANTS');
  return listed === undefined ? credential : new AllowedTenants(credential, tenantId, listed);
}

function proofIn(
  factory: string,
  env: Environment,
): Pick<ClientCredentialOptions, 'clientSecret' | 'clientCertificate'> {
  const clientSecret = variable(env, 'AZURE_CLIENT_SECRET');
  if (clientSecret !== undefined) return { clientSecret };
  const passphrase = variable(env, 'AZURE_CLIENT_CERTIFICATE_PASSWORD');
  const sendChain = chainIn(factory, env);
  return {
    clientCertificate: {
      path: variable(env, 'AZURE_CLIENT_CERTIFICATE_PATH') ?? '',
      ...(passphrase !== undefined && { passphrase }),
      ...(sendChain !== undefined && { sendChain }),
    },
  };
}

function chainIn(factory: string, env: Environment): boolean | undefined {
  const said = variable(env, 'AZURE_CLIENT_SEND_CERTIFICATE_CHAIN');
  if (said === undefined) return undefined;
  if (/^(?:true|1)$/i.test(said)) return true;
  if (/^(?:false|0)$/i.test(said)) return false;
  throw badVariable(factory, 'AZURE_CLIENT_SEND_CERTIFICATE_CHAIN', 'true or false, 1 or 0');
}

/** The authority of a tenant at the host that the environment names. */
function authorityIn(factory: string, env: Environment, tenantId: string): string | undefined {
  const host = variable(env, 'AZURE_AUTHORITY_HOST');
  if (host === undefined) return undefined;
  const url = URL.canParse(host) ? new URL(host) : undefined;
  // Not its text, which may be a secret by mistake.
  if (url?.protocol !== 'https:' || url.href !== `${url.origin}/`)
    throw badVariable(
      factory,
      'AZURE_AUTHORITY_HOST',
      'an https URL without a path, such as https://login.microsoftonline.us',
    );
  return authorityOf(host, tenantId);
}

/** The region whose token endpoint is asked, as `azureRegion` takes it. */
export function regionIn(factory: string, env: Environment): string | undefined {
  const region = variable(env, 'AZURE_REGIONAL_AUTHORITY_NAME');
  if (region === undefined) return undefined;
  // The Azure SDK's word.
  if (region === 'AutoDiscoverRegion') return 'auto';
  if (isRegion(region)) return region;
  const allowed = 'the name of a region, such as westeurope, or AutoDiscoverRegion';
  throw badVariable(factory, 'AZURE_REGIONAL_AUTHORITY_NAME', allowed);
}

function has(env: Environment, name: string): boolean {
  return variable(env, name) !== undefined;
}

/** Never its text: a secret may stand in the wrong place. */
function badVariable(factory: string, name: string, allowed: string): TypeError {
  return new TypeError(
    `${factory}(): the environment variable ${name} must be ${allowed}, and is something else`,
  );
}
