import { cachedCredential, type GetTokenOptions, type TokenCredential } from '@holdfast/token';
import { httpReplyFor } from '@holdfast/core';
import {
  staticCredential,
  startIdentityProvider,
  startManagedIdentityEndpoint,
  type IdentityProvider,
  type ManagedIdentityEndpoint,
} from '@holdfast/testing';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  clientCredential,
  credentialFromEnvironment,
  firstAvailable,
  managedIdentity,
  onBehalfOf,
  workloadIdentity,
} from './index.js';
import { failureOf } from './made-outcomes.js';
import { SCOPE } from './made-users.js';

const STEP_UP: GetTokenOptions = { acrValues: 'mfa', maxAge: 0, claims: '{"access_token":{"acrs":null}}' };
const random = { random: () => 0 };

let idp: IdentityProvider;
let endpoint: ManagedIdentityEndpoint;
let folder: string;

// MSAL looks once in a process for what manages its identities.
beforeAll(async () => {
  endpoint = await startManagedIdentityEndpoint({ source: 'app-service' });
  Object.assign(process.env, endpoint.env);
});

beforeEach(async () => {
  idp = await startIdentityProvider();
  folder = await mkdtemp(join(tmpdir(), 'holdfast-'));
});

afterEach(async () => {
  await idp.close();
  await rm(folder, { recursive: true });
});

afterAll(async () => {
  for (const name of Object.keys(endpoint.env)) Reflect.deleteProperty(process.env, name);
  await endpoint.close();
});

async function workload(): Promise<TokenCredential> {
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, 'a-token-of-the-cluster');
  const { tenantId, clientId, authority, authorityMetadata } = idp.app;
  return workloadIdentity({ tenantId, clientId, authority, authorityMetadata, ...random, tokenFile });
}

function fromEnvironment(): TokenCredential {
  const { tenantId, clientId, clientSecret } = idp.app;
  const env = {
    AZURE_TENANT_ID: tenantId,
    AZURE_CLIENT_ID: clientId,
    AZURE_CLIENT_SECRET: clientSecret,
    AZURE_TOKEN_CREDENTIALS: 'EnvironmentCredential',
  };
  return credentialFromEnvironment({ ...random, env });
}

const application = () => clientCredential({ ...idp.app, ...random });

const CREDENTIALS: readonly (readonly [string, () => Promise<TokenCredential>])[] = [
  ['clientCredential()', () => Promise.resolve(application())],
  ['workloadIdentity()', workload],
  ['managedIdentity()', () => Promise.resolve(managedIdentity(random))],
  [
    'onBehalfOf().forUser()',
    async () => onBehalfOf({ ...idp.app, ...random }).forUser(await idp.issueUserToken()),
  ],
  ['credentialFromEnvironment()', () => Promise.resolve(fromEnvironment())],
  ['cachedCredential()', () => Promise.resolve(cachedCredential(application()))],
];

describe('an API that wants a user to sign in, of a program that cannot ask him', () => {
  it.each(CREDENTIALS)(
    'is not brought a token by %s that it would not take: the error says all it wants',
    async (_, make) => {
      const credential = await make();
      const before = endpoint.requests.length;
      const error = await failureOf(credential.getToken(SCOPE, STEP_UP));
      expect(error).toMatchObject({
        code: 'ERR_INTERACTION_REQUIRED',
        message: `A token for ${SCOPE} can only be had by asking the user: he has to sign in for it, and cannot be asked here`,
        scopes: [SCOPE],
        ...STEP_UP,
      });
      expect(httpReplyFor(error)?.status).toBe(401);
      expect([idp.tokenRequests.length, endpoint.requests.length]).toEqual([0, before]);
    },
  );

  it.each([{ acrValues: 'mfa' }, { maxAge: 0 }, { maxAge: 300 }])(
    'is told of %j alone as well',
    async (demand) => {
      const error = await failureOf(application().getToken(SCOPE, demand));
      expect(error).toMatchObject({
        code: 'ERR_INTERACTION_REQUIRED',
        ...{ acrValues: undefined, maxAge: undefined, claims: undefined },
        ...demand,
      });
    },
  );

  it('does not decide which credential firstAvailable() goes by, nor is it lost there', async () => {
    const elsewhere = Object.assign(new Error('az login'), { name: 'CredentialUnavailableError' });
    const absent = staticCredential(elsewhere);
    const credential = firstAvailable(absent, application(), staticCredential('a-developer’s'));
    for (let call = 0; call < 2; call += 1)
      expect(await failureOf(credential.getToken(SCOPE, STEP_UP))).toMatchObject({
        code: 'ERR_INTERACTION_REQUIRED',
        ...STEP_UP,
      });
    // Who it is has been found out by a token of which nothing was demanded.
    expect(absent.requests.map(({ options }) => Object.keys(options))).toEqual([['abortSignal']]);
    expect(idp.tokenRequests).toHaveLength(1);
    await expect(credential.getToken(SCOPE)).resolves.toBeDefined();
    expect(absent.requests).toHaveLength(1);
  });

  it('is brought one by a user behind firstAvailable(), who can be asked', async () => {
    const user = staticCredential(({ options }) => `signed in by ${options.acrValues ?? 'nothing'}`);
    const credential = firstAvailable(user);
    const token = await credential.getToken(SCOPE, { acrValues: 'mfa' });
    expect(token?.token).toBe('signed in by mfa');
    expect(user.requests.map(({ options }) => options.acrValues)).toEqual([undefined, 'mfa']);
  });
});

describe('a user on whose behalf nothing can be had any more', () => {
  it('has to bring what the API wants, when the token by which he came has expired', async () => {
    const expired = await idp.issueUserToken({ expiresIn: 0 });
    const credential = onBehalfOf({ ...idp.app, ...random }).forUser(expired);
    expect(await failureOf(credential.getToken(SCOPE, STEP_UP))).toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      message: expect.stringContaining('the token by which he came has expired') as unknown,
      ...STEP_UP,
    });
  });
});
