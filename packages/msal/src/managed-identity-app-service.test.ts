import { subscribe } from '@holdfast/core';
import { manualClock, startManagedIdentityEndpoint, type ManagedIdentityEndpoint } from '@holdfast/testing';
import { createHash } from 'node:crypto';
import { managedIdentity } from './index.js';
import { failureOf, shown } from './made-outcomes.js';

// MSAL keeps its source for the process, and Jest loads it anew for each file: this one is an App Service's.
const VAULT = 'https://vault.azure.net/.default';
const ORDERS = '11111111-1111-4111-8111-111111111111';
const STOCK = '22222222-2222-4222-8222-222222222222';
const RESOURCE_ID =
  '/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/stock';
const OBJECT_ID = '33333333-3333-4333-8333-333333333333';

let endpoint: ManagedIdentityEndpoint;
let seenBefore = 0;

beforeAll(async () => {
  endpoint = await startManagedIdentityEndpoint({
    source: 'app-service',
    userAssigned: [{ clientId: ORDERS }, { clientId: STOCK, resourceId: RESOURCE_ID, objectId: OBJECT_ID }],
  });
  Object.assign(process.env, endpoint.env, {
    HTTP_PROXY: 'http://127.0.0.1:9',
    NO_PROXY: '',
    AZURE_CLIENT_ID: ORDERS,
  });
});

afterAll(() => endpoint.close());

beforeEach(() => {
  endpoint.fail(null);
  endpoint.expiresIn = 86_400;
  seenBefore = endpoint.requests.length;
});

/** What the endpoint has been asked in this test. */
const asked = () => endpoint.requests.slice(seenBefore);

const sha256 = (token: string) => createHash('sha256').update(token).digest('hex');

async function clientOf(token: string): Promise<string> {
  return (await endpoint.verify(token)).azp;
}

describe('an App Service with several identities', () => {
  it('gives each of them its own token, in one process, through no proxy, whatever AZURE_CLIENT_ID says', async () => {
    const ids = [{}, { clientId: ORDERS }, { resourceId: RESOURCE_ID }, { objectId: OBJECT_ID }];
    const credentials = ids.map((id) => managedIdentity(id));
    const tokens = await Promise.all(credentials.map((one) => one.getToken(VAULT)));
    const clients = await Promise.all(tokens.map((one) => clientOf(one?.token ?? '')));
    expect(clients).toEqual(['5d1c5a8e-3b7f-4f52-9f0e-0c9a6b2d7e10', ORDERS, STOCK, STOCK]);
    expect(asked()).toHaveLength(4);
  });

  it('and one that hangs is given up by each after its own time', async () => {
    endpoint.fail({ hang: true });
    const clock = manualClock({ fakeGlobals: false });
    const patient = failureOf(managedIdentity({ clock, timeoutMs: 5_000 }).getToken(VAULT));
    const hasty = failureOf(managedIdentity({ clock, clientId: ORDERS, timeoutMs: 1_000 }).getToken(VAULT));
    const ended: string[] = [];
    void patient.then(() => ended.push('patient'));
    void hasty.then(() => ended.push('hasty'));
    while (asked().length < 2) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(1_000);
    await expect(hasty).resolves.toMatchObject({
      message: `No token for ${VAULT}: the managed identity endpoint gave no answer (ERR_ATTEMPT_TIMEOUT)`,
      transient: true,
      unavailable: false,
    });
    await clock.advance(3_999);
    expect(ended).toEqual(['hasty']);
    await clock.advance(1);
    await expect(patient).resolves.toMatchObject({ transient: true });
  });

  it('asks once for each getToken, on one connection, with an id of its own', async () => {
    const credential = managedIdentity();
    for (let time = 0; time < 3; time += 1) await credential.getToken(VAULT);
    const requests = asked();
    expect(requests.map(({ reusedSocket }) => reusedSocket)).toEqual([false, true, true]);
    expect(new Set(requests.map(({ correlationId }) => correlationId)).size).toBe(3);
    expect(requests.map(({ resource }) => resource)).toEqual(Array(3).fill('https://vault.azure.net'));
  });

  it('gives tokens that can be revoked exactly to those who answer challenges', async () => {
    const credential = managedIdentity();
    await Promise.all([credential.getToken(VAULT), credential.getToken(VAULT, { enableCae: true })]);
    expect(asked().map(({ capabilities }) => capabilities)).toEqual([undefined, 'cp1']);
  });

  it('does not stop at a tenant that somebody names: an identity has one', async () => {
    await expect(managedIdentity().getToken(VAULT, { tenantId: 'fabrikam.example' })).resolves.toBeDefined();
  });
});

describe('a token that was refused', () => {
  it.each([
    ['by a challenge', { claims: '{"access_token":{"nbf":{"essential":true,"value":"1"}}}' }],
    ['without one', { forceRefresh: true }],
  ])('%s is replaced by a new one, although the platform still has it', async (_how, options) => {
    const credential = managedIdentity({ clientId: ORDERS });
    const before = await credential.getToken(VAULT, { enableCae: true });
    const same = await credential.getToken(VAULT, { enableCae: true });
    const after = await credential.getToken(VAULT, { enableCae: true, ...options });
    expect(same?.token).toBe(before?.token);
    expect(after?.token).not.toBe(before?.token);
    expect(asked().map(({ rejectedSha256 }) => rejectedSha256)).toEqual([
      undefined,
      undefined,
      sha256(before?.token ?? ''),
    ]);
  });

  it('is not mistaken for that of another resource, nor for one without cp1', async () => {
    const credential = managedIdentity();
    await credential.getToken(VAULT, { enableCae: true });
    await credential.getToken(VAULT, { claims: '{}' });
    await credential.getToken('https://storage.azure.com/.default', { claims: '{}', enableCae: true });
    expect(asked().map(({ rejectedSha256 }) => rejectedSha256)).toEqual([undefined, undefined, undefined]);
  });
});

describe('an endpoint that says no', () => {
  it('to an identity that it does not have is heard at once, and not told to wait', async () => {
    const failure = await failureOf(managedIdentity({ clientId: 'nobody' }).getToken(VAULT));
    expect(failure).toMatchObject({
      message: `No token for ${VAULT}: the managed identity endpoint answered 400`,
      transient: false,
      unavailable: false,
      retryAfterMs: undefined,
      correlationId: asked()[0]?.correlationId,
    });
    expect(shown(failure)).not.toContain('No User Assigned');
    expect(asked()).toHaveLength(1);
  });

  it('never has its header shown', async () => {
    const secret = endpoint.env['IDENTITY_HEADER'] ?? '';
    const faults = [{ status: 500 }, { status: 401 }, { reset: true }] as const;
    for (const fault of faults) {
      const credential = managedIdentity();
      endpoint.failNext(fault);
      expect(shown(await failureOf(credential.getToken(VAULT)))).not.toContain(secret);
      expect(shown(credential)).not.toContain(secret);
    }
  });
});

describe('an answer that is nonsense', () => {
  const good = { access_token: 'a-token', token_type: 'Bearer', expires_on: '4102444800' };

  it.each<[what: string, body: unknown, reason: string]>([
    ['a page', '<html></html>', 'a body that is no JSON object'],
    ['nothing', '', 'a body that is no JSON object'],
    ['no token', { ...good, access_token: undefined }, 'no token'],
    ['an empty token', { ...good, access_token: '' }, 'no token'],
    ['no expiry', { ...good, expires_on: undefined }, 'a token without an expiry'],
    ['an expiry that cannot be read', { ...good, expires_on: 'soon' }, 'a token without an expiry'],
    ['an expiry that is past', { ...good, expires_on: '1000000000' }, 'a token that has expired'],
    ['another kind of token', { ...good, token_type: 'pop' }, 'a token that is no bearer token'],
  ])('%s is trouble that may pass, and no token', async (_what, body, reason) => {
    endpoint.failNext({ answer: { body } });
    const clock = manualClock({ fakeGlobals: false, now: Date.now() });
    await expect(managedIdentity({ clock, random: () => 0 }).getToken(VAULT)).rejects.toMatchObject({
      message: `No token for ${VAULT}: the managed identity endpoint answered 200 with ${reason}`,
      transient: true,
      retryAfterMs: 2_000,
    });
  });

  it('is not read to its end when it is too long', async () => {
    endpoint.failNext({ answer: { body: 'x'.repeat(1_000_001) } });
    await expect(managedIdentity().getToken(VAULT)).rejects.toMatchObject({
      message: `No token for ${VAULT}: the managed identity endpoint gave no answer (ERR_BAD_RESPONSE)`,
    });
  });

  it('of a redirect is not followed', async () => {
    endpoint.failNext({ answer: { status: 302, headers: { Location: `${endpoint.url}/elsewhere` } } });
    await expect(managedIdentity().getToken(VAULT)).rejects.toMatchObject({
      message: expect.stringContaining('answered 302 which leads elsewhere') as string,
      transient: true,
    });
    expect(asked()).toHaveLength(1);
  });

  it.each<[what: string, expiry: object, expiresOn: number]>([
    ['seconds', { expires_on: 4_102_444_800 }, 4_102_444_800_000],
    ['seconds as text', { expires_on: '4102444800' }, 4_102_444_800_000],
    [
      'a date, as older App Services have it',
      { expires_on: '1/1/2100 12:00:00 AM +00:00' },
      4_102_444_800_000,
    ],
    ['an ISO date', { expires_on: '2100-01-01T00:00:00.000Z' }, 4_102_444_800_000],
  ])('is not made of an expiry in %s', async (_what, expiry, expiresOn) => {
    endpoint.failNext({ answer: { body: { ...good, expires_on: undefined, ...expiry } } });
    const token = await managedIdentity().getToken(VAULT);
    expect(token).toMatchObject({ token: 'a-token', expiresOnTimestamp: expiresOn });
  });
});

describe('a managed identity', () => {
  it.each<[scopes: string | string[]]>([
    [[VAULT, 'https://storage.azure.com/.default']],
    [[]],
    ['/.default'],
  ])('has no token for %j, and says what to ask for', async (scopes) => {
    await expect(managedIdentity().getToken(scopes)).rejects.toMatchObject({
      code: 'ERR_TOKEN_ACQUISITION',
      message: expect.stringContaining('ask for one scope') as string,
      transient: false,
    });
    expect(asked()).toHaveLength(0);
  });

  it.each([
    ['https://vault.azure.net/.default', 'https://vault.azure.net'],
    ['api://orders/.default', 'api://orders'],
    ['https://database.windows.net//.default', 'https://database.windows.net/'],
    ['https://management.azure.com', 'https://management.azure.com'],
  ])('is asked for %s as the resource %s', async (scope, resource) => {
    await managedIdentity().getToken([scope]);
    expect(asked().map((request) => request.resource)).toEqual([resource]);
  });

  it('by two ids is refused where it is made', () => {
    expect(() => managedIdentity({ clientId: ORDERS, objectId: OBJECT_ID })).toThrow(
      'managedIdentity(): at most one of the options "clientId", "resourceId" and "objectId" must be given, and "clientId" and "objectId" are',
    );
  });

  it('that is made for each call is warned of', async () => {
    const warnings: string[] = [];
    const stop = subscribe('holdfast:warning', ({ code, message }) => warnings.push(`${code} ${message}`));
    for (let call = 0; call < 12; call += 1) await managedIdentity({ clientId: STOCK }).getToken(VAULT);
    stop();
    expect(warnings).toEqual([
      expect.stringContaining(
        `CREDENTIAL_PER_CALL 10 credentials of the application ${STOCK} at the managed`,
      ),
    ]);
  });

  it('ends for a caller who gives up', async () => {
    endpoint.fail({ hang: true });
    const controller = new AbortController();
    const token = managedIdentity().getToken(VAULT, { abortSignal: controller.signal });
    while (asked().length === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    await expect(token).rejects.toMatchObject({ name: 'AbortError' });
  });
});
