import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { manualClock, startIdentityProvider, type IdentityProvider } from '@holdfast/testing';
import { clientCredential, type ClientCredentialOptions } from './index.js';
import { asked, failureOf } from './made-outcomes.js';

const SCOPE = 'api://orders/.default';

let idp: IdentityProvider;

beforeEach(async () => {
  idp = await startIdentityProvider();
});

afterEach(async () => {
  await idp.close();
});

const credential = (options: Partial<ClientCredentialOptions> = {}) =>
  clientCredential({ ...idp.app, ...options });

const never = () => new Promise<string>(() => undefined);

describe('a caller who gives up', () => {
  it('waits no longer for a provider that hangs, and the request to it ends', async () => {
    idp.fail({ hang: true });
    const sent: ClientRequest[] = [];
    const watch = (message: unknown) => sent.push((message as { request: ClientRequest }).request);
    subscribe('http.client.request.start', watch);
    const controller = new AbortController();
    const token = credential({ timeoutMs: false }).getToken(SCOPE, { abortSignal: controller.signal });
    void expect(token).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    await asked(idp, 1);
    controller.abort();
    await expect(token).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    unsubscribe('http.client.request.start', watch);
    expect(sent.map(({ destroyed }) => destroyed)).toEqual([true]);
  });

  it('before he has asked asks nobody', async () => {
    const aborted = credential().getToken(SCOPE, { abortSignal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    expect(idp.tokenRequests).toHaveLength(0);
  });

  it('waits no longer for a clientSecret function that hangs, and nor does the process', async () => {
    const clock = manualClock({ fakeGlobals: false });
    const controller = new AbortController();
    const token = credential({ clientSecret: never, clock }).getToken(SCOPE, {
      abortSignal: controller.signal,
    });
    controller.abort();
    await expect(token).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    await clock.settle();
    expect(clock.pending).toBe(0);
  });

  it('takes nobody else’s token away', async () => {
    const one = credential();
    const controller = new AbortController();
    const leaves = failureOf(one.getToken(SCOPE, { abortSignal: controller.signal }));
    const stays = one.getToken(SCOPE);
    controller.abort();
    expect(await leaves).toMatchObject({ code: 'ERR_CANCELED' });
    await expect(stays).resolves.toMatchObject({ token: expect.any(String) as unknown });
  });
});

describe('a clientSecret function that hangs', () => {
  it('has failed after timeoutMs, and can be asked again', async () => {
    const clock = manualClock({ fakeGlobals: false });
    const token = failureOf(credential({ clientSecret: never, timeoutMs: 5_000, clock }).getToken(SCOPE));
    await clock.advance(5_000);
    expect(await token).toMatchObject({
      code: 'ERR_TOKEN_ACQUISITION',
      transient: true,
      message: expect.stringContaining('the clientSecret function failed (TimeoutError)') as unknown,
    });
  });

  it('leaves no timer behind when it answers in time', async () => {
    const clock = manualClock({ fakeGlobals: false, now: Date.now() });
    const clientSecret = () => Promise.resolve('wrong');
    await failureOf(credential({ clientSecret, clock, timeoutMs: 5_000 }).getToken(SCOPE));
    expect(clock.pendingRef).toBe(0);
  });
});
