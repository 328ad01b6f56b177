import { ConfidentialClientApplication } from '@azure/msal-node';
import { retryAfterOf } from '@holdfast/core';
import {
  manualClock,
  startIdentityProvider,
  type IdentityProvider,
  type ManualClock,
} from '@holdfast/testing';
import { cachedCredential } from '@holdfast/token';
import { clientCredential, type ClientCredentialOptions } from './index.js';
import { asked, failureOf } from './made-outcomes.js';

// Each fault of MSAL Node 7.2 twice: "bare" shows that it is there, "holdfast" that it does not come through.

const SCOPE = 'api://orders/.default';

let idp: IdentityProvider;
let clock: ManualClock;

beforeEach(async () => {
  clock = manualClock({ fakeGlobals: false, now: Date.now() });
  idp = await startIdentityProvider({ clock });
});

afterEach(async () => {
  jest.useRealTimers();
  jest.restoreAllMocks();
  await idp.close();
});

/** What a team writes that has MSAL alone. */
function bare() {
  const { clientId, clientSecret, authority, authorityMetadata } = idp.app;
  const app = new ConfidentialClientApplication({
    auth: { clientId, clientSecret, authority, authorityMetadata },
  });
  return { app, getToken: () => app.acquireTokenByClientCredential({ scopes: [SCOPE] }) };
}

function holdfast(options: Partial<ClientCredentialOptions> = {}) {
  const { tenantId, clientId, clientSecret, authority, authorityMetadata } = idp.app;
  const app = { tenantId, clientId, clientSecret, authority, authorityMetadata };
  const source = clientCredential({ ...app, clock, random: () => 0, ...options });
  return cachedCredential(source, { clock, random: () => 0.5 });
}

/** Makes the machine's clock, which MSAL goes by, stand still at some time from now. */
function setMachineClock(aheadMs: number): void {
  const others = [
    'setTimeout',
    'setInterval',
    'setImmediate',
    'queueMicrotask',
    'nextTick',
    'performance',
  ] as const;
  jest.useFakeTimers({
    now: Date.now() + aheadMs,
    doNotFake: [...others, 'clearTimeout', 'clearInterval', 'clearImmediate', 'hrtime'],
  });
}

/** Whether a promise has settled, once everything has that can. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const settle = () => (settled = true);
  promise.then(settle, settle);
  await clock.settle();
  return settled;
}

const gotToken = { token: expect.any(String) as unknown };

describe('20 calls at once', () => {
  it('bare: make 20 token requests', async () => {
    const { getToken } = bare();
    await Promise.all(Array.from({ length: 20 }, getToken));
    expect(idp.tokenRequests).toHaveLength(20);
  });

  it('holdfast: make one', async () => {
    const one = holdfast();
    await Promise.all(Array.from({ length: 20 }, () => one.getToken(SCOPE)));
    expect(idp.tokenRequests).toHaveLength(1);
  });
});

describe('a refresh ahead, while the token is still good', () => {
  it('bare: is waited for by the caller', async () => {
    idp.refreshIn = 1_800;
    const { getToken } = bare();
    await getToken();
    setMachineClock(45 * 60_000);
    idp.delayMs = 10_000;
    const second = getToken();
    await asked(idp, 2);
    expect(await isSettled(second)).toBe(false);
    await clock.advance(10_000);
    await second;
  });

  it('holdfast: is waited for by nobody', async () => {
    idp.refreshIn = 1_800;
    const one = holdfast();
    await one.getToken(SCOPE);
    await clock.advance(45 * 60_000);
    idp.delayMs = 10_000;
    await expect(one.getToken(SCOPE)).resolves.toMatchObject(gotToken);
    await asked(idp, 2);
  });

  it('bare: fails the caller when it fails', async () => {
    idp.refreshIn = 1_800;
    const { getToken } = bare();
    const first = await getToken();
    setMachineClock(45 * 60_000);
    expect(first?.expiresOn?.getTime()).toBeGreaterThan(Date.now());
    await idp.down();
    expect(await failureOf(getToken())).toMatchObject({ errorCode: 'network_error' });
  });

  it('holdfast: is nobody’s business when it fails', async () => {
    idp.refreshIn = 1_800;
    const one = holdfast();
    const first = await one.getToken(SCOPE);
    await clock.advance(45 * 60_000);
    await idp.down();
    for (let call = 0; call < 5; call += 1) expect(await one.getToken(SCOPE)).toEqual(first);
  });
});

describe('a provider that accepts and never answers', () => {
  it('bare: is waited for without any time limit', async () => {
    idp.fail({ hang: true });
    const timers = jest.spyOn(globalThis, 'setTimeout');
    const token = failureOf(bare().getToken());
    await asked(idp, 1);
    expect(await isSettled(token)).toBe(false);
    expect(timers).not.toHaveBeenCalled();
    await idp.down();
    await token;
  });

  it('holdfast: is a time-out after 10 s', async () => {
    idp.fail({ hang: true });
    const token = failureOf(holdfast().getToken(SCOPE));
    await asked(idp, 1);
    await clock.advance(10_000);
    expect(await token).toMatchObject({
      message: `No token for ${SCOPE}: the identity provider gave no answer (ERR_ATTEMPT_TIMEOUT)`,
      transient: true,
    });
  });
});

describe('after one answer that is an error', () => {
  it.each([429, 503])('bare: the same request is locked out for a minute, after a %i', async (status) => {
    const { getToken } = bare();
    idp.failNext({ status });
    await failureOf(getToken());
    setMachineClock(55_000);
    await failureOf(getToken());
    expect(idp.tokenRequests).toHaveLength(1);
    setMachineClock(6_000);
    await getToken();
    expect(idp.tokenRequests).toHaveLength(2);
  });

  it.each([429, 503])('holdfast: it goes out when the backoff is over, after a %i', async (status) => {
    const one = holdfast();
    idp.failNext({ status });
    expect(retryAfterOf(await failureOf(one.getToken(SCOPE)))).toBe(5_000);
    await clock.advance(5_000);
    await expect(one.getToken(SCOPE)).resolves.toMatchObject(gotToken);
    expect(idp.tokenRequests).toHaveLength(2);
  });

  it('bare: a Retry-After of an hour that is a date is taken for a minute', async () => {
    const now = Date.now();
    idp.failNext({ status: 429, retryAfter: new Date(now + 3_600_000).toUTCString() });
    const { getToken } = bare();
    await failureOf(getToken());
    setMachineClock(62_000);
    await getToken();
    expect(idp.tokenRequests).toHaveLength(2);
  });

  it('holdfast: a Retry-After of an hour that is a date is an hour', async () => {
    idp.failNext({ status: 429, retryAfter: new Date(clock.now() + 3_600_000).toUTCString() });
    const one = holdfast();
    await failureOf(one.getToken(SCOPE));
    await clock.advance(3_595_000);
    await failureOf(one.getToken(SCOPE));
    expect(idp.tokenRequests).toHaveLength(1);
  });

  it('bare: a 503 with an HTML page is a page that could not be parsed', async () => {
    idp.fail({ status: 503, body: 'html' });
    const error = await failureOf(bare().getToken());
    expect(String(error)).toContain('Failed to parse response');
    expect(String(error)).not.toContain('answered 503');
  });

  it('holdfast: a 503 with an HTML page is an outage', async () => {
    idp.fail({ status: 503, body: 'html' });
    expect(await failureOf(holdfast().getToken(SCOPE))).toMatchObject({
      message: `No token for ${SCOPE}: the identity provider answered 503`,
      transient: true,
    });
  });

  it('bare: a 503 with {} is a token, and it is empty', async () => {
    idp.fail({ status: 503, body: '{}' });
    await expect(bare().getToken()).resolves.toMatchObject({ accessToken: '' });
  });

  it('holdfast: a 503 with {} is an outage', async () => {
    idp.fail({ status: 503, body: '{}' });
    expect(await failureOf(holdfast().getToken(SCOPE))).toMatchObject({ transient: true });
  });
});
