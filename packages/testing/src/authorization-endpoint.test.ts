import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import axios, { type AxiosResponse } from 'axios';
import { manualClock, startIdentityProvider, type IdentityProvider } from './index.js';
import type { Form } from './made-client.js';

const redirectUri = 'http://localhost:3000/auth?from=here';

describe('a browser that signs its user in', () => {
  const clock = manualClock({ fakeGlobals: false });
  let idp: IdentityProvider;
  beforeEach(async () => {
    idp = await startIdentityProvider({ clock });
  });
  afterEach(async () => {
    await idp.close();
  });

  const addressOf = (form: Form = {}): string => {
    const { authorization_endpoint: endpoint } = JSON.parse(idp.app.authorityMetadata) as {
      authorization_endpoint: string;
    };
    const query = new URLSearchParams({
      client_id: idp.publicApp.clientId,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'api://orders/.default openid',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      state: 'a&b="<c>"',
      ...form,
    });
    return `${endpoint}?${query.toString()}`;
  };
  const visit = (form: Form = {}): Promise<AxiosResponse<string>> =>
    axios.get(addressOf(form), { maxRedirects: 0, validateStatus: () => true });
  const broughtBy = async (form: Form = {}): Promise<URLSearchParams> => {
    const { status, headers } = await visit(form);
    expect(status).toBe(302);
    return new URL(String(headers['location'])).searchParams;
  };

  it('is sent on at once, with a code, the state and who it is', async () => {
    const brought = await broughtBy({ client_info: '1' });
    expect([...brought.keys()]).toEqual(['from', 'code', 'client_info', 'state']);
    expect(brought.get('state')).toBe('a&b="<c>"');
    const { objectId: uid, tenantId: utid } = idp.user;
    const who = Buffer.from(brought.get('client_info') ?? '', 'base64url').toString();
    expect(JSON.parse(who)).toEqual({ uid, utid });
  });

  it('brings the code in the fragment where the client wants it there', async () => {
    const { headers } = await visit({ response_mode: 'fragment' });
    const { search, hash } = new URL(String(headers['location']));
    expect(search).toBe('?from=here');
    expect(new URLSearchParams(hash.slice(1)).has('code')).toBe(true);
    expect((await visit({ response_mode: 'pigeon' })).status).toBe(400);
  });

  it('is played by browse(), up to the client that waits on loopback, with a form too', async () => {
    const delivered: [string | undefined, URLSearchParams][] = [];
    const client = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
        delivered.push([
          request.method,
          request.method === 'POST' ? new URLSearchParams(body) : searchParams,
        ]);
        response.end('You can close this window');
      });
    });
    client.listen(0, '127.0.0.1');
    await once(client, 'listening');
    const redirect_uri = `http://127.0.0.1:${(client.address() as AddressInfo).port}/?a=1&b=2`;
    try {
      const byQuery = await idp.browse(addressOf({ redirect_uri }));
      const byForm = await idp.browse(addressOf({ redirect_uri, response_mode: 'form_post' }));
      const byFragment = await idp.browse(addressOf({ redirect_uri, response_mode: 'fragment' }));
      expect(delivered.map(([method]) => method)).toEqual(['GET', 'POST', 'GET']);
      expect(delivered[0]?.[1].get('code')).toBe(byQuery.get('code'));
      expect([...(delivered[1]?.[1] ?? [])]).toEqual([...byForm]);
      expect(delivered[2]?.[1].has('code')).toBe(false);
      for (const brought of [byQuery, byForm, byFragment]) {
        expect(brought.get('code')).toEqual(expect.any(String));
        expect(brought.get('state')).toBe('a&b="<c>"');
      }
    } finally {
      client.closeAllConnections();
      client.close();
    }
  });

  it('stays on a page with an error when it would be sent to a stranger', async () => {
    const elsewhere = [
      'https://attacker.example/',
      'http://localhost.attacker.example/',
      'http://127.0.0.1@attacker.example/',
      'http://localhost:80@attacker.example/',
    ];
    for (const redirect_uri of elsewhere) {
      const { status, data, headers } = await visit({ redirect_uri });
      expect([status, headers['location'], data]).toMatchObject([400, undefined, { error_codes: [50011] }]);
    }
    expect(await visit({ client_id: 'another' })).toMatchObject({
      status: 400,
      data: { error_codes: [700016] },
    });
    await expect(idp.browse(addressOf({ client_id: 'another' }))).rejects.toThrow('AADSTS700016');
    expect(idp.authorizationRequests).toEqual([]);
  });

  it('signs in whom the client names, and nobody when it is nobody', async () => {
    const user = idp.addUser({ username: 'grace@contoso.example' });
    await broughtBy({ login_hint: user.username });
    const nobody = await broughtBy({ login_hint: 'nobody@contoso.example' });
    expect(nobody.get('error')).toBe('login_required');
    expect(nobody.has('code')).toBe(false);
    expect(idp.authorizationRequests.map((one) => one.user)).toEqual([user.objectId, undefined]);
  });

  it('comes back with the error that a test wants, until it wants it no longer', async () => {
    for (const error of [
      'access_denied',
      'interaction_required',
      'login_required',
      'consent_required',
    ] as const) {
      idp.failSignIn(error);
      const brought = await broughtBy();
      expect([brought.get('error'), brought.has('code'), brought.get('state')]).toEqual([
        error,
        false,
        'a&b="<c>"',
      ]);
    }
    idp.failSignIn(null);
    expect((await broughtBy()).has('code')).toBe(true);
  });

  it('comes back with an error when the client asks for what there is not, or could be robbed of its code', async () => {
    const errorOf = async (form: Form) => (await broughtBy(form)).get('error');
    expect(await errorOf({ response_type: 'token' })).toBe('unsupported_response_type');
    expect(await errorOf({ scope: 'api://a/x api://b/y' })).toBe('invalid_scope');
    expect(await errorOf({ claims: 'no JSON' })).toBe('invalid_request');
    expect(await errorOf({ code_challenge_method: 'plain' })).toBe('invalid_request');
    expect(idp.authorizationRequests.map(({ user }) => user)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(await errorOf({ client_id: idp.app.clientId, code_challenge_method: 'plain' })).toBe(null);
  });

  it('is seen with all that it was sent with, but for what only the client knows', async () => {
    const claims = '{"access_token":{"acrs":{"value":"c1"}}}';
    await visit({
      prompt: 'login',
      claims,
      login_hint: idp.user.username,
      'client-request-id': 'the-request',
    });
    expect(idp.authorizationRequests).toEqual([
      {
        at: clock.now(),
        clientId: idp.publicApp.clientId,
        redirectUri,
        scope: 'api://orders/.default openid',
        claims,
        prompt: 'login',
        loginHint: idp.user.username,
        correlationId: 'the-request',
        user: idp.user.objectId,
      },
    ]);
  });
});
