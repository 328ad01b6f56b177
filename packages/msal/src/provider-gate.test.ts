import axios from 'axios';
import { install, retryAfterOf } from '@holdfast/core';
import {
  manualClock,
  startIdentityProvider,
  startProtectedApi,
  type IdentityProvider,
  type ManualClock,
} from '@holdfast/testing';
import { attachToken } from '@holdfast/token';
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

describe('an identity provider that throttles or fails', () => {
  it.each([
    ['a 429 with Retry-After', { status: 429, retryAfter: '40' }, 40_000],
    ['a 503 without', { status: 503 }, 5_000],
    ['a reset', { reset: true }, 5_000],
    ['a 503 with an HTML page', { status: 503, body: 'html' }, 5_000],
    ['Retry-After: 0', { status: 503, retryAfter: '0' }, 5_000],
  ] as const)('is not asked for other scopes either, nor with cp1, after %s', async (_, fault, waitMs) => {
    const one = credential();
    idp.failNext(fault);
    const first = await failureOf(one.getToken(ORDERS));
    expect(first).toMatchObject({ transient: true, retryAfterMs: waitMs, scopes: [ORDERS] });

    await clock.advance(waitMs - 1);
    for (const enableCae of [false, true])
      expect(await failureOf(one.getToken(STOCK, { enableCae }))).toMatchObject({
        code: 'ERR_TOKEN_ACQUISITION',
        message: expect.stringMatching(
          /^No token for api:\/\/stock\/\.default: the identity provider .*; asked again in 1 ms at the earliest$/,
        ) as unknown,
        scopes: [STOCK],
        transient: true,
        retryAfterMs: 1,
      });
    expect(idp.tokenRequests).toHaveLength(1);

    await clock.advance(1);
    await expect(one.getToken(STOCK)).resolves.toMatchObject(gotToken);
    await expect(one.getToken(ORDERS)).resolves.toMatchObject(gotToken);
    expect(idp.tokenRequests).toHaveLength(3);
  });

  it('is left alone after a time-out, and not asked again at once', async () => {
    idp.failNext({ hang: true });
    const one = credential({ timeoutMs: 10_000 });
    const first = failureOf(one.getToken(ORDERS));
    await asked(idp, 1);
    await clock.advance(10_000);
    expect(await first).toMatchObject({ retryAfterMs: 5_000 });
    expect(await failureOf(one.getToken(STOCK))).toMatchObject({ retryAfterMs: 5_000 });
    expect(idp.tokenRequests).toHaveLength(1);
  });

  it('is left alone for longer each time, up to five minutes, and a tenth more by chance', async () => {
    idp.fail({ status: 503 });
    const waits = async (random: number) => {
      const one = credential({ random: () => random });
      const seen: (number | undefined)[] = [];
      for (let failure = 0; failure < 9; failure += 1) {
        const waitMs = retryAfterOf(await failureOf(one.getToken(ORDERS)));
        seen.push(waitMs);
        await clock.advance(Math.ceil(waitMs ?? 0));
      }
      return seen;
    };
    const doubled = [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000];
    expect(await waits(0)).toEqual(doubled);
    expect(await waits(0.5)).toEqual(doubled.map((ms) => expect.closeTo(ms * 1.05, 6) as unknown));
    expect(idp.tokenRequests).toHaveLength(18);
  });

  it('has a fresh start after a success', async () => {
    const one = credential();
    for (let round = 0; round < 2; round += 1) {
      idp.failNext({ status: 503 });
      expect(await failureOf(one.getToken(ORDERS))).toMatchObject({ retryAfterMs: 5_000 });
      await clock.advance(5_000);
      await one.getToken(ORDERS);
    }
  });

  it('counts 10 requests that failed at once as one failure', async () => {
    idp.fail({ status: 503 });
    const one = credential();
    const all = Array.from({ length: 10 }, () => failureOf(one.getToken(ORDERS)));
    for (const error of await Promise.all(all)) expect(error).toMatchObject({ retryAfterMs: 5_000 });
    expect(idp.tokenRequests).toHaveLength(10);
  });

  it('is listened to when a request that was under way brings a later instant', async () => {
    const one = credential();
    idp.failNext({ status: 503 });
    idp.failNext({ status: 429, retryAfter: '60' });
    const both = [failureOf(one.getToken(ORDERS)), failureOf(one.getToken(STOCK))];
    await Promise.all(both);
    expect(await failureOf(one.getToken(ORDERS))).toMatchObject({ retryAfterMs: 60_000 });
  });

  it('is another one for another tenant', async () => {
    const forAll = idp.app.authorityMetadata.replaceAll(idp.app.tenantId, '{tenantid}');
    const one = credential({ authorityMetadata: forAll });
    idp.failNext({ status: 503 });
    await failureOf(one.getToken(ORDERS));
    const other = await failureOf(one.getToken(ORDERS, { tenantId: 'fabrikam.onmicrosoft.com' }));
    // It was asked, and does not know that tenant.
    expect(other).toMatchObject({ message: expect.stringContaining('invalid_request') as unknown });
    expect(idp.tokenRequests).toHaveLength(2);
  });

  it('opens again although the clock was set back by a year', async () => {
    const one = credential();
    let back = 0;
    const stepped = { now: () => clock.now() - back, setTimeout: clock.setTimeout.bind(clock) };
    const two = credential({ clock: stepped });
    idp.failNext({ status: 503 }, 2);
    await failureOf(one.getToken(ORDERS));
    await failureOf(two.getToken(ORDERS));
    back = 365 * 24 * 3_600_000;
    expect(await failureOf(two.getToken(ORDERS))).toMatchObject({ retryAfterMs: 5_000 });
    await clock.advance(5_000);
    await expect(two.getToken(ORDERS)).resolves.toMatchObject(gotToken);
  });
});

describe('what is not the provider’s trouble', () => {
  it.each([
    ['a wrong scope', {}, 'no-such-scope'],
    ['a wrong secret', { clientSecret: 'wrong' }, ORDERS],
  ] as const)('%s keeps nobody from asking', async (_, options, scope) => {
    const one = credential(options);
    for (let times = 1; times <= 3; times += 1) {
      expect(await failureOf(one.getToken(scope))).toMatchObject({ transient: false });
      expect(idp.tokenRequests).toHaveLength(times);
    }
  });

  it('a user who has to be asked, and a vault that fails, keep nobody from asking', async () => {
    const secrets: (() => Promise<string>)[] = [
      () => Promise.reject(new Error('vault')),
      () => Promise.resolve(idp.app.clientSecret),
    ];
    const one = credential({ clientSecret: () => (secrets.shift() ?? (() => Promise.resolve('')))() });
    expect(await failureOf(one.getToken(ORDERS))).toMatchObject({ transient: true });
    idp.failNext({ error: 'interaction_required' });
    expect(await failureOf(one.getToken(ORDERS))).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED' });
    const other = credential();
    idp.failNext({ error: 'interaction_required' });
    await failureOf(other.getToken(ORDERS));
    await expect(other.getToken(ORDERS)).resolves.toMatchObject(gotToken);
  });

  it('a caller who gives up keeps nobody from asking', async () => {
    const one = credential();
    idp.failNext({ hang: true });
    const abort = new AbortController();
    const first = failureOf(one.getToken(ORDERS, { abortSignal: abort.signal }));
    await asked(idp, 1);
    abort.abort();
    await first;
    await clock.settle();
    await expect(one.getToken(ORDERS)).resolves.toMatchObject(gotToken);
  });
});

describe('a caller whose token is still good', () => {
  it('notices nothing of a provider that throttles everybody', async () => {
    await using api = await startProtectedApi({ idp, audience: 'api://orders', clock });
    const one = credential();
    const orders = axios.create({ baseURL: api.url });
    install(orders, [attachToken(one, { scopes: ORDERS, enableCae: true, clock, random: () => 0.5 })]);
    await orders.get('/7');
    idp.fail({ status: 429, retryAfter: '3600' });
    await failureOf(one.getToken(STOCK));
    for (let minute = 0; minute < 59; minute += 1) {
      await expect(orders.get('/7')).resolves.toMatchObject({ status: 200 });
      await clock.advance(60_000);
    }
    expect(idp.tokenRequests).toHaveLength(2);
  });
});
