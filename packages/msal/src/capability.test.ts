import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cachedCredential, type AccessToken, type TokenCredential } from '@holdfast/token';
import { clientCredential, type ClientCredentialOptions } from './index.js';

const SCOPE = 'api://orders/.default';
const OWN = 'contoso.example';
const ANOTHER = 'fabrikam.example';
const CLAIMS = JSON.stringify({ access_token: { nbf: { essential: true, value: '1604106651' } } });

let server: Server;
/** How many tokens have been asked for. */
let requests: number;

beforeEach(async () => {
  requests = 0;
  server = createServer((request, response) => {
    void tokenFor(request).then((access_token) => {
      response.end(JSON.stringify({ token_type: 'Bearer', expires_in: 3599, access_token }));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** A token that says what it was asked for with: tenant, capability, claims. */
async function tokenFor(request: IncomingMessage): Promise<string> {
  requests += 1;
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const claims = new URLSearchParams(body).get('claims') ?? '';
  const [, tenant = ''] = (request.url ?? '').split('/');
  const parts = [tenant, claims.includes('"cp1"') ? 'revocable' : 'plain'];
  return [...parts, ...(claims.includes('1604106651') ? ['claims'] : [])].join(' ');
}

function credential(options: Partial<ClientCredentialOptions> = {}): TokenCredential {
  const { port } = server.address() as AddressInfo;
  const here = `http://127.0.0.1:${port}/{tenantid}`;
  return clientCredential({
    tenantId: OWN,
    clientId: 'orders',
    clientSecret: 'a-secret',
    authorityMetadata: JSON.stringify({
      issuer: here,
      authorization_endpoint: `${here}/authorize`,
      token_endpoint: `${here}/token`,
      jwks_uri: `${here}/keys`,
    }),
    ...options,
  });
}

/** Every way in which one credential is asked, and what has to come of it. */
const KINDS = [OWN, ANOTHER].flatMap((tenantId) =>
  [false, true].flatMap((enableCae) =>
    [undefined, CLAIMS].map((claims) => ({
      options: { tenantId, enableCae, ...(claims !== undefined && { claims }) },
      token: [tenantId, enableCae ? 'revocable' : 'plain', ...(claims === undefined ? [] : ['claims'])].join(
        ' ',
      ),
    })),
  ),
);

const textOf = (token: AccessToken | null) => token?.token;

describe('one credential for callers that answer challenges and for others', () => {
  it('gives each his own kind of token, one after the other', async () => {
    const one = credential();
    for (const { options, token } of [...KINDS, ...[...KINDS].reverse()])
      expect(textOf(await one.getToken(SCOPE, options))).toBe(token);
    expect(requests).toBe(16);
  });

  it('gives each his own kind of token, all at once', async () => {
    const one = credential();
    const wanted = Array.from({ length: 5 }, () => KINDS).flat();
    const tokens = await Promise.all(wanted.map(({ options }) => one.getToken(SCOPE, options)));
    expect(tokens.map(textOf)).toEqual(wanted.map(({ token }) => token));
  });

  it('goes on to do so when the secret changes', async () => {
    const secrets = ['first', 'second', 'third', 'fourth'];
    const one = credential({ clientSecret: () => secrets.shift() ?? 'last' });
    for (const { options, token } of KINDS) expect(textOf(await one.getToken(SCOPE, options))).toBe(token);
  });

  it('does not let a cache give the one a token of the other: two requests, however many ask', async () => {
    const cached = cachedCredential(credential());
    const ask = (enableCae: boolean) => cached.getToken(SCOPE, { enableCae }).then(textOf);
    const kinds = [false, true, true, false, true, false];
    const expected = kinds.map((enableCae) => `${OWN} ${enableCae ? 'revocable' : 'plain'}`);
    expect(await Promise.all(kinds.map(ask))).toEqual(expected);
    for (const [index, enableCae] of kinds.entries()) expect(await ask(enableCae)).toBe(expected[index]);
    expect(requests).toBe(2);
  });

  it('keeps the kind through a forced refresh and the claims of a challenge', async () => {
    const cached = cachedCredential(credential());
    const ask = (options: object) => cached.getToken(SCOPE, options).then(textOf);
    await ask({ enableCae: true });
    await ask({ enableCae: false });
    expect(await ask({ enableCae: true, forceRefresh: true })).toBe(`${OWN} revocable`);
    expect(await ask({ enableCae: true, claims: CLAIMS })).toBe(`${OWN} revocable claims`);
    expect(await ask({ enableCae: true })).toBe(`${OWN} revocable claims`);
    // His token was not challenged.
    expect(await ask({ enableCae: false })).toBe(`${OWN} plain`);
    expect(requests).toBe(4);
  });
});
