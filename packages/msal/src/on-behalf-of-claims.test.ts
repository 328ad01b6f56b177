import { createServiceClient, withCredential } from '@holdfast/client';
import { httpReplyFor, type InteractionRequiredError } from '@holdfast/core';
import { startProtectedApi, type ProtectedApi } from '@holdfast/testing';
import type { AxiosInstance } from 'axios';
import { clientCredential, type UserCredential } from './index.js';
import { MadeMiddleTier, SCOPE as scope } from './made-middle-tier.js';
import { failureOf } from './made-outcomes.js';

let tier: MadeMiddleTier;
let api: ProtectedApi;

beforeEach(async () => {
  tier = await MadeMiddleTier.start();
  api = await startProtectedApi({ idp: tier.idp, audience: 'api://orders', clock: tier.clock });
});

afterEach(async () => {
  await api.close();
  await tier.close();
});

/** A client of the middle tier's for the API behind it, with the middle tier's own credential. */
function ordersClient(): AxiosInstance {
  const { clock, idp } = tier;
  const credential = clientCredential({ ...idp.app, clock, random: () => 0.5 });
  return createServiceClient({
    name: 'orders',
    baseURL: api.url,
    scopes: [scope],
    credential,
    clock,
  });
}

async function newUser(): Promise<UserCredential> {
  return tier.onBehalfOf().forUser(await tier.idp.issueUserToken());
}

const GUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

describe('a user who has to do more before the API behind can be called for him', () => {
  it('is described by the error: claims, scopes and correlation id', async () => {
    const claims = tier.idp.requireInteraction();
    const error = await failureOf((await newUser()).getToken(scope));
    expect(error).toMatchObject({
      name: 'InteractionRequiredError',
      code: 'ERR_INTERACTION_REQUIRED',
      message: `A token for ${scope} can only be had by asking the user`,
      claims,
      scopes: [scope],
    });
    const { correlationId } = error as InteractionRequiredError;
    expect(correlationId).toMatch(GUID);
    expect(tier.idp.tokenRequests.map((request) => request.correlationId)).toEqual([correlationId]);
  });

  it.each(['holdfast: { credential }', 'withCredential()'])(
    'is described by the error of the call too, which is not sent, by %s',
    async (way) => {
      const claims = tier.idp.requireInteraction();
      const credential = await newUser();
      const orders = ordersClient();
      const call = () =>
        way === 'withCredential()'
          ? withCredential(credential, () => orders.get('/orders/7'))
          : orders.get('/orders/7', { holdfast: { credential } });
      const error = await failureOf(call());
      expect(error).toMatchObject({
        code: 'ERR_INTERACTION_REQUIRED',
        service: 'orders',
        claims,
        scopes: [scope],
        correlationId: expect.stringMatching(GUID) as unknown,
      });
      expect(api.requests).toHaveLength(0);
      expect(tier.idp.tokenRequests).toHaveLength(1);
      const reply = httpReplyFor(error);
      expect(reply?.status).toBe(401);
      expect(reply?.headers['www-authenticate']).toContain(
        `claims="${Buffer.from(claims).toString('base64')}"`,
      );
    },
  );

  it('is called for again once he comes with a token for which he was asked', async () => {
    const { idp } = tier;
    const obo = tier.onBehalfOf();
    const claims = idp.requireInteraction();
    await failureOf(obo.forUser(await idp.issueUserToken()).getToken(scope));
    const better = await idp.issueUserToken({ claims });
    const { token } = await obo.forUser(better).getToken(scope);
    expect(await idp.verify(token)).toMatchObject({ oid: idp.user.objectId });
  });

  it('holds up nobody else', async () => {
    const { idp } = tier;
    idp.requireInteraction({ user: idp.user });
    const obo = tier.onBehalfOf();
    await failureOf(obo.forUser(await idp.issueUserToken()).getToken(scope));
    await expect(obo.forUser(await tier.newcomer(1)).getToken(scope)).resolves.toHaveProperty('account');
  });
});

describe('a user’s token that the API behind revokes', () => {
  it('is replaced by one that is asked for with the claims, in his name, within the call', async () => {
    const credential = await newUser();
    const orders = ordersClient();
    await orders.get('/orders/7', { holdfast: { credential } });
    const claims = api.revoke();
    await expect(orders.get('/orders/7', { holdfast: { credential } })).resolves.toMatchObject({
      status: 200,
    });
    expect(tier.idp.tokenRequests).toHaveLength(2);
    const [first, second] = tier.idp.tokenRequests;
    expect([first?.user, second?.user]).toEqual([tier.idp.user.objectId, tier.idp.user.objectId]);
    expect(JSON.parse(second?.claims ?? '')).toMatchObject(JSON.parse(claims) as object);
  });

  it('and cannot be replaced without him, ends in an error with the claims, and the API’s own answer is not lost', async () => {
    const credential = await newUser();
    const { idp } = tier;
    await credential.getToken(scope, { enableCae: true });
    const claims = idp.requireInteraction();
    const challenge = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}';
    expect(await failureOf(credential.getToken(scope, { claims: challenge, enableCae: true }))).toMatchObject(
      {
        code: 'ERR_INTERACTION_REQUIRED',
        claims,
      },
    );
    // What he had is still good for whoever was not challenged.
    await expect(credential.getToken(scope, { enableCae: true })).resolves.toHaveProperty('token');
    expect(idp.tokenRequests).toHaveLength(2);
  });
});

describe('a token of a user that the identity provider does not take', () => {
  it.each([
    ['is revoked', { revoke: true }],
    ['is forged', { forge: true }],
    ['is for another API', { audience: 'api://somebody-else' }],
  ])(
    'because it %s: he has to come with another one',
    async (_, { revoke, forge, ...init }: Record<string, unknown>) => {
      const { idp } = tier;
      const assertion = await idp.issueUserToken(init);
      if (revoke === true) idp.revoke();
      const sent = forge === true ? `${assertion.slice(0, -6)}AAAAAA` : assertion;
      const error = await failureOf(tier.onBehalfOf().forUser(sent).getToken(scope));
      expect(error).toMatchObject({
        code: 'ERR_INTERACTION_REQUIRED',
        message: expect.stringContaining(
          `A token for ${scope} can only be had by asking the user`,
        ) as unknown,
        correlationId: expect.stringMatching(GUID) as unknown,
        claims: undefined,
      });
      expect(httpReplyFor(error)?.status).toBe(401);
    },
  );

  it('says so of him alone: a wrong secret of the application is no matter for the user', async () => {
    const { idp } = tier;
    const obo = tier.onBehalfOf({ clientSecret: 'not-the-secret' });
    const error = await failureOf(obo.forUser(await idp.issueUserToken()).getToken(scope));
    expect(error).toMatchObject({ code: 'ERR_TOKEN_ACQUISITION', transient: false });
    expect(httpReplyFor(error)?.status).toBe(500);
  });
});
