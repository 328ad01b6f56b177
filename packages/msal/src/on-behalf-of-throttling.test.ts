import { retryAfterOf } from '@holdfast/core';
import { onBehalfOf, type UserCredential } from './index.js';
import { MadeMiddleTier, SCOPE } from './made-middle-tier.js';
import { failureOf } from './made-outcomes.js';
import { MadeProvider } from './made-provider.js';

let tier: MadeMiddleTier;

beforeEach(async () => {
  tier = await MadeMiddleTier.start();
});

afterEach(async () => {
  await tier.close();
});

/** So many users of one middle tier. */
async function usersOf(many: number): Promise<UserCredential[]> {
  const obo = tier.onBehalfOf();
  const assertions = await Promise.all(Array.from({ length: many }, (_, number) => tier.newcomer(number)));
  return assertions.map((assertion) => obo.forUser(assertion));
}

const got = { account: expect.any(Object) as unknown };

describe('a user whom the identity provider throttles', () => {
  it('is left alone for as long as it asks for, and no other user waits for him', async () => {
    const { idp, clock } = tier;
    const obo = tier.onBehalfOf();
    const ada = idp.addUser();
    const bob = idp.addUser();
    const [adas, bobs] = [await idp.issueUserToken({ user: ada }), await idp.issueUserToken({ user: bob })];
    const bobsOther = await idp.issueUserToken({ user: bob, scope: 'other' });
    idp.failNext({ status: 429, retryAfter: '120' }, 1, { user: ada });
    expect(retryAfterOf(await failureOf(obo.forUser(adas).getToken(SCOPE)))).toBe(120_000);
    expect(await failureOf(obo.forUser(adas).getToken('api://stock/.default'))).toMatchObject({
      transient: true,
    });
    await expect(obo.forUser(bobs).getToken(SCOPE)).resolves.toMatchObject(got);
    await expect(obo.forUser(bobsOther).getToken(SCOPE)).resolves.toMatchObject(got);
    expect(idp.tokenRequests.map(({ user }) => user)).toEqual([ada.objectId, bob.objectId, bob.objectId]);
    await clock.advance(119_000);
    expect(retryAfterOf(await failureOf(obo.forUser(adas).getToken(SCOPE)))).toBe(1_000);
    await clock.advance(1_000);
    await expect(obo.forUser(adas).getToken(SCOPE)).resolves.toMatchObject(got);
    expect(idp.tokenRequests).toHaveLength(4);
  });

  it('is the same one whatever token he comes with: he is left alone, and nobody else because of him', async () => {
    const { idp } = tier;
    const obo = tier.onBehalfOf();
    const bobs = await tier.newcomer(1);
    idp.fail({ status: 503 }, { user: idp.user });
    for (const scope of ['one', 'two', 'three', 'four']) {
      const assertion = await idp.issueUserToken({ scope });
      await failureOf(obo.forUser(assertion).getToken(SCOPE));
    }
    await expect(obo.forUser(bobs).getToken(SCOPE)).resolves.toMatchObject(got);
    expect(idp.tokenRequests).toHaveLength(2);
  });

  it('does not hold up 100 others who call for the first time while he is left alone', async () => {
    const { idp } = tier;
    const obo = tier.onBehalfOf();
    idp.fail({ status: 429, retryAfter: '120' }, { user: idp.user });
    await failureOf(obo.forUser(await idp.issueUserToken()).getToken(SCOPE));
    const assertions = await Promise.all(Array.from({ length: 100 }, (_, number) => tier.newcomer(number)));
    const tokens = await Promise.all(assertions.map((one) => obo.forUser(one).getToken(SCOPE)));
    expect(new Set(tokens.map(({ account }) => account.homeAccountId)).size).toBe(100);
    expect(idp.tokenRequests).toHaveLength(101);
  });
});

describe('an identity provider that fails several users in a row', () => {
  it('is asked for none of the others, until one goes ahead and gets through', async () => {
    const { idp, clock } = tier;
    const users = await usersOf(20);
    idp.fail({ status: 503, retryAfter: '60' });
    for (const user of users.slice(0, 3)) await failureOf(user.getToken(SCOPE));
    const failures = await Promise.all(users.slice(3).map((user) => failureOf(user.getToken(SCOPE))));
    expect(new Set(failures.map((failure) => retryAfterOf(failure)))).toEqual(new Set([60_000]));
    expect(idp.tokenRequests).toHaveLength(3);
    idp.fail(null);
    await clock.advance(60_000);
    await Promise.all(users.map((user) => user.getToken(SCOPE)));
    expect(idp.tokenRequests).toHaveLength(23);
  });
});

describe('a wave of 1,000 users at once', () => {
  it('makes 1,000 token requests, and none twice', async () => {
    let tokens = 0;
    await using provider = await MadeProvider.start((_, response) => {
      tokens += 1;
      response.end(
        JSON.stringify({ token_type: 'Bearer', expires_in: 3_599, access_token: `token ${tokens}` }),
      );
    });
    const obo = onBehalfOf({ ...provider.app, clock: tier.clock });
    const wave = () =>
      Promise.all(Array.from({ length: 1_000 }, (_, user) => obo.forUser(`user-${user}`).getToken(SCOPE)));
    const first = await wave();
    expect(new Set(first.map(({ token }) => token)).size).toBe(1_000);
    expect(new Set(first.map(({ account }) => account.homeAccountId)).size).toBe(1_000);
    expect(await wave()).toEqual(first);
    expect(provider.requests).toHaveLength(1_000);
  });
});
