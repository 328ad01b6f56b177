import fc from 'fast-check';
import nock from 'nock';
import { staticCredential } from '@holdfast/testing';
import { cachedCredential } from '@holdfast/token';
import {
  credentialFromEnvironment,
  type CredentialFromEnvironmentOptions,
  type Environment,
} from './index.js';
import { failureOf, shown } from './made-outcomes.js';

const SCOPE = 'api://orders/.default';
const APP = { AZURE_TENANT_ID: 'contoso.example', AZURE_CLIENT_ID: 'an-app' };
const SECRET = { ...APP, AZURE_CLIENT_SECRET: 'for-nobody-else' };
const PATH = { AZURE_CLIENT_CERTIFICATE_PATH: '/certs/orders.pem' };
const NAMES =
  'prod, dev, or one of EnvironmentCredential, WorkloadIdentityCredential, ManagedIdentityCredential, ' +
  'VisualStudioCodeCredential, AzureCliCredential, AzurePowerShellCredential, AzureDeveloperCliCredential';

describe('variables that cannot be right', () => {
  it.each<[string, Environment, string]>([
    [
      'a secret and a certificate, of which the Azure SDK would take the secret',
      { ...SECRET, ...PATH },
      'the environment variables AZURE_CLIENT_SECRET and AZURE_CLIENT_CERTIFICATE_PATH are set, and one of them only can be meant',
    ],
    [
      'a user’s password',
      { ...APP, AZURE_USERNAME: 'somebody', AZURE_PASSWORD: 'of-somebody' },
      'the environment variables AZURE_USERNAME and AZURE_PASSWORD are set, and nobody is signed in by a password here: ' +
        'unset them, and use AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH for an application',
    ],
    [
      'a secret of nobody',
      { AZURE_CLIENT_SECRET: 'for-nobody-else' },
      'the environment variable AZURE_CLIENT_SECRET is set, and AZURE_TENANT_ID and AZURE_CLIENT_ID is missing',
    ],
    [
      'a certificate without a tenant',
      { ...PATH, AZURE_CLIENT_ID: 'an-app' },
      'the environment variable AZURE_CLIENT_CERTIFICATE_PATH is set, and AZURE_TENANT_ID is missing',
    ],
    [
      'a tenant that is none',
      { ...SECRET, AZURE_TENANT_ID: 'common' },
      'the environment variable AZURE_TENANT_ID must be the id of a directory or a domain of it (not common, organizations or ' +
        'consumers), and is something else',
    ],
    ...[
      'login.microsoftonline.us',
      'http://login.example',
      'https://login.example/contoso',
      'https://a:b@c.de',
    ].map<[string, Environment, string]>((host) => [
      `an authority that is none: ${host}`,
      { ...SECRET, AZURE_AUTHORITY_HOST: host },
      'the environment variable AZURE_AUTHORITY_HOST must be an https URL without a path, such as ' +
        'https://login.microsoftonline.us, and is something else',
    ]),
    [
      'a region that is none',
      { ...SECRET, AZURE_REGIONAL_AUTHORITY_NAME: 'West Europe' },
      'the environment variable AZURE_REGIONAL_AUTHORITY_NAME must be the name of a region, such as westeurope, or ' +
        'AutoDiscoverRegion, and is something else',
    ],
    [
      'a yes that is none',
      { ...APP, ...PATH, AZURE_CLIENT_SEND_CERTIFICATE_CHAIN: 'yes' },
      'the environment variable AZURE_CLIENT_SEND_CERTIFICATE_CHAIN must be true or false, 1 or 0, and is something else',
    ],
    [
      'a credential that does not exist',
      { AZURE_TOKEN_CREDENTIALS: 'AzureCLI' },
      `the environment variable AZURE_TOKEN_CREDENTIALS must be ${NAMES}, and is "AzureCLI"`,
    ],
    [
      'two credentials',
      { AZURE_TOKEN_CREDENTIALS: 'dev;prod' },
      `the environment variable AZURE_TOKEN_CREDENTIALS must be ${NAMES}, and is a string`,
    ],
    [
      'developer’s tools, of which there are none',
      { AZURE_TOKEN_CREDENTIALS: 'dev' },
      'the environment variable AZURE_TOKEN_CREDENTIALS asks for dev, and the option "developer" does not have any: hand it over, ' +
        'as in { developer: { AzureCliCredential: new AzureCliCredential() } } with @azure/identity',
    ],
    [
      'a tool that is not given',
      { AZURE_TOKEN_CREDENTIALS: 'azurePowerShellCredential' },
      'the environment variable AZURE_TOKEN_CREDENTIALS asks for AzurePowerShellCredential, and the option "developer" does not ' +
        'have it: hand it over, as in { developer: { AzurePowerShellCredential: new AzurePowerShellCredential() } } with @azure/identity',
    ],
  ])('are refused when the program starts, by name: %s', (_, env, fault) => {
    expect(() => credentialFromEnvironment({ env })).toThrow(
      new TypeError(`credentialFromEnvironment(): ${fault}`),
    );
  });

  it.each<[string, Environment, CredentialFromEnvironmentOptions]>([
    [
      'a managed identity is named',
      { ...SECRET, ...PATH, AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential' },
      {},
    ],
    [
      'a developer’s tool is named',
      { AZURE_CLIENT_SECRET: 'a', AZURE_TENANT_ID: 'common', AZURE_TOKEN_CREDENTIALS: 'dev' },
      { developer: { AzureCliCredential: staticCredential() } },
    ],
    ['there is nothing to prove', { AZURE_TENANT_ID: 'common', AZURE_AUTHORITY_HOST: 'login.example' }, {}],
  ])('are not looked at where nobody needs them: %s', (_, env, options) => {
    expect(() => credentialFromEnvironment({ env, ...options })).not.toThrow();
  });

  it.each<[string, object, string]>([
    ['an option that does not exist', { clientId: 'a' }, 'there is no option "clientId"'],
    [
      'a tool by another name',
      { developer: { AzureCLI: staticCredential() } },
      '"developer" must be an object of',
    ],
    ['a tool that is none', { developer: { AzureCliCredential: {} } }, '"developer" must be an object of'],
    ['a time limit that is none', { timeoutMs: 0 }, '"timeoutMs" must be'],
    ['variables that are none', { env: 'AZURE_TENANT_ID' }, '"env" must be environment variables by name'],
  ])('nor can an option: %s', (_, options, message) => {
    expect(() => credentialFromEnvironment(options)).toThrow(`credentialFromEnvironment(): `);
    expect(() => credentialFromEnvironment(options)).toThrow(message);
  });
});

describe('a secret in the environment', () => {
  const SECRETS = ['AZURE_CLIENT_SECRET', 'AZURE_CLIENT_CERTIFICATE_PASSWORD', 'AZURE_PASSWORD'];
  // Unlike any word of a message.
  const secret = fc.stringMatching(/^Zq[!-~]{8,40}$/);
  const word = fc.constantFrom(
    'contoso.example',
    'common',
    'https://login.microsoftonline.us',
    'http://login.example',
    'prod',
    'dev',
    'AzureCliCredential',
    'EnvironmentCredential',
    'true',
    'westeurope',
    '/not/there',
  );
  const variables = fc.dictionary(
    fc.constantFrom(
      'AZURE_TENANT_ID',
      'AZURE_CLIENT_ID',
      'AZURE_CLIENT_CERTIFICATE_PATH',
      'AZURE_CLIENT_SEND_CERTIFICATE_CHAIN',
      'AZURE_USERNAME',
      'AZURE_AUTHORITY_HOST',
      'AZURE_REGIONAL_AUTHORITY_NAME',
      'AZURE_TOKEN_CREDENTIALS',
      'AZURE_ADDITIONALLY_ALLOWED_TENANTS',
    ),
    word,
  );
  const secrets = fc.dictionary(fc.constantFrom(...SECRETS), secret);

  const failureAt = async (env: Environment): Promise<unknown> => {
    try {
      const credential = credentialFromEnvironment({
        env: { ...env, AZURE_FEDERATED_TOKEN_FILE: '/not/there' },
        timeoutMs: 1_000,
      });
      return [credential, await failureOf(cachedCredential(credential).getToken(SCOPE))];
    } catch (error) {
      return error;
    }
  };

  beforeEach(() => {
    nock(/./).persist().get(/./).reply(404).post(/./).reply(401, { error: 'invalid_client' });
  });

  afterEach(() => {
    nock.cleanAll();
  });

  it('shows in no error, whatever else is wrong, nor on the credential', async () => {
    const seen = { atStart: 0, atToken: 0 };
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.constant(APP), variables), secrets, async (env, confidential) => {
        const failure = await failureAt({ ...env, ...confidential });
        seen[failure instanceof TypeError ? 'atStart' : 'atToken'] += 1;
        for (const text of Object.values(confidential)) expect(shown(failure)).not.toContain(text);
      }),
      { numRuns: 150 },
    );
    expect(Math.min(seen.atStart, seen.atToken)).toBeGreaterThan(10);
  });

  it.each([
    'AZURE_TENANT_ID',
    'AZURE_AUTHORITY_HOST',
    'AZURE_REGIONAL_AUTHORITY_NAME',
    'AZURE_TOKEN_CREDENTIALS',
  ])('that stands in %s by mistake is not shown either', async (name) => {
    const misplaced = 'Xyz8Q~for-nobody-else';
    const failure = await failureAt({ ...SECRET, [name]: misplaced });
    expect(failure).toBeInstanceOf(TypeError);
    expect(String(failure)).toContain(name);
    expect(shown(failure)).not.toContain(misplaced);
  });
});
