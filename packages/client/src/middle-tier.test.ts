import { callOf } from './index.js';
import { MadeMiddleTier } from './made-middle-tier.js';
import { frameworks } from './made-middle-tier-servers.js';

// Whoever reads them and writes them anew changes them: white space, order, escapes, and what is not ASCII.
const CLAIMS =
  '{ "access_token" : { "acrs":{"value":"c1","essential":true}, "zoë":{"value":"\\u2603 ☃ \\"a\\\\b\\" ~?>"} } }';

describe.each(frameworks)('a user of an API in $name that calls another one for him', ({ serve }) => {
  let tier: MadeMiddleTier;
  beforeEach(async () => (tier = await MadeMiddleTier.start(serve)));
  afterEach(() => tier.close());

  /** A first client whose user has signed in and called once, and what he is asked for from then on. */
  async function signedIn() {
    const { client, interactions } = tier.firstClient();
    await client.get('/orders/1');
    return { client, asked: () => interactions.slice(1).map(({ claims }) => claims) };
  }

  const statuses = () => tier.requests.map(({ status }) => status);

  it('is asked once for what the identity provider wants of him, and has his answer', async () => {
    const { client, interactions } = tier.firstClient();
    tier.idp.requireInteraction({ claims: CLAIMS });
    const { status, data } = await client.get<{ path: string }>('/orders/7');
    expect([status, data.path]).toEqual([200, '/7']);
    // The first time he just signs in.
    expect(interactions.map(({ claims }) => claims)).toEqual([undefined, CLAIMS]);
    expect(statuses()).toEqual([401, 200]);
    expect(tier.api.requests.map(({ path }) => path)).toEqual(['/7']);
    expect(grantsOf(tier)).toEqual(['sign-in', 'on-behalf-of', 'refresh', 'sign-in', 'on-behalf-of']);
  });

  it('is asked once for what the API behind wants of him, and has his answer', async () => {
    const { client, asked } = await signedIn();
    tier.idp.requireInteraction({ claims: CLAIMS });
    tier.api.revoke({ claims: CLAIMS });
    const before = tier.idp.tokenRequests.length;
    const { status, data } = await client.get<{ path: string }>('/orders/7');
    expect([status, data.path]).toEqual([200, '/7']);
    expect(asked()).toEqual([CLAIMS]);
    expect(statuses()).toEqual([200, 401, 200]);
    // Refused; with the token of the new sign-in, which the API challenges; and with the claims.
    expect(tier.api.requests.map((one) => one.status)).toEqual([200, 401, 401, 200]);
    const asking = ['on-behalf-of', 'refresh', 'sign-in', 'on-behalf-of', 'on-behalf-of'];
    expect(grantsOf(tier).slice(before)).toEqual(asking);

    const held = tier.idp.tokenRequests.length;
    await client.get('/orders/8');
    expect([tier.requests.length, tier.api.requests.length]).toEqual([4, 5]);
    expect([asked().length, tier.idp.tokenRequests.length]).toEqual([1, held]);
  });

  it('is not asked for a token that was revoked: it is replaced on the way', async () => {
    const { client, asked } = await signedIn();
    tier.api.revoke();
    await client.get('/orders/7');
    expect(asked()).toEqual([]);
    expect(statuses()).toEqual([200, 200]);
    expect(tier.api.requests.map((one) => one.status)).toEqual([200, 401, 200]);
  });

  it('hears the claims byte for byte', async () => {
    tier.idp.requireInteraction({ claims: CLAIMS });
    const response = await fetch(`${tier.url}/orders/7`, {
      headers: { authorization: `Bearer ${await tier.idp.issueUserToken()}` },
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer realm="contoso", ' +
        'authorization_uri="https://login.microsoftonline.com/common/oauth2/v2.0/authorize", ' +
        `error="insufficient_claims", claims="${Buffer.from(CLAIMS).toString('base64')}"`,
    );
    expect(response.headers.get('content-type')).toMatch('application/problem+json');
    expect(await response.json()).toEqual({
      ...{ type: 'about:blank', title: 'Unauthorized', status: 401 },
      detail: 'The user has to sign in again, as the challenge asks.',
    });
  });

  it('sends what he has written once more, whole', async () => {
    const { client } = await signedIn();
    tier.idp.requireInteraction({ claims: CLAIMS });
    tier.api.revoke({ claims: CLAIMS });
    const { status } = await client.post('/orders', { note: 'für Zoë ☃' });
    expect(status).toBe(201);
    expect(statuses()).toEqual([200, 401, 201]);
    expect(tier.api.requests.at(-1)?.body).toBe('{"note":"für Zoë ☃"}');
  });

  it('is asked for a HEAD request too, whose answer has no body to say so', async () => {
    const { client, asked } = await signedIn();
    tier.idp.requireInteraction({ claims: CLAIMS });
    tier.api.revoke({ claims: CLAIMS });
    const { status } = await client.head('/orders/7');
    expect(status).toBe(200);
    expect(asked()).toEqual([CLAIMS]);
    expect(tier.requests.map(({ method, status: of }) => [method, of])).toEqual([
      ['GET', 200],
      ['HEAD', 401],
      ['HEAD', 200],
    ]);
  });

  it('has a streamed answer whole, after he was asked', async () => {
    const { client, asked } = await signedIn();
    const export_ = 'line\n'.repeat(100_000);
    tier.api.handle = ({ path }) => (path === '/export' ? { body: export_ } : undefined);
    tier.idp.requireInteraction({ claims: CLAIMS });
    tier.api.revoke({ claims: CLAIMS });
    const { data } = await client.get<string>('/export', { responseType: 'text' });
    expect(data === export_).toBe(true);
    expect(asked()).toEqual([CLAIMS]);
  });

  it('who declines is asked once, and his call fails without another send', async () => {
    const { client, asked } = await signedIn();
    tier.idp.requireInteraction({ claims: CLAIMS });
    tier.api.revoke({ claims: CLAIMS });
    tier.idp.failSignIn('access_denied');
    const error: unknown = await client.get('/orders/7').catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', claims: CLAIMS });
    expect(asked()).toEqual([CLAIMS]);
    expect(statuses()).toEqual([200, 401]);
    expect(String(callOf(error))).toContain('claims challenge (acrs) not answered: a user is needed');
  });

  it('hears how he has to sign in, where the API behind wants that (RFC 9470)', async () => {
    tier.api.requireStepUp({ acrValues: 'c2 c1', maxAge: 300 });
    const response = await fetch(`${tier.url}/orders/7`, {
      headers: { authorization: `Bearer ${await tier.idp.issueUserToken()}` },
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(
      /error="insufficient_user_authentication", acr_values="c2 c1", max_age="300"$/,
    );
  });

  it('signs in anew, as the API behind wants him to, and has his answer', async () => {
    const { client, asked } = await signedIn();
    tier.api.requireStepUp({ acrValues: 'c2' });
    const { status } = await client.get('/orders/7');
    expect(status).toBe(200);
    expect(asked()).toEqual([undefined]);
    expect(tier.idp.authorizationRequests.map(({ acrValues }) => acrValues)).toEqual([undefined, 'c2']);
    expect(statuses()).toEqual([200, 401, 200]);
  });
});

/** What the identity provider was asked for, in order. */
function grantsOf({ idp }: MadeMiddleTier): string[] {
  const names: Readonly<Record<string, string>> = {
    authorization_code: 'sign-in',
    refresh_token: 'refresh',
    'urn:ietf:params:oauth:grant-type:jwt-bearer': 'on-behalf-of',
  };
  return idp.tokenRequests.map(({ grantType }) => names[grantType] ?? grantType);
}
