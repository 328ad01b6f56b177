import { createHash } from 'node:crypto';
import axios, { type AxiosResponse } from 'axios';
import { decodeJwt } from 'jose';
import { manualClock, startIdentityProvider, type IdentityProvider, type ManualClock } from './index.js';
import { post, refresh, type Form, type ProviderAnswer } from './made-client.js';

const redirectUri = 'http://localhost:3000/auth';
const verifier = 'a-verifier-of-forty-three-characters-or-more-';
const challenge = createHash('sha256').update(verifier).digest('base64url');

describe('an authorization code', () => {
  let clock: ManualClock;
  let idp: IdentityProvider;
  beforeEach(async () => {
    clock = manualClock({ fakeGlobals: false });
    idp = await startIdentityProvider({ clock });
  });
  afterEach(async () => {
    await idp.close();
  });

  /** A code for a client without a secret; `form` replaces what its browser is sent with, and '' leaves it out. */
  const codeOf = async (form: Form = {}): Promise<string> => {
    const query: Form = {
      client_id: idp.publicApp.clientId,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'api://orders/.default openid offline_access',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...form,
    };
    const address = `${idp.url}/${idp.app.tenantId}/oauth2/v2.0/authorize`;
    const { headers } = await axios.get(address, {
      params: Object.fromEntries(Object.entries(query).filter(([, value]) => value !== '')),
      maxRedirects: 0,
      validateStatus: (status) => status === 302,
    });
    return new URL(String(headers['location'])).searchParams.get('code') ?? '';
  };
  const redeem = (code: string, form: Form = {}): Promise<AxiosResponse<ProviderAnswer>> =>
    post(idp, 'token', {
      grant_type: 'authorization_code',
      client_id: idp.publicApp.clientId,
      redirect_uri: redirectUri,
      code_verifier: verifier,
      code,
      ...form,
    });

  it('brings the user’s tokens, with what the sign-in was for and marked with', async () => {
    const claims = { access_token: { acrs: { essential: true, value: 'c1' } } };
    const code = await codeOf({ nonce: 'n-1', claims: JSON.stringify(claims) });
    const { status, data } = await redeem(code);
    expect(status).toBe(200);
    expect(await idp.verify(data.access_token, { audience: 'api://orders' })).toMatchObject({
      oid: idp.user.objectId,
      azp: idp.publicApp.clientId,
      requested_claims: claims.access_token,
    });
    expect(decodeJwt(data.id_token)).toMatchObject({ aud: idp.publicApp.clientId, nonce: 'n-1' });
    expect((await refresh(idp, data.refresh_token)).status).toBe(200);
  });

  it('is good once', async () => {
    const code = await codeOf();
    expect((await redeem(code)).status).toBe(200);
    const again = await redeem(code);
    expect(again).toMatchObject({ status: 400, data: { error: 'invalid_grant', error_codes: [54005] } });
  });

  it('that was intercepted is worth nothing without the verifier', async () => {
    const code = await codeOf();
    const stolen = { error: 'invalid_grant', error_codes: [501481] };
    expect((await redeem(code, { code_verifier: 'another' })).data).toMatchObject(stolen);
    const bare = { grant_type: 'authorization_code', redirect_uri: redirectUri, code };
    const unverified = await post(idp, 'token', { ...bare, client_id: idp.publicApp.clientId });
    expect(unverified.data).toMatchObject(stolen);
    expect((await redeem(code)).status).toBe(200);
  });

  it('is refused to another client, and for another address', async () => {
    const code = await codeOf();
    const { clientId: client_id, clientSecret: client_secret } = idp.app;
    const foreign = await redeem(code, { client_id, client_secret });
    expect(foreign.data).toMatchObject({ error: 'invalid_grant', error_codes: [70000] });
    const moved = await redeem(code, { redirect_uri: 'http://localhost:4000/auth' });
    expect(moved.data).toMatchObject({ error: 'invalid_client', error_codes: [500112] });
    expect((await redeem('made up')).data).toMatchObject({ error_codes: [70000] });
  });

  it('is good for ten minutes', async () => {
    const [code, late] = [await codeOf(), await codeOf()];
    await clock.advance(599_999);
    expect((await redeem(code)).status).toBe(200);
    await clock.advance(1);
    expect((await redeem(late)).data).toMatchObject({ error: 'invalid_grant', error_codes: [70008] });
  });

  it('is redeemed by a client with a secret without a verifier, when none was announced', async () => {
    const { clientId: client_id, clientSecret: client_secret } = idp.app;
    const code = await codeOf({ client_id, code_challenge: '', code_challenge_method: '' });
    const plain = {
      grant_type: 'authorization_code',
      client_id,
      client_secret,
      redirect_uri: redirectUri,
      code,
    };
    expect((await post(idp, 'token', { ...plain, code_verifier: verifier })).data).toMatchObject({
      error_codes: [501481],
    });
    expect((await post(idp, 'token', plain)).status).toBe(200);
  });

  it('is seen with its user when it is redeemed, and never itself', async () => {
    const code = await codeOf();
    await redeem(code);
    expect(idp.tokenRequests).toMatchObject([{ user: idp.user.objectId, status: 200 }]);
    const seen = JSON.stringify([idp.tokenRequests, idp.authorizationRequests]);
    expect(seen).not.toContain(code);
    expect(seen).not.toContain(verifier);
  });
});
