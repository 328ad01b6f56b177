import type { INetworkModule, ManagedIdentityApplication } from '@azure/msal-node';
import { manualClock, startManagedIdentityEndpoint } from '@holdfast/testing';

// MSAL keeps its source, with the first application's network and cache, for the process: it is loaded anew for each test.
const RESOURCE = 'https://vault.azure.net';
const IDS = { userAssignedClientId: '11111111-1111-4111-8111-111111111111' };
const VARIABLES = ['IDENTITY_ENDPOINT', 'IDENTITY_HEADER', 'AZURE_POD_IDENTITY_AUTHORITY_HOST'] as const;

beforeEach(() => {
  jest.resetModules();
  for (const name of VARIABLES) Reflect.deleteProperty(process.env, name);
});

afterEach(() => {
  jest.useRealTimers();
});

async function application(
  networkClient?: INetworkModule,
  id: { userAssignedClientId?: string } = {},
): Promise<ManagedIdentityApplication> {
  const msal = await import('@azure/msal-node');
  return new msal.ManagedIdentityApplication({
    managedIdentityIdParams: id,
    ...(networkClient !== undefined && { system: { networkClient } }),
  });
}

async function ours(options: object = {}) {
  const { managedIdentity } = await import('./index.js');
  return managedIdentity({ random: () => 0, ...options });
}

/** A network module that always answers the same, and counts. */
function scripted(status: number, body: object): INetworkModule & { readonly urls: string[] } {
  const urls: string[] = [];
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- MSAL's own signature
  const answer = <T>(url: string) => {
    urls.push(url);
    return Promise.resolve({ status, headers: {}, body: body as T });
  };
  return { urls, sendGetRequestAsync: answer, sendPostRequestAsync: answer };
}

/** Milliseconds of MSAL's own waits until it settles. */
async function waited(promise: Promise<unknown>): Promise<number> {
  let settled = false;
  promise.catch(() => undefined).finally(() => (settled = true));
  let ms = 0;
  for (; !settled; ms += 1_000) await jest.advanceTimersByTimeAsync(1_000);
  return ms;
}

const fakeTimeouts = () =>
  jest.useFakeTimers({ doNotFake: ['Date', 'nextTick', 'queueMicrotask', 'setImmediate', 'performance'] });

describe('an App Service that fails (500)', () => {
  it('bare: is asked four times, one second apart, while the caller waits', async () => {
    process.env['IDENTITY_ENDPOINT'] = 'http://127.0.0.1:1/msi/token';
    process.env['IDENTITY_HEADER'] = 'a-header';
    fakeTimeouts();
    const network = scripted(500, { statusCode: 500, message: 'An unexpected error' });
    const token = (await application(network)).acquireToken({ resource: RESOURCE });
    expect(await waited(token)).toBeGreaterThanOrEqual(3_000);
    await expect(token).rejects.toThrow();
    expect(network.urls).toHaveLength(4);
  });

  it('holdfast: is asked once, and the caller hears at once when to come back', async () => {
    await using endpoint = await startManagedIdentityEndpoint({ source: 'app-service' });
    Object.assign(process.env, endpoint.env);
    endpoint.fail({ status: 500 });
    const clock = manualClock({ fakeGlobals: false });
    const credential = await ours({ clock });
    await expect(credential.getToken(RESOURCE)).rejects.toMatchObject({
      retryAfterMs: 2_000,
      transient: true,
    });
    expect(endpoint.requests).toHaveLength(1);
  });
});

describe('a metadata service that is gone (410)', () => {
  it('bare: is asked eight times by each call, and none hears of it for 70 seconds', async () => {
    fakeTimeouts();
    const network = scripted(410, { error: 'gone' });
    const one = await application(network);
    const calls = Promise.allSettled([
      one.acquireToken({ resource: RESOURCE }),
      one.acquireToken({ resource: RESOURCE }),
    ]);
    expect(await waited(calls)).toBeGreaterThanOrEqual(70_000);
    expect(network.urls).toHaveLength(16);
  });
});

describe('an answer without a token', () => {
  it('bare: is a token, and it is empty', async () => {
    const token = await (await application(scripted(200, {}))).acquireToken({ resource: RESOURCE });
    expect(token.accessToken).toBe('');
  });
});

describe('a date that MSAL cannot read', () => {
  it('bare: makes a token that has expired when it comes', async () => {
    const body = { access_token: 'a-token', expires_on: '1/1/2100 12:00:00 AM +00:00' };
    const token = await (await application(scripted(200, body))).acquireToken({ resource: RESOURCE });
    // Whole seconds, rounded up.
    expect(token.expiresOn?.getTime()).toBeLessThanOrEqual(Date.now() + 1_000);
  });
});

describe('a token that was refused by a challenge', () => {
  it('bare: comes back from an App Service', async () => {
    await using endpoint = await startManagedIdentityEndpoint({ source: 'app-service' });
    Object.assign(process.env, endpoint.env);
    const one = await application();
    const before = await one.acquireToken({ resource: RESOURCE });
    const after = await one.acquireToken({ resource: RESOURCE, claims: '{"access_token":{}}' });
    expect(after.accessToken).toBe(before.accessToken);
  });
});

describe('the second identity in a process', () => {
  it('bare: is asked for by the network module of the first', async () => {
    const body = { access_token: 'a-token', expires_on: 4_102_444_800 };
    const [first, second] = [scripted(200, body), scripted(200, body)];
    await (await application(first)).acquireToken({ resource: RESOURCE });
    await (await application(second, IDS)).acquireToken({ resource: RESOURCE });
    expect([first.urls.length, second.urls.length]).toEqual([2, 0]);
  });
});

describe('an application of MSAL’s own in the same process', () => {
  it('that was there first: each still gets the token of its identity, and failures are told from outages', async () => {
    const clientId = IDS.userAssignedClientId;
    await using endpoint = await startManagedIdentityEndpoint({
      source: 'app-service',
      userAssigned: [{ clientId }],
    });
    Object.assign(process.env, endpoint.env);
    const msal = await import('@azure/msal-node');
    const own = new msal.ManagedIdentityApplication({ system: { disableInternalRetries: true } });
    await own.acquireToken({ resource: RESOURCE });

    const clock = manualClock({ fakeGlobals: false });
    const credential = await ours({ clientId, clock });
    const token = await credential.getToken(RESOURCE, { enableCae: true });
    const { azp, xms_cc } = await endpoint.verify(token?.token ?? '');
    expect([azp, xms_cc]).toEqual([clientId, ['cp1']]);
    const nobody = await ours({ clientId: 'nobody', clock });
    await expect(nobody.getToken(RESOURCE)).rejects.toMatchObject({ transient: false });
    for (const fault of [
      { status: 503 },
      { status: 404 },
      { answer: { body: 'a page' } },
      { reset: true },
    ] as const) {
      endpoint.failNext(fault);
      await expect(credential.getToken(RESOURCE)).rejects.toMatchObject({
        transient: true,
        unavailable: false,
      });
      await clock.advance(60_000);
      await credential.getToken(RESOURCE);
    }
  });

  it('that came second keeps its own retries and its own errors', async () => {
    await using endpoint = await startManagedIdentityEndpoint({ source: 'app-service' });
    Object.assign(process.env, endpoint.env);
    await (await ours()).getToken(RESOURCE);
    const own = await application();
    fakeTimeouts();
    endpoint.failNext({ status: 500 }, 2);
    const token = own.acquireToken({ resource: 'https://storage.azure.com' });
    await waited(token);
    expect((await token).accessToken).not.toBe('');
    expect(endpoint.requests.map(({ status }) => status)).toEqual([200, 500, 500, 200]);
    endpoint.failNext({ status: 401 });
    await expect(own.acquireToken({ resource: 'api://orders' })).rejects.toThrow(
      /X-IDENTITY|internal|unexpected/i,
    );
    await endpoint.down();
    await expect(own.acquireToken({ resource: 'api://stock' })).rejects.toMatchObject({
      errorCode: 'network_error',
    });
  });
});
