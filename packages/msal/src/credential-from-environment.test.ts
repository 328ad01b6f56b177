import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { staticCredential } from '@holdfast/testing';
import nock from 'nock';
import {
  credentialFromEnvironment,
  type CredentialFromEnvironmentOptions,
  type Environment,
} from './index.js';
import { madeCertificate, madePfx } from './made-certificates.js';
import { tellingWhoAsks } from './made-environment.js';
import { failureOf } from './made-outcomes.js';
import type { ManagedIdentityOptions } from './managed-identity.js';

const SCOPE = 'api://orders/.default';

/** Whether there is a managed identity here. */
let mockIsAzure: boolean;

// The real one asks the machine, and MSAL remembers in the process which kind it is.
jest.mock('./managed-identity.js', () => ({
  managedIdentity: ({ clientId = 'of the system', probeTimeoutMs }: ManagedIdentityOptions) => ({
    getToken: () => {
      if (!mockIsAzure) throw Object.assign(new Error('no endpoint'), { name: 'CredentialUnavailableError' });
      const token = `managed identity ${clientId}${probeTimeoutMs === false ? ', not probed' : ''}`;
      return Promise.resolve({ token, expiresOnTimestamp: Date.UTC(2100, 0, 1) });
    },
  }),
}));

const made = madeCertificate();
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
  writeFileSync(join(folder, 'cert.pem'), made.keyPem + made.certificatePem);
  writeFileSync(
    join(folder, 'cert.pfx'),
    madePfx({ key: made.keyPem, certificate: made.certificatePem }, 'a-passphrase'),
  );
  writeFileSync(join(folder, 'token'), 'of-the-pod');
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

beforeEach(() => {
  mockIsAzure = true;
  tellingWhoAsks();
});

afterEach(() => {
  nock.cleanAll();
});

const inFolder = (env: Environment): Environment =>
  Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value?.replace('/at', folder)]));

const credential = (env: Environment, options: CredentialFromEnvironmentOptions = {}) =>
  credentialFromEnvironment({ env: inFolder(env), ...options });

/** Who gives out the token. */
async function who(
  env: Environment,
  options?: CredentialFromEnvironmentOptions,
): Promise<string | undefined> {
  return (await credential(env, options).getToken(SCOPE))?.token;
}

const APP = { AZURE_TENANT_ID: 'contoso.example', AZURE_CLIENT_ID: 'an-app' };
const SECRET = { ...APP, AZURE_CLIENT_SECRET: 'for-nobody-else' };
const CERTIFICATE = { ...APP, AZURE_CLIENT_CERTIFICATE_PATH: '/at/cert.pem' };
const WORKLOAD = { ...APP, AZURE_FEDERATED_TOKEN_FILE: '/at/token' };
const GLOBAL = 'login.microsoftonline.com/contoso.example an-app';

describe('credentialFromEnvironment()', () => {
  it.each<[string, Environment, string]>([
    ['nothing at all', {}, 'managed identity of the system'],
    ['an id only', { AZURE_CLIENT_ID: 'an-app' }, 'managed identity an-app'],
    ['a tenant and an id', APP, 'managed identity an-app'],
    ['variables that are empty', { ...APP, AZURE_CLIENT_SECRET: '' }, 'managed identity an-app'],
    ['a secret', SECRET, `${GLOBAL} secret`],
    ['a certificate', CERTIFICATE, `${GLOBAL} certificate with its chain`],
    [
      'a certificate with a password',
      {
        ...APP,
        AZURE_CLIENT_CERTIFICATE_PATH: '/at/cert.pfx',
        AZURE_CLIENT_CERTIFICATE_PASSWORD: 'a-passphrase',
      },
      `${GLOBAL} certificate with its chain`,
    ],
    ...['true', '1', 'True'].map<[string, Environment, string]>((said) => [
      `a certificate whose chain goes along: ${said}`,
      { ...CERTIFICATE, AZURE_CLIENT_SEND_CERTIFICATE_CHAIN: said },
      `${GLOBAL} certificate with its chain`,
    ]),
    ...['false', '0', 'FALSE'].map<[string, Environment, string]>((said) => [
      `a certificate whose chain does not: ${said}`,
      { ...CERTIFICATE, AZURE_CLIENT_SEND_CERTIFICATE_CHAIN: said },
      `${GLOBAL} certificate`,
    ]),
    ['a token file', WORKLOAD, `${GLOBAL} assertion of-the-pod`],
    ['a token file without a tenant', { ...WORKLOAD, AZURE_TENANT_ID: '' }, 'managed identity an-app'],
    ['a secret and a token file', { ...WORKLOAD, ...SECRET }, `${GLOBAL} secret`],
    [
      'a secret in another cloud',
      { ...SECRET, AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.us' },
      'login.microsoftonline.us/contoso.example an-app secret',
    ],
    [
      'a certificate in another cloud',
      { ...CERTIFICATE, AZURE_AUTHORITY_HOST: 'https://login.chinacloudapi.cn/' },
      // MSAL knows its newer name.
      'login.partner.microsoftonline.cn/contoso.example an-app certificate with its chain',
    ],
    [
      'a token file in another cloud',
      { ...WORKLOAD, AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.us/' },
      'login.microsoftonline.us/contoso.example an-app assertion of-the-pod',
    ],
    [
      'a secret in a region',
      { ...SECRET, AZURE_REGIONAL_AUTHORITY_NAME: 'westeurope' },
      'westeurope.login.microsoft.com/contoso.example an-app secret',
    ],
    [
      'a token file in a region',
      { ...WORKLOAD, AZURE_REGIONAL_AUTHORITY_NAME: 'westeurope' },
      'westeurope.login.microsoft.com/contoso.example an-app assertion of-the-pod',
    ],
    ['a user name alone', { ...APP, AZURE_USERNAME: 'somebody' }, 'managed identity an-app'],
    ['a password alone', { ...SECRET, AZURE_PASSWORD: 'of-somebody' }, `${GLOBAL} secret`],
    ['“prod”', { AZURE_TOKEN_CREDENTIALS: ' Prod ' }, 'managed identity of the system'],
    [
      'a secret, with one named that needs it',
      { ...SECRET, AZURE_TOKEN_CREDENTIALS: 'environmentcredential' },
      `${GLOBAL} secret`,
    ],
    [
      'a secret, with another one named',
      { ...SECRET, ...WORKLOAD, AZURE_TOKEN_CREDENTIALS: 'WorkloadIdentityCredential' },
      `${GLOBAL} assertion of-the-pod`,
    ],
    [
      'a secret, with a managed identity named',
      { ...SECRET, AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential' },
      'managed identity an-app, not probed',
    ],
  ])('with %s knows who it is', async (_, env, expected) => {
    await expect(who(env)).resolves.toBe(expected);
  });

  it.each<[string, Environment, string]>([
    ['what is in the cloud before that', {}, 'managed identity of the system'],
    ['not with “prod”', { AZURE_TOKEN_CREDENTIALS: 'prod' }, 'managed identity of the system'],
    ['alone with “dev”', { ...SECRET, AZURE_TOKEN_CREDENTIALS: 'DEV' }, 'of azd'],
    ['by its name', { ...SECRET, AZURE_TOKEN_CREDENTIALS: 'azureclicredential' }, 'of az'],
  ])('asks a developer’s tool where there is one: %s', async (_, env, expected) => {
    const developer = {
      AzureDeveloperCliCredential: staticCredential('of azd'),
      AzureCliCredential: staticCredential('of az'),
    };
    await expect(who(env, { developer })).resolves.toBe(expected);
  });

  it('asks the developer’s tools on a laptop, in the order in which they stand', async () => {
    mockIsAzure = false;
    const AzureCliCredential = staticCredential('of az');
    const notThere = staticCredential(Object.assign(new Error('no'), { name: 'CredentialUnavailableError' }));
    const developer = { AzurePowerShellCredential: notThere, AzureCliCredential };
    await expect(who(APP, { developer })).resolves.toBe('of az');
    expect(notThere.requests).toHaveLength(1);
  });

  it('asks no developer’s tool with “prod”, though nothing else is there', async () => {
    mockIsAzure = false;
    const AzureCliCredential = staticCredential('of az');
    const one = credential({ AZURE_TOKEN_CREDENTIALS: 'prod' }, { developer: { AzureCliCredential } });
    await expect(one.getToken(SCOPE)).rejects.toMatchObject({ unavailable: true });
    expect(AzureCliCredential.requests).toHaveLength(0);
  });

  it('asks the endpoint of the region in which it runs, where the environment leaves that to it', async () => {
    const before = process.env;
    process.env = { ...before, REGION_NAME: 'West Europe' };
    const asked = who({ ...SECRET, AZURE_REGIONAL_AUTHORITY_NAME: 'AutoDiscoverRegion' });
    await expect(asked).resolves.toBe('westeurope.login.microsoft.com/contoso.example an-app secret');
    process.env = before;
  });

  it('says of each why it is not available', async () => {
    mockIsAzure = false;
    const AzureCliCredential = staticCredential(
      Object.assign(new Error("Please run 'az login'"), { name: 'CredentialUnavailableError' }),
    );
    const error = await failureOf(credential({}, { developer: { AzureCliCredential } }).getToken(SCOPE));
    expect(error).toMatchObject({ unavailable: true });
    const lines = (error as Error).message.split('\n').map((line) => line.trim());
    expect(lines).toEqual([
      `No token for ${SCOPE}: no credential is available here`,
      'EnvironmentCredential: the environment has neither AZURE_CLIENT_SECRET nor AZURE_CLIENT_CERTIFICATE_PATH',
      expect.stringMatching(/^workloadIdentity\(\): no workload identity is known here/),
      'credential 3: no endpoint',
      "StaticCredential: Please run 'az login'",
    ]);
  });

  it('one that is named, and has not what it needs, says so at the first token', async () => {
    const one = credential({ AZURE_TOKEN_CREDENTIALS: 'EnvironmentCredential' });
    await expect(one.getToken(SCOPE)).rejects.toMatchObject({ unavailable: true });
  });

  it('reads the environment of the process, once, at construction', async () => {
    const before = process.env;
    process.env = { ...before, ...SECRET };
    const one = credentialFromEnvironment();
    process.env = before;
    await expect(one.getToken(SCOPE)).resolves.toMatchObject({ token: `${GLOBAL} secret` });
  });

  const asks = (listed: string | undefined, tenantId: string) =>
    credential({ ...SECRET, AZURE_ADDITIONALLY_ALLOWED_TENANTS: listed }).getToken(SCOPE, { tenantId });

  it.each([
    ['it is its own', 'other.example', 'CONTOSO.example'],
    ['none is listed', undefined, 'fabrikam.example'],
    ['it is listed', 'other.example; Fabrikam.Example', 'fabrikam.example'],
    ['all are', '*', 'fabrikam.example'],
  ])('asks a tenant that a request names for a token: %s', async (_, listed, tenantId) => {
    const token = expect.stringContaining(tenantId.toLowerCase()) as unknown;
    await expect(asks(listed, tenantId)).resolves.toMatchObject({ token });
  });

  it('asks no tenant that the environment does not list', async () => {
    await expect(asks('other.example', 'fabrikam.example')).rejects.toMatchObject({
      code: 'ERR_TOKEN_ACQUISITION',
      unavailable: false,
      transient: false,
      message: `No token for ${SCOPE}: the tenant that was asked for is none of AZURE_ADDITIONALLY_ALLOWED_TENANTS`,
    });
  });
});
