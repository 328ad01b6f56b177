import {
  manualClock,
  startIdentityProvider,
  type IdentityProvider,
  type ManualClock,
} from '@holdfast/testing';
import { clientCredential, type ClientCredentialOptions } from './index.js';
import { asked, failureOf } from './made-outcomes.js';

const ORDERS = 'api://orders/.default';
const STOCK = 'api://stock/.default';

let idp: IdentityProvider;
let clock: ManualClock;

beforeEach(async () => {
  clock = manualClock({ fakeGlobals: false, now: Date.now() });
  idp = await startIdentityProvider({ clock });
});

afterEach(async () => {
  await idp.close();
});

const credential = (options: Partial<ClientCredentialOptions> = {}) =>
  clientCredential({ ...idp.app, clock, random: () => 0, ...options });

const gotToken = { token: expect.any(String) as unknown };

describe('when the time is over for which a provider in trouble is left alone', () => {
  /** A credential whose provider was in trouble, and may be asked again. */
  async function recovering(options: Partial<ClientCredentialOptions> = {}) {
    const one = credential(options);
    idp.failNext({ status: 503 });
    await failureOf(one.getToken(ORDERS));
    await clock.advance(5_000);
    return one;
  }

  it('one request goes ahead, and the other 20 after it', async () => {
    const one = await recovering();
    let before = 0;
    const first = one.getToken(ORDERS).then(() => (before = idp.tokenRequests.length));
    const rest = Array.from({ length: 20 }, () => one.getToken(STOCK));
    await first;
    expect(before).toBe(2);
    for (const token of await Promise.all(rest)) expect(token).toMatchObject(gotToken);
    expect(idp.tokenRequests).toHaveLength(22);
  });

  it('all get the failure of the one that went ahead, each for his scopes, and nothing else is sent', async () => {
    const one = await recovering();
    idp.failNext({ status: 503 });
    const first = failureOf(one.getToken(ORDERS));
    const rest = Array.from({ length: 20 }, () => failureOf(one.getToken(STOCK)));
    expect(await first).toMatchObject({ retryAfterMs: 10_000, scopes: [ORDERS] });
    for (const error of await Promise.all(rest))
      expect(error).toMatchObject({
        message: `No token for ${STOCK}: the identity provider answered 503; asked again in 10000 ms at the earliest`,
        retryAfterMs: 10_000,
        scopes: [STOCK],
      });
    expect(idp.tokenRequests).toHaveLength(2);
    await clock.advance(9_999);
    expect(await failureOf(one.getToken(ORDERS))).toMatchObject({ retryAfterMs: 1 });
  });

  it('they wait no longer than timeoutMs for one that hangs', async () => {
    const one = await recovering({ timeoutMs: 3_000 });
    idp.fail({ hang: true });
    const all = [failureOf(one.getToken(ORDERS)), failureOf(one.getToken(STOCK))];
    await asked(idp, 2);
    await clock.advance(3_000);
    for (const error of await Promise.all(all)) expect(error).toMatchObject({ retryAfterMs: 10_000 });
    expect(idp.tokenRequests).toHaveLength(2);
  });

  it('one whose caller gives up makes way for the next', async () => {
    const one = await recovering();
    idp.failNext({ hang: true });
    const abort = new AbortController();
    const first = failureOf(one.getToken(ORDERS, { abortSignal: abort.signal }));
    const second = one.getToken(STOCK);
    const third = one.getToken(STOCK);
    await asked(idp, 2);
    abort.abort();
    expect(await first).toMatchObject({ name: 'AbortError' });
    await expect(second).resolves.toMatchObject(gotToken);
    await expect(third).resolves.toMatchObject(gotToken);
    expect(idp.tokenRequests).toHaveLength(4);
  });

  it('one who waits can leave', async () => {
    const one = await recovering();
    idp.failNext({ hang: true });
    const abort = new AbortController();
    const ahead = new AbortController();
    const first = failureOf(one.getToken(ORDERS, { abortSignal: ahead.signal }));
    const second = failureOf(one.getToken(STOCK, { abortSignal: abort.signal }));
    await asked(idp, 2);
    abort.abort();
    expect(await second).toMatchObject({ name: 'AbortError' });
    expect(idp.tokenRequests).toHaveLength(2);
    ahead.abort();
    await first;
  });

  it('a token that was asked for before the trouble does not bring everybody back', async () => {
    const one = credential();
    idp.delayMs = 20;
    const slow = one.getToken(ORDERS);
    await asked(idp, 1);
    idp.delayMs = 0;
    idp.failNext({ status: 503 });
    await failureOf(one.getToken(STOCK));
    await clock.advance(20);
    await slow;
    expect(await failureOf(one.getToken(STOCK))).toMatchObject({ retryAfterMs: 4_980 });
    expect(idp.tokenRequests).toHaveLength(2);
  });

  it('a Retry-After that comes in while one is ahead is kept, although that one got its token', async () => {
    idp.delayMs = 6_000;
    const one = credential({ timeoutMs: false });
    const slow = failureOf(one.getToken(ORDERS));
    await asked(idp, 1);
    idp.delayMs = 0;
    idp.failNext({ status: 503 });
    await failureOf(one.getToken(STOCK));
    await clock.advance(5_000);
    idp.delayMs = 2_000;
    idp.failNext({ status: 429, retryAfter: '60' });
    const ahead = one.getToken(STOCK);
    await asked(idp, 3);
    await clock.advance(1_000);
    expect(await slow).toMatchObject({ retryAfterMs: 60_000 });
    await clock.advance(1_000);
    await expect(ahead).resolves.toMatchObject(gotToken);
    expect(await failureOf(one.getToken(STOCK))).toMatchObject({ retryAfterMs: 59_000 });
    expect(idp.tokenRequests).toHaveLength(3);
  });

  it('one with a wrong scope shows that the provider answers, and the others go', async () => {
    const one = await recovering();
    const wrong = failureOf(one.getToken('no-such-scope'));
    const rest = [one.getToken(ORDERS), one.getToken(STOCK)];
    expect(await wrong).toMatchObject({ message: expect.stringContaining('invalid_scope') as unknown });
    for (const token of await Promise.all(rest)) expect(token).toMatchObject(gotToken);
  });

  it('one with a wrong scope makes a fresh start: the next trouble is the first again', async () => {
    const one = await recovering();
    await failureOf(one.getToken('no-such-scope'));
    idp.failNext({ status: 503 });
    expect(await failureOf(one.getToken(ORDERS))).toMatchObject({ retryAfterMs: 5_000 });
  });
});
