import { attachToken } from '@holdfast/token';
import { install } from '@holdfast/core';
import { scriptedTransport } from '@holdfast/testing';
import axios from 'axios';
import { onBehalfOf } from './index.js';
import { MadeMiddleTier, SCOPE } from './made-middle-tier.js';
import { failureOf } from './made-outcomes.js';
import { MadeProvider } from './made-provider.js';

const MINUTE = 60_000;

const TOKEN = { token_type: 'Bearer', expires_in: 36_000, access_token: 'a-token' };

const EXPIRED = {
  code: 'ERR_INTERACTION_REQUIRED',
  scopes: [SCOPE],
  message: `A token for ${SCOPE} can only be had by asking the user: the token by which he came has expired`,
};

let tier: MadeMiddleTier;

beforeEach(async () => {
  tier = await MadeMiddleTier.start();
});

afterEach(async () => {
  await tier.close();
});

describe('a user whose token expires in ten minutes', () => {
  it('is served by one token until half a minute before, and never after, though it would be good for an hour', async () => {
    const { idp, clock } = tier;
    const assertion = await idp.issueUserToken({ expiresIn: 600 });
    const obo = tier.onBehalfOf();
    const kept = obo.forUser(assertion);
    const { expiresOnTimestamp } = await kept.getToken(SCOPE);
    expect(expiresOnTimestamp).toBe(clock.now() + 10 * MINUTE);
    for (let second = 0; second < 569; second += 1) {
      await kept.getToken(SCOPE);
      await clock.advance(1_000);
    }
    expect(idp.tokenRequests).toHaveLength(1);
    await clock.advance(31_000);
    expect(await failureOf(kept.getToken(SCOPE))).toMatchObject(EXPIRED);
    expect(await failureOf(kept.getToken(SCOPE, { forceRefresh: true }))).toMatchObject(EXPIRED);
    expect(await failureOf(obo.forUser(assertion).getToken(SCOPE))).toMatchObject(EXPIRED);
    expect(idp.tokenRequests).toHaveLength(1);
  });

  it('is then asked for with what the API has asked for', async () => {
    const { idp, clock } = tier;
    const credential = tier.onBehalfOf().forUser(await idp.issueUserToken({ expiresIn: 600 }));
    await clock.advance(10 * MINUTE);
    const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
    expect(await failureOf(credential.getToken(SCOPE, { claims }))).toMatchObject({ ...EXPIRED, claims });
  });

  it('is not called for any more: nothing is sent, and his caller can be told 401', async () => {
    const { idp, clock } = tier;
    const credential = tier.onBehalfOf().forUser(await idp.issueUserToken({ expiresIn: 600 }));
    const transport = scriptedTransport([{ status: 200 }, { status: 200 }]);
    const orders = axios.create({ baseURL: 'https://orders.example', adapter: transport.adapter });
    install(orders, [attachToken(credential, { scopes: SCOPE, clock })], { clock });
    await orders.get('/7');
    await clock.advance(10 * MINUTE);
    expect(await failureOf(orders.get('/7'))).toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      scopes: [SCOPE],
    });
    expect(transport.requests).toHaveLength(1);
    expect(idp.tokenRequests).toHaveLength(1);
  });

  it('gets none that comes too late', async () => {
    const { clock } = tier;
    await using provider = await MadeProvider.start((_, response) => {
      void clock.advance(10 * MINUTE).then(() => response.end(JSON.stringify(TOKEN)));
    });
    const obo = onBehalfOf({
      ...provider.app,
      clock,
      timeoutMs: false,
      cache: { acquisitionTimeoutMs: false },
    });
    const credential = obo.forUser('opaque', { expiresAt: clock.now() + 10 * MINUTE });
    expect(await failureOf(credential.getToken(SCOPE))).toMatchObject(EXPIRED);
    expect(provider.requests).toHaveLength(1);
  });

  it('is refreshed ahead as ever where his own token lives longer', async () => {
    const { idp, clock } = tier;
    idp.expiresIn = 600;
    const credential = tier.onBehalfOf().forUser(await idp.issueUserToken({ expiresIn: 3_600 }));
    const first = await credential.getToken(SCOPE);
    await clock.advance(6 * MINUTE);
    expect(await credential.getToken(SCOPE)).toEqual(first);
    while (idp.tokenRequests.length < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(idp.tokenRequests).toHaveLength(2);
  });
});

describe('when a user’s token expires', () => {
  /** When tokens of this user are not given out any more: milliseconds from now, up to an hour. */
  async function servedFor(assertion: string, expiresAt?: number): Promise<number> {
    await using provider = await MadeProvider.answering(200, TOKEN);
    const obo = onBehalfOf({ ...provider.app, clock: tier.clock });
    const credential = obo.forUser(assertion, expiresAt === undefined ? {} : { expiresAt });
    const before = tier.clock.now();
    const { expiresOnTimestamp } = await credential.getToken(SCOPE);
    return Math.min(expiresOnTimestamp - before, 60 * MINUTE);
  }

  const jwt = (claims: object) =>
    [{ alg: 'none' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.') + '.x';
  const inMs = (ms: number) => tier.clock.now() + ms;

  it('stands in it', async () => {
    expect(await servedFor(jwt({ exp: inMs(10 * MINUTE) / 1000 }))).toBe(10 * MINUTE);
  });

  it('is said where it is opaque', async () => {
    expect(await servedFor('opaque', inMs(10 * MINUTE))).toBe(10 * MINUTE);
  });

  it('is the earlier of both', async () => {
    const ten = jwt({ exp: inMs(10 * MINUTE) / 1000 });
    expect(await servedFor(ten, inMs(5 * MINUTE))).toBe(5 * MINUTE);
    expect(await servedFor(ten, inMs(15 * MINUTE))).toBe(10 * MINUTE);
  });

  it('may be said later on: then it is no later than that', async () => {
    await using provider = await MadeProvider.answering(200, TOKEN);
    const obo = onBehalfOf({ ...provider.app, clock: tier.clock });
    const credential = obo.forUser('opaque');
    await credential.getToken(SCOPE);
    const expiresAt = inMs(5 * MINUTE);
    expect(obo.forUser('opaque', { expiresAt: inMs(10 * MINUTE) })).toBe(credential);
    expect(obo.forUser('opaque', { expiresAt })).toBe(credential);
    expect(obo.forUser('opaque')).toBe(credential);
    const now = { expiresAt: tier.clock.now() };
    expect(await failureOf(obo.forUser('opaque', now).getToken(SCOPE))).toMatchObject(EXPIRED);
    await tier.clock.advance(5 * MINUTE);
    expect(await failureOf(obo.forUser('opaque', { expiresAt }).getToken(SCOPE))).toMatchObject(EXPIRED);
    expect([obo.size, provider.requests.length]).toEqual([0, 1]);
  });

  it.each([
    'opaque',
    'a.b.c',
    jwt({}),
    jwt({ exp: 'soon' }),
    jwt({ exp: null }),
    jwt({ exp: 1e300 }),
    'x.W10.x',
  ])('is not known of %s: its tokens live as long as they do', async (assertion) => {
    expect(await servedFor(assertion)).toBe(60 * MINUTE);
  });
});

describe('the users who are remembered', () => {
  it('are so many: who was not seen for longest makes room, and asks anew when he comes back', async () => {
    const { idp } = tier;
    const obo = tier.onBehalfOf({ maxUsers: 3 });
    const [ada, bob, cleo, dora] = await Promise.all([1, 2, 3, 4].map((number) => tier.newcomer(number)));
    const ask = (assertion = '') => obo.forUser(assertion).getToken(SCOPE);
    for (const one of [ada, bob, cleo, ada, dora]) await ask(one);
    expect([obo.size, idp.tokenRequests.length]).toEqual([3, 4]);
    for (const one of [ada, cleo, dora]) await ask(one);
    expect(idp.tokenRequests).toHaveLength(4);
    await ask(bob);
    expect([obo.size, idp.tokenRequests.length]).toEqual([3, 5]);
  });

  it('are 10,000 of 20,000', () => {
    const obo = tier.onBehalfOf();
    for (let number = 0; number < 20_000; number += 1) obo.forUser(`opaque-${number}`);
    expect(obo.size).toBe(10_000);
  });

  it('are forgotten once they have expired, as soon as anybody comes by, and no timer waits for it', async () => {
    const { idp, clock } = tier;
    const obo = tier.onBehalfOf();
    const staying = await idp.issueUserToken({ expiresIn: 3_600 });
    for (let number = 0; number < 5; number += 1) {
      const user = idp.addUser();
      obo.forUser(await idp.issueUserToken({ user, expiresIn: 600 }));
    }
    obo.forUser(staying);
    expect([obo.size, clock.pending]).toEqual([6, 0]);
    await clock.advance(11 * MINUTE);
    expect(obo.size).toBe(6);
    obo.forUser(staying);
    expect(obo.size).toBe(1);
  });

  it('have none among them who came with an expired token', async () => {
    const { idp, clock } = tier;
    const obo = tier.onBehalfOf();
    const assertion = await idp.issueUserToken({ expiresIn: 600 });
    await clock.advance(10 * MINUTE);
    expect(await failureOf(obo.forUser(assertion).getToken(SCOPE))).toMatchObject(EXPIRED);
    expect([obo.size, idp.tokenRequests.length]).toEqual([0, 0]);
  });
});
