import { startIdentityProvider, type IdentityProvider } from './index.js';
import { begin, onBehalfOf, refresh, signIn } from './made-client.js';

const ACRS = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
const refused = (claims: string) => ({
  status: 400,
  data: { error: 'interaction_required', error_codes: [50076], claims },
});

describe('a policy that wants the user himself', () => {
  let idp: IdentityProvider;
  beforeEach(async () => {
    idp = await startIdentityProvider();
  });
  afterEach(async () => {
    await idp.close();
  });

  it('refuses all that is asked without him, with the claims to ask him for', async () => {
    const { refresh_token: token } = await signIn(idp);
    const assertion = await idp.issueUserToken();
    expect(idp.requireInteraction()).toBe(ACRS);
    expect(await refresh(idp, token)).toMatchObject(refused(ACRS));
    expect(await onBehalfOf(idp, assertion)).toMatchObject(refused(ACRS));
  });

  it('is not content with a sign-in that has lost the claims on its way', async () => {
    const claims = idp.requireInteraction();
    const without = await signIn(idp);
    expect(await refresh(idp, without.refresh_token)).toMatchObject(refused(claims));
    const other = '{"access_token":{"acrs":{"essential":true,"value":"c2"}}}';
    const otherwise = await signIn(idp, idp.user, { claims: other });
    expect(await refresh(idp, otherwise.refresh_token)).toMatchObject(refused(claims));
  });

  it('ends for a user who has signed in for a device with the claims, others among them', async () => {
    const [user, other] = [idp.user, idp.addUser()];
    const own = await signIn(idp, user);
    const others = await signIn(idp, other);
    const claims = idp.requireInteraction();
    const merged = '{"access_token":{"xms_cc":{"values":["cp1"]},"acrs":{"essential":true,"value":"c1"}}}';
    await signIn(idp, user, { claims: merged });
    expect((await refresh(idp, own.refresh_token)).status).toBe(200);
    expect(await refresh(idp, others.refresh_token)).toMatchObject(refused(claims));
  });

  it('does not end while the device still waits for its user', async () => {
    const { refresh_token: token } = await signIn(idp);
    const claims = idp.requireInteraction();
    const { data } = await begin(idp, { claims });
    expect(await refresh(idp, token)).toMatchObject(refused(claims));
    idp.decline(data.user_code);
    expect(await refresh(idp, token)).toMatchObject(refused(claims));
  });

  it('ends for a user who has signed in by his browser with the claims, and not silently', async () => {
    const { refresh_token: token } = await signIn(idp);
    const claims = idp.requireInteraction({ scope: 'api://orders/.default' });
    const browse = async (form: Record<string, string>) => {
      const query = new URLSearchParams({
        client_id: idp.publicApp.clientId,
        response_type: 'code',
        redirect_uri: 'http://localhost:3000/',
        scope: 'api://orders/.default',
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
        code_challenge_method: 'S256',
        ...form,
      });
      const address = `${idp.url}/${idp.app.tenantId}/oauth2/v2.0/authorize?${query.toString()}`;
      const { headers } = await fetch(address, { redirect: 'manual' });
      return new URL(headers.get('location') ?? '').searchParams;
    };

    const silent = await browse({ claims, prompt: 'none' });
    expect([silent.get('error'), silent.get('claims')]).toEqual(['interaction_required', claims]);
    const elsewhere = await browse({ claims, prompt: 'none', scope: 'api://stock/.default' });
    expect(elsewhere.has('code')).toBe(true);
    expect((await browse({})).has('code')).toBe(true);
    expect(await refresh(idp, token)).toMatchObject(refused(claims));

    expect((await browse({ claims })).has('code')).toBe(true);
    expect((await refresh(idp, token)).status).toBe(200);
    expect((await browse({ prompt: 'none' })).has('code')).toBe(true);
  });

  it('ends for the middle tier when its user comes with a token for which he was asked', async () => {
    const claims = idp.requireInteraction();
    expect(await onBehalfOf(idp, await idp.issueUserToken())).toMatchObject(refused(claims));
    expect((await onBehalfOf(idp, await idp.issueUserToken({ claims }))).status).toBe(200);
  });

  it('concerns one user and one resource where it says so', async () => {
    const [user, other] = [idp.user, idp.addUser()];
    const own = await signIn(idp, user);
    const others = await signIn(idp, other);
    const claims = { access_token: { nbf: { essential: true, value: '1735689600' } } };
    const text = idp.requireInteraction({ user, claims, scope: 'api://orders/orders.read' });
    expect(text).toBe(JSON.stringify(claims));
    expect(await refresh(idp, own.refresh_token)).toMatchObject(refused(text));
    expect((await refresh(idp, own.refresh_token, { scope: 'api://stock/.default' })).status).toBe(200);
    expect((await refresh(idp, others.refresh_token)).status).toBe(200);
  });

  it('has to be answered again when there is a second one', async () => {
    const { refresh_token: token } = await signIn(idp);
    await signIn(idp, idp.user, { claims: idp.requireInteraction() });
    expect((await refresh(idp, token)).status).toBe(200);
    const second = idp.requireInteraction();
    expect(await refresh(idp, token)).toMatchObject(refused(second));
  });

  it('needs claims that a client can ask for: the test is told', () => {
    expect(() => idp.requireInteraction({ claims: '{"id_token":{}}' })).toThrow(TypeError);
    expect(() => idp.requireInteraction({ claims: 'no JSON' })).toThrow(SyntaxError);
  });
});

describe('a fault of one user’s', () => {
  let idp: IdentityProvider;
  beforeEach(async () => {
    idp = await startIdentityProvider();
  });
  afterEach(async () => {
    await idp.close();
  });

  it('throttles him alone, on whatever way he comes', async () => {
    const [user, other] = [idp.user, idp.addUser()];
    const [own, others] = [await signIn(idp, user), await signIn(idp, other)];
    idp.fail({ status: 429, retryAfter: '7' }, { user });

    const throttled = await onBehalfOf(idp, await idp.issueUserToken({ user }));
    expect([throttled.status, throttled.headers['retry-after']]).toEqual([429, '7']);
    expect((await refresh(idp, own.refresh_token)).status).toBe(429);
    expect((await onBehalfOf(idp, await idp.issueUserToken({ user: other }))).status).toBe(200);
    expect((await refresh(idp, others.refresh_token)).status).toBe(200);

    idp.fail(null, { user });
    expect((await refresh(idp, own.refresh_token)).status).toBe(200);
  });

  it('comes before those of everybody, which end all together', async () => {
    const { refresh_token: token } = await signIn(idp);
    idp.failNext({ error: 'consent_required' }, 1, { user: idp.user });
    idp.fail({ status: 503 });
    expect(await refresh(idp, token)).toMatchObject({
      status: 400,
      data: { error: 'invalid_grant', error_codes: [65001], suberror: 'consent_required' },
    });
    expect((await refresh(idp, token)).status).toBe(503);
    idp.fail({ status: 500 }, { user: idp.user });
    expect((await refresh(idp, token)).status).toBe(500);
    idp.fail(null);
    expect((await refresh(idp, token)).status).toBe(200);
  });
});
