import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { challengeFor } from '@holdfast/claims-challenge';
import { createServiceClient } from '@holdfast/client';
import { callOf, httpReplyFor } from '@holdfast/core';
import {
  manualClock,
  startIdentityProvider,
  startProtectedApi,
  type IdentityProvider,
  type ManualClock,
  type ProtectedApi,
} from '@holdfast/testing';
import type { AxiosInstance } from 'axios';
import { onBehalfOf, signedInUser, type InteractionRequest, type SignedInUser } from './index.js';
import { failureOf } from './made-outcomes.js';
import { browserOf, grants, SCOPE } from './made-users.js';

const MINUTE = 60_000;

let clock: ManualClock;
let idp: IdentityProvider;
let api: ProtectedApi;
let interactions: InteractionRequest[];

beforeEach(async () => {
  // MSAL looks at the machine's clock.
  clock = manualClock({ fakeGlobals: false, now: Math.floor(Date.now() / 1000) * 1000 });
  idp = await startIdentityProvider({ clock });
  api = await startProtectedApi({ idp, audience: 'api://orders', clock });
  interactions = [];
});

afterEach(async () => {
  await api.close();
  await idp.close();
});

const inBrowser = (request: InteractionRequest) => request.inBrowser({ openBrowser: browserOf(idp) });

/** A user at a desktop, who signs in by a browser whenever he is asked. */
function atDesktop(ask: (request: InteractionRequest) => unknown = inBrowser): SignedInUser {
  return signedInUser({
    ...idp.publicApp,
    clock,
    random: () => 0,
    onInteractionRequired: async (request) => {
      interactions.push(request);
      await ask(request);
    },
  });
}

function clientOf(credential: SignedInUser, baseURL = api.url, scopes = [SCOPE]): AxiosInstance {
  return createServiceClient({ name: 'orders', baseURL, scopes, credential, clock });
}

const statuses = () => api.requests.map(({ status }) => status);

describe('a user of an API that wants him to sign in for a payment', () => {
  it('is asked once, in the browser, as the API wants it, and the payment goes through', async () => {
    api.requireStepUp({ acrValues: 'mfa', maxAge: 300, path: '/payments' });
    const orders = clientOf(atDesktop());
    await orders.get('/orders/7');
    await clock.advance(10 * MINUTE);
    const response = await orders.post('/payments', { amount: 7 });
    expect(response.status).toBe(200);
    expect(statuses()).toEqual([200, 401, 200]);
    expect(interactions).toHaveLength(2);
    expect(interactions[1]).toMatchObject({
      acrValues: 'mfa',
      maxAge: 300,
      claims: undefined,
      scopes: [SCOPE],
      account: { username: 'ada@contoso.example' },
    });
    expect(idp.authorizationRequests[1]).toMatchObject({
      acrValues: 'mfa',
      maxAge: 300,
      loginHint: 'ada@contoso.example',
    });
    // The token that came with the sign-in is the one that was sent.
    expect(grants(idp)).toEqual(['authorization_code', 'authorization_code']);
    expect(String(callOf(response))).toContain('step-up challenge answered: sent once more');

    await clock.advance(MINUTE);
    await orders.post('/payments', { amount: 8 });
    expect([interactions.length, idp.tokenRequests.length, api.requests.length]).toEqual([2, 2, 4]);
  });

  it('is asked for each one where he has to sign in now', async () => {
    const orders = clientOf(atDesktop());
    await orders.get('/orders/7');
    api.requireStepUp({ maxAge: 0, path: '/payments' });
    for (const round of [2, 3]) {
      await clock.advance(MINUTE);
      await expect(orders.post('/payments')).resolves.toMatchObject({ status: 200 });
      expect(interactions).toHaveLength(round);
    }
    expect(idp.authorizationRequests.map(({ maxAge }) => maxAge)).toEqual([undefined, 0, 0]);
    expect(statuses()).toEqual([200, 401, 200, 401, 200]);
  });

  it('is asked once for 100 at once, each of which is sent twice and goes through', async () => {
    const orders = clientOf(atDesktop());
    await orders.get('/orders/7');
    api.requireStepUp({ acrValues: 'mfa' });
    const payments = await Promise.all(
      Array.from({ length: 100 }, (_, at) => orders.post(`/payments/${at}`)),
    );
    expect(new Set(payments.map(({ status }) => status))).toEqual(new Set([200]));
    expect(interactions).toHaveLength(2);
    expect(idp.tokenRequests).toHaveLength(2);
    expect(api.requests).toHaveLength(201);
  });

  it('and declines: the call says what he has to do, was sent once, and is not repeated', async () => {
    const orders = clientOf(atDesktop());
    await orders.get('/orders/7');
    api.requireStepUp({ acrValues: 'mfa', maxAge: 0 });
    idp.failSignIn('access_denied');
    const error = await failureOf(orders.get('/orders/7'));
    expect(error).toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      acrValues: 'mfa',
      maxAge: 0,
      scopes: [SCOPE],
      message: expect.stringContaining('says access_denied') as unknown,
    });
    expect([interactions.length, statuses()]).toEqual([2, [200, 401]]);
    // What he had is still good for the rest.
    api.recover();
    await orders.get('/orders/7');
    expect([interactions.length, idp.tokenRequests.length]).toEqual([2, 1]);
  });

  it('and is not there to be asked: the call says what he has to do', async () => {
    const account = idp.user.homeAccountId;
    const user = signedInUser({ ...idp.publicApp, account, clock, random: () => 0 });
    await signInAt(user, { scopes: SCOPE });
    const orders = clientOf(user);
    await orders.get('/orders/7');
    const asked = idp.tokenRequests.length;
    api.requireStepUp({ acrValues: 'mfa' });
    const error = await failureOf(orders.get('/orders/7'));
    expect(error).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', acrValues: 'mfa', scopes: [SCOPE] });
    expect([statuses(), idp.tokenRequests.length]).toEqual([[200, 401], asked]);
    expect(httpReplyFor(error)?.headers['www-authenticate']).toContain('acr_values="mfa"');

    // What a web app does about it.
    const { acrValues = '' } = error as { readonly acrValues?: string };
    await signInAt(user, { scopes: SCOPE, acrValues });
    await expect(orders.get('/orders/7')).resolves.toMatchObject({ status: 200 });
    expect(statuses()).toEqual([200, 401, 200]);
  });
});

/** As a web app: it sends the browser away, and gets a code back. */
async function signInAt(user: SignedInUser, asked: { scopes: string; acrValues?: string }): Promise<void> {
  const redirectUri = 'http://localhost:8080/';
  const codeVerifier = 'a-verifier-of-forty-three-characters-or-more-';
  const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url');
  const url = await user.signInUrl({ ...asked, redirectUri, codeChallenge });
  const { headers } = await fetch(url, { redirect: 'manual' });
  const code = new URL(headers.get('location') ?? '').searchParams.get('code') ?? '';
  await user.redeem({ scopes: SCOPE, redirectUri, codeVerifier, code });
}

describe('a user whose API demands an authentication context by a claims challenge', () => {
  it('is sent to the browser with the claims, and the token that comes of it is taken', async () => {
    const orders = clientOf(atDesktop());
    await orders.get('/orders/7');
    const claims = idp.requireInteraction({
      claims: { access_token: { acrs: { essential: true, value: 'c1' } } },
    });
    api.revoke({ claims });
    const response = await orders.get('/orders/7');
    expect(response.status).toBe(200);
    expect(statuses()).toEqual([200, 401, 200]);
    expect(interactions).toHaveLength(2);
    expect(interactions[1]).toMatchObject({ claims, acrValues: undefined, maxAge: undefined });
    const sent = JSON.parse(idp.authorizationRequests[1]?.claims ?? '{}') as { access_token?: object };
    expect(sent.access_token).toMatchObject({ acrs: { essential: true, value: 'c1' } });
    expect(String(callOf(response))).toContain('claims challenge (acrs) answered');
  });
});

describe('a user whose middle tier calls an API that wants him to sign in', () => {
  let server: Server;
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  /** Calls the API for whoever calls it, and passes on what he has to do. */
  async function middleTier(): Promise<string> {
    const obo = onBehalfOf({ ...idp.app, clock, random: () => 0 });
    const orders = createServiceClient({
      ...{ name: 'orders', baseURL: api.url, scopes: [SCOPE], clock },
      credential: obo.forUser('nobody'),
    });
    server = createServer((request, response) => {
      const credential = obo.forUser(request.headers.authorization?.slice('Bearer '.length) ?? '');
      orders.get('/orders/7', { holdfast: { credential } }).then(
        ({ data }) => response.end(JSON.stringify(data)),
        (error: unknown) => {
          const { status, headers } = challengeFor(error, { realm: 'middle' }) ?? {
            status: 500,
            headers: {},
          };
          response.writeHead(status, { ...headers }).end();
        },
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it('signs in at his own client, and the call goes through, by a token of that sign-in all the way', async () => {
    const url = await middleTier();
    const desktop = clientOf(atDesktop(), url, [`api://${idp.app.clientId}/.default`]);
    await desktop.get('/');
    api.requireStepUp({ acrValues: 'mfa', maxAge: 300 });
    await clock.advance(10 * MINUTE);
    await expect(desktop.get('/')).resolves.toMatchObject({ status: 200 });
    expect(interactions).toHaveLength(2);
    expect(interactions[1]).toMatchObject({ acrValues: 'mfa', maxAge: 300 });
    expect(statuses()).toEqual([200, 401, 200]);
    // The middle tier has asked nobody for what it cannot have.
    expect(grants(idp)).toEqual(['authorization_code', 'jwt-bearer', 'authorization_code', 'jwt-bearer']);
  });
});
