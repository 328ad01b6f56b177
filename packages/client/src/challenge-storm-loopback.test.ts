import {
  startIdentityProvider,
  startProtectedApi,
  type IdentityProvider,
  type ProtectedApi,
  type StaticToken,
} from '@holdfast/testing';
import { Agent } from 'node:http';
import {
  TokenAcquisitionError,
  cachedCredential,
  callOf,
  createServiceClient,
  type TokenCredential,
} from './index.js';
import { endingOf, tally } from './made-challenge-storm.js';

const CALLS = 1_000;
const FEWER = 300;
const SOCKETS = 50;
const AUDIENCE = 'api://orders';

let idp: IdentityProvider;
let api: ProtectedApi;
let agent: Agent;

beforeEach(async () => {
  idp = await startIdentityProvider();
  api = await startProtectedApi({ idp, audience: AUDIENCE });
  agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
});

afterEach(async () => {
  agent.destroy();
  await api.close();
  await idp.close();
});

/** Asks the identity provider by HTTP, and says of a failure what a credential of ours would. */
class AppCredential implements TokenCredential {
  async getToken(
    ...[scopes, { claims } = {}]: Parameters<TokenCredential['getToken']>
  ): Promise<StaticToken> {
    const { authorityMetadata, clientId, clientSecret } = idp.app;
    const { token_endpoint: url } = JSON.parse(authorityMetadata) as { readonly token_endpoint: string };
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope: String(scopes),
      ...(claims !== undefined && { claims }),
    });
    const failed = (message: string, retryAfterMs?: number) =>
      new TokenAcquisitionError({ service: 'idp', message, scopes: [], transient: true, retryAfterMs });
    const answer = await fetch(url, { method: 'POST', body }).catch(() => {
      throw failed('the identity provider cannot be reached');
    });
    if (!answer.ok) throw failed('throttled', Number(answer.headers.get('retry-after')) * 1_000);
    const { access_token: token, expires_in: seconds } = (await answer.json()) as {
      readonly access_token: string;
      readonly expires_in: number;
    };
    return { token, expiresOnTimestamp: Date.now() + seconds * 1_000 };
  }
}

/** Calls at once over 50 sockets; the token is revoked when the API has seen the first hundred of them. */
async function storm(calls: number, trouble: () => void | Promise<void> = () => undefined) {
  const client = createServiceClient({
    ...{ name: 'orders', baseURL: api.url, scopes: `${AUDIENCE}/.default` },
    credential: cachedCredential(new AppCredential()),
    // A machine that does something else is no slow API. And who has no deadline waits for no provider: that would be in real time.
    ...{ attemptTimeoutMs: false, deadlineMs: false },
    axios: { httpAgent: agent, proxy: false },
  });
  await client.get('/before');
  const asked = idp.tokenRequests.length;
  const before = api.requests.length;
  let isRevoked = false;
  api.handle = async () => {
    if (!isRevoked && api.requests.length >= before + 100) {
      isRevoked = true;
      await trouble();
      api.revoke();
    }
    return undefined;
  };
  const ended = await Promise.all(
    Array.from({ length: calls }, (_, number) =>
      client.get(`/${number}`).then(
        (response) => ({ ending: response.status, call: callOf(response) }),
        (error: unknown) => ({ ending: endingOf(error), call: callOf(error) }),
      ),
    ),
  );
  const sent = Object.values(tally(api.requests.slice(before).map(({ path }) => path)));
  return {
    endings: tally(ended.map(({ ending }) => ending)),
    mostSends: Math.max(...sent),
    challenged: ended.filter(({ call }) => call?.attempts[0]?.status === 401).length,
    resent: sent.filter((sends) => sends === 2).length,
    tokenRequests: idp.tokenRequests.length - asked,
    sockets: api.requests.slice(before).filter(({ reusedSocket }) => !reusedSocket).length,
  };
}

describe('calls over 50 sockets whose token is revoked on the way', () => {
  it('all get through, 1,000 of them: one token request, and each that was challenged is sent once more', async () => {
    const { challenged, ...seen } = await storm(CALLS);
    expect(challenged).toBeGreaterThanOrEqual(SOCKETS);
    expect(seen).toMatchObject({
      endings: { 200: CALLS },
      mostSends: 2,
      resent: challenged,
      tokenRequests: 1,
    });
    // Answers that are thrown away hold no socket: hardly one more connection is opened.
    expect(seen.sockets).toBeLessThanOrEqual(SOCKETS);
  });

  it('while the identity provider throttles: one token request, and each that was challenged gets its 401', async () => {
    const { challenged, ...seen } = await storm(FEWER, () => {
      idp.fail({ status: 429, retryAfter: '600' });
    });
    expect(challenged).toBeGreaterThanOrEqual(SOCKETS);
    const endings = { 200: FEWER - challenged, 401: challenged };
    expect(seen).toMatchObject({ endings, mostSends: 1, tokenRequests: 1 });
  });

  it('while the identity provider is down: each that was challenged gets its 401', async () => {
    const { challenged, ...seen } = await storm(FEWER, () => idp.down());
    expect(challenged).toBeGreaterThanOrEqual(SOCKETS);
    expect(seen).toMatchObject({ endings: { 200: FEWER - challenged, 401: challenged }, mostSends: 1 });
  });
});
