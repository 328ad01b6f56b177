import { ConfidentialClientApplication, type ICachePlugin } from '@azure/msal-node';
import { startIdentityProvider, type IdentityProvider } from '@holdfast/testing';
import { cachedCredential } from '@holdfast/token';
import { clientCredential } from './index.js';
import { MadeProvider } from './made-provider.js';
import { failureOf } from './made-outcomes.js';

// Each fault of MSAL Node 7.2 twice: "bare" shows that it is there, "holdfast" that it does not come through.

const SCOPE = 'api://orders/.default';
const FABRIKAM = 'fabrikam.onmicrosoft.com';

let idp: IdentityProvider;

beforeEach(async () => {
  idp = await startIdentityProvider();
});

afterEach(async () => {
  jest.restoreAllMocks();
  await idp.close();
});

function bare(cachePlugin?: ICachePlugin): ConfidentialClientApplication {
  const { clientId, clientSecret, authority, authorityMetadata } = idp.app;
  return new ConfidentialClientApplication({
    auth: { clientId, clientSecret, authority, authorityMetadata },
    ...(cachePlugin !== undefined && { cache: { cachePlugin } }),
  });
}

/** How many tokens are read until the one that is cached is found, among so many. */
async function tokensRead(entries: number): Promise<number> {
  const app = bare();
  for (let entry = 0; entry < entries; entry += 1)
    await app.acquireTokenByClientCredential({ scopes: [`api://api-${entry}/.default`] });
  const sent = idp.tokenRequests.length;
  const storage: unknown = Reflect.get(app, 'storage');
  const read = jest.spyOn(storage as { getAccessTokenCredential: () => unknown }, 'getAccessTokenCredential');
  const compared = jest.spyOn(
    storage as { accessTokenKeyMatchesFilter: () => unknown },
    'accessTokenKeyMatchesFilter',
  );
  await app.acquireTokenByClientCredential({ scopes: ['api://api-0/.default'] });
  expect(idp.tokenRequests).toHaveLength(sent);
  return read.mock.calls.length + compared.mock.calls.length;
}

describe('a cached token', () => {
  it('bare: costs more with every token that is cached', async () => {
    const [one, hundred] = [await tokensRead(1), await tokensRead(100)];
    expect(one).toBeLessThan(5);
    expect(hundred).toBeGreaterThanOrEqual(100);
  });

  it('holdfast: does not ask MSAL, however many there are', async () => {
    const asked = jest.spyOn(ConfidentialClientApplication.prototype, 'acquireTokenByClientCredential');
    const one = cachedCredential(clientCredential(idp.app));
    for (let entry = 0; entry < 100; entry += 1) await one.getToken(`api://api-${entry}/.default`);
    expect(asked).toHaveBeenCalledTimes(100);
    for (let entry = 0; entry < 100; entry += 1) await one.getToken(`api://api-${entry}/.default`);
    expect(asked).toHaveBeenCalledTimes(100);
  });
});

describe('claims that cannot be read', () => {
  it('bare: are ignored, and answered with the token that was refused', async () => {
    const app = bare();
    const first = await app.acquireTokenByClientCredential({ scopes: [SCOPE] });
    const second = await app.acquireTokenByClientCredential({ scopes: [SCOPE], claims: '{"access_token":' });
    expect(second?.accessToken).toBe(first?.accessToken);
    expect(idp.tokenRequests).toHaveLength(1);
  });

  it('holdfast: are refused', async () => {
    const one = cachedCredential(clientCredential(idp.app));
    await one.getToken(SCOPE);
    expect(await failureOf(one.getToken(SCOPE, { claims: '{"access_token":' }))).toMatchObject({
      message: expect.stringContaining('the claims are not a JSON object') as unknown,
    });
    expect(idp.tokenRequests).toHaveLength(1);
  });
});

describe('the function that has the assertion', () => {
  const TOKEN = { token_type: 'Bearer', expires_in: 3599, access_token: 'a-token' };

  it('bare: is called for every call, although the token is cached', async () => {
    await using provider = await MadeProvider.answering(200, TOKEN);
    const { clientId, authority, authorityMetadata } = provider.app;
    const clientAssertion = jest.fn(() => Promise.resolve('an-assertion'));
    const auth = { clientId, authority, authorityMetadata, clientAssertion };
    const app = new ConfidentialClientApplication({ auth });
    for (let call = 0; call < 3; call += 1)
      await app.acquireTokenByClientCredential({ scopes: [SCOPE], clientAssertion });
    expect(provider.requests).toHaveLength(1);
    expect(clientAssertion.mock.calls.length).toBeGreaterThanOrEqual(3);
  });

  it('holdfast: is called once for each token request', async () => {
    await using provider = await MadeProvider.answering(200, TOKEN);
    const { tenantId, clientId, authority, authorityMetadata } = provider.app;
    const clientAssertion = jest.fn(() => Promise.resolve('an-assertion'));
    const one = cachedCredential(
      clientCredential({ tenantId, clientId, authority, authorityMetadata, clientAssertion }),
    );
    for (let call = 0; call < 3; call += 1) await one.getToken(SCOPE);
    expect(provider.requests).toHaveLength(1);
    expect(clientAssertion).toHaveBeenCalledTimes(1);
  });
});

describe('two tenants, asked for by one application', () => {
  const NO_TENANT = { token_type: 'Bearer', expires_in: 3599 };

  /** Answers with a token that names the tenant whose endpoint was asked. */
  const startBoth = () =>
    MadeProvider.start((request, response) => {
      const access_token = `a token of ${request.url?.split('/')[1] ?? ''}`;
      response.end(JSON.stringify({ ...NO_TENANT, access_token }));
    });
  const forAll = (metadata: string) => metadata.replace(/(127\.0\.0\.1:\d+)\/token/, '$1/{tenantid}/token');

  it('bare: with a shared cache, one tenant’s token is written into the other’s blob', async () => {
    await using provider = await startBoth();
    const blobs = new Map<string, string>();
    let tenant = '';
    const { clientId, clientSecret, authorityMetadata } = provider.app;
    const cachePlugin: ICachePlugin = {
      beforeCacheAccess: (cache) => {
        cache.tokenCache.deserialize(blobs.get(tenant) ?? '');
        return Promise.resolve();
      },
      afterCacheAccess: (cache) => {
        if (cache.cacheHasChanged) blobs.set(tenant, cache.tokenCache.serialize());
        return Promise.resolve();
      },
    };
    const app = new ConfidentialClientApplication({
      auth: {
        clientId,
        clientSecret,
        authority: 'https://login.microsoftonline.com/contoso',
        authorityMetadata: forAll(authorityMetadata),
      },
      cache: { cachePlugin },
    });
    for (tenant of ['contoso', FABRIKAM])
      await app.acquireTokenByClientCredential({
        scopes: [SCOPE],
        authority: `https://login.microsoftonline.com/${tenant}`,
      });
    expect(blobs.get(FABRIKAM)).toContain('a token of contoso');
  });

  it('bare: nobody gets a token while the store of that cache is down', async () => {
    const down = () => Promise.reject(new Error('The store is down'));
    const app = bare({ beforeCacheAccess: down, afterCacheAccess: down });
    const error = await failureOf(app.acquireTokenByClientCredential({ scopes: [SCOPE] }));
    expect(String(error)).toContain('The store is down');
  });

  it('holdfast: each gets its own, in whatever order and from the cache too', async () => {
    await using provider = await startBoth();
    const { app } = provider;
    const authorityMetadata = forAll(app.authorityMetadata);
    const one = cachedCredential(clientCredential({ ...app, authorityMetadata }));
    const tenants = ['contoso', FABRIKAM, FABRIKAM, 'contoso', 'contoso', FABRIKAM];
    const got = await Promise.all(tenants.map((tenantId) => one.getToken(SCOPE, { tenantId })));
    for (const tenantId of tenants) got.push(await one.getToken(SCOPE, { tenantId }));
    expect(got.map(({ token }) => token)).toEqual(
      [...tenants, ...tenants].map((tenant) => `a token of ${tenant}`),
    );
    expect(provider.requests).toHaveLength(2);
  });

  it('holdfast: no token is looked for in MSAL’s cache, and no store is asked', async () => {
    const asked = jest.spyOn(ConfidentialClientApplication.prototype, 'acquireTokenByClientCredential');
    const one = clientCredential(idp.app);
    await one.getToken(SCOPE);
    await one.getToken(SCOPE, { enableCae: true });
    await one.getToken(SCOPE, { claims: '{"access_token":{}}' });
    expect(asked.mock.calls.map(([request]) => request.skipCache)).toEqual([true, true, true]);
    for (const app of asked.mock.contexts) {
      const { cache } = Reflect.get(app, 'config') as { cache: { cachePlugin?: unknown } };
      expect(cache.cachePlugin).toBeUndefined();
    }
  });
});
