import { createHash } from 'node:crypto';
import axios from 'axios';
import { decodeJwt } from 'jose';
import {
  manualClock,
  startIdentityProvider,
  type IdentityProvider,
  type ManualClock,
  type TokenClaims,
} from './index.js';
import { post, refresh, signIn, type Form, type ProviderAnswer } from './made-client.js';

const redirectUri = 'http://localhost:3000/auth';
const verifier = 'a-verifier-of-forty-three-characters-or-more-';
const challenge = createHash('sha256').update(verifier).digest('base64url');
const MINUTE = 60_000;

let clock: ManualClock;
let idp: IdentityProvider;

beforeEach(async () => {
  clock = manualClock({ fakeGlobals: false });
  idp = await startIdentityProvider({ clock });
});

afterEach(async () => {
  await idp.close();
});

/** What the browser brings when it comes back. */
async function visit(form: Form = {}): Promise<URLSearchParams> {
  const { headers } = await axios.get(`${idp.url}/${idp.app.tenantId}/oauth2/v2.0/authorize`, {
    params: {
      client_id: idp.publicApp.clientId,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'api://orders/.default openid offline_access',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...form,
    },
    maxRedirects: 0,
    validateStatus: (status) => status === 302,
  });
  return new URL(String(headers['location'])).searchParams;
}

async function tokensOf(form: Form = {}): Promise<ProviderAnswer> {
  const { data } = await post(idp, 'token', {
    grant_type: 'authorization_code',
    client_id: idp.publicApp.clientId,
    redirect_uri: redirectUri,
    code_verifier: verifier,
    code: (await visit(form)).get('code') ?? '',
  });
  return data;
}

type SignInClaims = Pick<TokenClaims, 'acr' | 'auth_time'>;

async function signedInBy(form: Form = {}): Promise<SignInClaims> {
  return signInIn((await tokensOf(form)).access_token);
}

function signInIn(token: string): SignInClaims {
  const { acr, auth_time } = decodeJwt<TokenClaims>(token);
  return { ...(acr !== undefined && { acr }), ...(auth_time !== undefined && { auth_time }) };
}

const now = () => clock.now() / 1_000;

describe('a user who signs in by a browser', () => {
  it('has tokens that say how and when, of which he is asked for the first', async () => {
    const form = { acr_values: 'phishing-resistant mfa', max_age: '0' };
    const { access_token, id_token } = await tokensOf(form);
    const expected = { acr: 'phishing-resistant', auth_time: now() };
    expect(signInIn(access_token)).toEqual(expected);
    expect(signInIn(id_token)).toEqual(expected);
    expect(idp.authorizationRequests).toMatchObject([{ acrValues: 'phishing-resistant mfa', maxAge: 0 }]);
  });

  it('and comes back is not asked anew, nor are his tokens any newer, until a client demands it', async () => {
    const first = { acr: '1', auth_time: now() };
    expect(await signedInBy()).toEqual(first);
    expect(idp.authorizationRequests).toMatchObject([{ acrValues: undefined, maxAge: undefined }]);
    await clock.advance(5 * MINUTE);
    expect(await signedInBy()).toEqual(first);
    expect(await signedInBy({ max_age: '301' })).toEqual(first);
    expect(await signedInBy({ acr_values: 'mfa 1' })).toEqual(first);

    const anew = { acr: '1', auth_time: now() };
    expect(await signedInBy({ max_age: '300' })).toEqual(anew);
    await clock.advance(MINUTE);
    expect(await signedInBy()).toEqual(anew);
    expect(await signedInBy({ acr_values: 'mfa' })).toEqual({ acr: 'mfa', auth_time: now() });
    await clock.advance(MINUTE);
    expect(await signedInBy({ prompt: 'login' })).toEqual({ acr: '1', auth_time: now() });
  });

  it('and is signed out everywhere signs in anew', async () => {
    await signedInBy({ acr_values: 'mfa' });
    await clock.advance(MINUTE);
    idp.revoke();
    expect(await signedInBy()).toEqual({ acr: '1', auth_time: now() });
  });

  it('has tokens that say the same when they are refreshed', async () => {
    const before = { acr: 'mfa', auth_time: now() };
    let { refresh_token } = await tokensOf({ acr_values: 'mfa' });
    for (let time = 0; time < 2; time += 1) {
      await clock.advance(MINUTE);
      const { data } = await refresh(idp, refresh_token);
      expect(signInIn(data.access_token)).toEqual(before);
      ({ refresh_token } = data);
    }
  });

  it('is not signed in behind his back as a client demands', async () => {
    await signedInBy({ acr_values: 'mfa' });
    const behindHisBack = async (form: Form) => (await visit({ prompt: 'none', ...form })).get('error');
    expect(await behindHisBack({ acr_values: 'mfa', max_age: '60' })).toBeNull();
    expect(await behindHisBack({ acr_values: 'phishing-resistant' })).toBe('login_required');
    expect(await behindHisBack({ max_age: '0' })).toBe('login_required');
  });

  it.each(['soon', '-1', '', '1.5'])('is not signed in for a max_age of "%s"', async (max_age) => {
    expect((await visit({ max_age })).get('error')).toBe('invalid_request');
    expect(idp.authorizationRequests).toMatchObject([{ maxAge: undefined, user: undefined }]);
  });
});

describe('a user who signs in by a code on another device', () => {
  it('has done so when he typed it, and in no particular way', async () => {
    const { access_token } = await signIn(idp);
    expect(signInIn(access_token)).toEqual({ acr: '1', auth_time: now() });
  });
});
