import { createServiceClient, type TokenCredential } from '@holdfast/client';
import { startIdentityProvider, startProtectedApi, staticCredential, type User } from '@holdfast/testing';
import { answer } from './loopback-answers.js';

const audience = 'api://contoso';

/** Contoso on this machine: an identity provider, and the services that take its tokens. */
export async function startLoopback() {
  const idp = await startIdentityProvider();
  const api = await startProtectedApi({ idp, audience });
  const names = new Map<string | undefined, string>();
  /** Real tokens of somebody, with the claims that a challenge asks for. */
  const credentialOf = (user: User): TokenCredential =>
    staticCredential(async ({ options: { claims } }) => {
      const token = await idp.issueUserToken({ user, audience, ...(claims !== undefined && { claims }) });
      names.set((await idp.verify(token, { audience })).jti, user.name);
      return token;
    });
  const credential = credentialOf(idp.addUser({ name: 'A job' }));
  api.handle = (request) => answer({ ...request, url: api.url, caller: names.get(request.tokenId) ?? '' });
  return {
    api,
    url: api.url,
    credential,
    ada: credentialOf(idp.user),
    /** For one service of these, at its path. */
    client: (name: string, path: string) =>
      createServiceClient({ name, baseURL: `${api.url}${path}`, scopes: `${audience}/.default`, credential }),
    async [Symbol.asyncDispose]() {
      await api.close();
      await idp.close();
    },
  };
}
