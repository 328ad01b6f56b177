import type { AccessToken, TokenCredential } from '@azure/core-auth';
import { ConfidentialClientApplication } from '@azure/msal-node';
import { startIdentityProvider, type AppRegistration } from '@holdfast/testing';
import { seen } from './seen.js';

export const SCOPE = 'api://orders/.default';

/** MSAL as its documentation sets it up. */
export function msalApplication(app: AppRegistration): ConfidentialClientApplication {
  const { clientId, clientSecret, authority, authorityMetadata } = app;
  return new ConfidentialClientApplication({
    auth: { clientId, clientSecret, authority, authorityMetadata, clientCapabilities: ['cp1'] },
  });
}

export interface Tokens extends TokenCredential {
  /** The token that is in the cache. */
  readonly held: string;
}

/**
 * MSAL with a token in its cache, which holds for the next hour: every stack has its token from here. The identity provider
 * that issued it is gone, so that asking for another one fails.
 */
export async function msalTokens(): Promise<Tokens> {
  await using identityProvider = await startIdentityProvider();
  const msal = msalApplication(identityProvider.app);
  const getToken = async (): Promise<AccessToken> => {
    seen.msalCalls += 1;
    const result = await msal.acquireTokenByClientCredential({ scopes: [SCOPE] });
    if (result?.expiresOn == null) throw new Error('MSAL has given no token');
    return { token: result.accessToken, expiresOnTimestamp: result.expiresOn.getTime() };
  };
  const { token } = await getToken();
  return { getToken, held: token };
}
