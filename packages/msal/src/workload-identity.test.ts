import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChainedTokenCredential } from '@azure/identity';
import { startIdentityProvider, staticCredential, type IdentityProvider } from '@holdfast/testing';
import nock from 'nock';
import { workloadIdentity, type Environment, type WorkloadIdentityOptions } from './index.js';
import { madeAssertion } from './made-assertions.js';
import { madeCertificate } from './made-certificates.js';

const SCOPE = 'api://orders/.default';
const ISSUER = 'https://cluster.example';
const cluster = madeCertificate({ subject: 'cluster' });
const workload = (exp?: number): string =>
  madeAssertion({ iss: ISSUER, sub: 'orders', ...(exp !== undefined && { exp }) }, cluster.key);

let idp: IdentityProvider;
let folder: string;
let tokenFile: string;
let env: Environment;

beforeEach(async () => {
  idp = await startIdentityProvider();
  idp.trustIssuer({ issuer: ISSUER, subject: 'orders', publicKey: cluster.certificatePem });
  folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
  tokenFile = join(folder, 'azure-identity-token');
  env = {
    AZURE_TENANT_ID: idp.app.tenantId,
    AZURE_CLIENT_ID: idp.app.clientId,
    AZURE_FEDERATED_TOKEN_FILE: tokenFile,
    AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.com/',
  };
});

afterEach(async () => {
  await idp.close();
  rmSync(folder, { recursive: true });
});

const credential = (options: WorkloadIdentityOptions = {}) =>
  workloadIdentity({ env, authorityMetadata: idp.app.authorityMetadata, ...options });
const seen = () => idp.tokenRequests.map(({ proof, status }) => `${String(proof)} ${String(status)}`);

describe('workloadIdentity()', () => {
  it('needs nothing but what Azure Workload Identity puts into the environment', async () => {
    writeFileSync(tokenFile, `${workload()}\n`);
    await expect(credential().getToken(SCOPE)).resolves.toMatchObject({
      token: expect.any(String) as unknown,
    });
    expect(seen()).toEqual(['assertion 200']);
  });

  it('reads the environment of the process, once, at construction', async () => {
    writeFileSync(tokenFile, workload());
    const before = { ...process.env };
    Object.assign(process.env, env);
    const one = workloadIdentity({ authorityMetadata: idp.app.authorityMetadata });
    process.env = before;
    await expect(one.getToken(SCOPE)).resolves.toBeDefined();
  });

  it('reads the file at every acquisition, because Kubernetes replaces it', async () => {
    writeFileSync(tokenFile, workload());
    const one = credential();
    await one.getToken(SCOPE);
    writeFileSync(tokenFile, workload(1));
    await expect(one.getToken(SCOPE)).rejects.toMatchObject({ transient: false });
    writeFileSync(tokenFile, workload());
    await expect(one.getToken(SCOPE, { enableCae: true })).resolves.toBeDefined();
    // Nothing is sent again of a file that has not changed.
    expect(seen()).toEqual(['assertion 200', 'assertion 401', 'assertion 200']);
  });

  it('asks again at once when the file has changed while the provider refused what was in it', async () => {
    writeFileSync(tokenFile, workload(1));
    idp.delayMs = 50;
    const asked = credential().getToken(SCOPE);
    while (idp.tokenRequests.length === 0) await new Promise(setImmediate);
    writeFileSync(tokenFile, workload());
    await expect(asked).resolves.toBeDefined();
    expect(seen()).toEqual(['assertion 401', 'assertion 200']);
  });

  it.each([
    ['is missing', undefined, 'does not exist'],
    ['is empty', ' \n', 'is empty'],
  ])('starts while the file %s, says so, and goes on when it is there', async (_, text, why) => {
    if (text !== undefined) writeFileSync(tokenFile, text);
    const one = credential();
    await expect(one.getToken(SCOPE)).rejects.toMatchObject({
      code: 'ERR_TOKEN_ACQUISITION',
      message: `No token for ${SCOPE}: the token file ${tokenFile} ${why}`,
      transient: true,
    });
    expect(idp.tokenRequests).toHaveLength(0);
    writeFileSync(tokenFile, workload());
    await expect(one.getToken(SCOPE)).resolves.toBeDefined();
  });

  it('takes options before variables', async () => {
    const other = join(folder, 'other-token');
    writeFileSync(other, workload());
    const { tenantId, clientId, authority } = idp.app;
    env = {
      AZURE_TENANT_ID: 'other.example',
      AZURE_CLIENT_ID: 'other',
      AZURE_FEDERATED_TOKEN_FILE: tokenFile,
      AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.us/',
    };
    const one = credential({ tenantId, clientId, tokenFile: other, authority });
    await expect(one.getToken(SCOPE)).resolves.toBeDefined();
    expect(idp.tokenRequests).toMatchObject([{ clientId }]);
  });

  it('names the option that is wrong', () => {
    expect(() => credential({ tokenFile: '' })).toThrow('"tokenFile" must be the path of a file');
    env = { ...env, AZURE_AUTHORITY_HOST: 'http://login.example' };
    expect(() => credential()).toThrow('workloadIdentity(): the option "authority" must be an https URL');
  });

  it.each([
    ['https://login.microsoftonline.us/', 'login.microsoftonline.us'],
    ['https://login.partner.microsoftonline.cn', 'login.partner.microsoftonline.cn'],
    [undefined, 'login.microsoftonline.com'],
  ])('with AZURE_AUTHORITY_HOST %s asks %s', async (host, expected) => {
    const hosts: string[] = [];
    nock(/^https:\/\/./)
      .post(/./)
      .reply(function answer() {
        hosts.push(String(this.req.headers['host']));
        return [200, { token_type: 'Bearer', expires_in: 3599, access_token: 'a-token' }];
      });
    writeFileSync(tokenFile, workload());
    const { AZURE_TENANT_ID, AZURE_CLIENT_ID } = env;
    const given = { AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_AUTHORITY_HOST: host };
    await workloadIdentity({ env: given, tokenFile }).getToken(SCOPE);
    expect(hosts).toEqual([expected]);
  });
});

describe('workloadIdentity() on a laptop', () => {
  const without = (...names: readonly string[]) =>
    Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));

  it.each<[string, readonly string[], string]>([
    [
      'all',
      ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_FEDERATED_TOKEN_FILE'],
      'AZURE_TENANT_ID (option "tenantId"), AZURE_CLIENT_ID (option "clientId"), AZURE_FEDERATED_TOKEN_FILE (option "tokenFile")',
    ],
    ['the tenant', ['AZURE_TENANT_ID'], 'AZURE_TENANT_ID (option "tenantId")'],
    ['the client', ['AZURE_CLIENT_ID'], 'AZURE_CLIENT_ID (option "clientId")'],
    ['the file', ['AZURE_FEDERATED_TOKEN_FILE'], 'AZURE_FEDERATED_TOKEN_FILE (option "tokenFile")'],
  ])('can be made, and says at the first token what is missing: %s', async (_, names, missing) => {
    const empty = Object.fromEntries(names.map((name) => [name, '']));
    for (const variables of [without(...names), { ...env, ...empty }])
      await expect(credential({ env: variables }).getToken([SCOPE])).rejects.toMatchObject({
        name: 'CredentialUnavailableError',
        code: 'ERR_TOKEN_ACQUISITION',
        unavailable: true,
        transient: false,
        scopes: [SCOPE],
        message: `No token for ${SCOPE}: no workload identity is known here: neither the environment nor an option has ${missing}`,
      });
    expect(idp.tokenRequests).toHaveLength(0);
  });

  it('makes a chain of the Azure SDK go on', async () => {
    const chain = new ChainedTokenCredential(workloadIdentity({ env: {} }), staticCredential('a-token'));
    await expect(chain.getToken(SCOPE)).resolves.toMatchObject({ token: 'a-token' });
  });

  it('knows a caller who has given up', async () => {
    const abortSignal = AbortSignal.abort();
    const asked = workloadIdentity({ env: {} }).getToken(SCOPE, { abortSignal });
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
  });

  it.each<[string, WorkloadIdentityOptions, string]>([
    [
      'an option that does not exist',
      { tenant: 'contoso' } as WorkloadIdentityOptions,
      'there is no option "tenant"',
    ],
    ['a path that is none', { tokenFile: '' }, '"tokenFile" must be the path of a file'],
    ['a tenant that is none', { tenantId: 'common' }, '"tenantId" must be the id of a directory'],
    ['plain http', { authority: 'http://login.example/contoso' }, '"authority" must be an https URL'],
    [
      'a tenant that is not the authority’s',
      { authority: 'https://login.example/contoso', tenantId: 'fabrikam' },
      '"tenantId" must be the tenant in the path of authority',
    ],
  ])('still refuses what cannot be right anywhere: %s', (_, options, message) => {
    expect(() => workloadIdentity({ env: {}, ...options })).toThrow(TypeError);
    expect(() => workloadIdentity({ env: {}, ...options })).toThrow(`workloadIdentity(): `);
    expect(() => workloadIdentity({ env: {}, ...options })).toThrow(message);
  });

  it('is not kept from starting by variables that are there for somebody else', () => {
    const variables = { AZURE_TENANT_ID: 'organizations', AZURE_AUTHORITY_HOST: 'login.example' };
    expect(() => workloadIdentity({ env: variables })).not.toThrow();
  });
});
