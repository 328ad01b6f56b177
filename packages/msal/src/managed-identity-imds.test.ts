import { claimsChallenge } from '@holdfast/claims-challenge';
import { callOf, install } from '@holdfast/core';
import {
  challengeHeader,
  manualClock,
  scriptedTransport,
  startManagedIdentityEndpoint,
  type ManagedIdentityEndpoint,
  type ScriptFunction,
} from '@holdfast/testing';
import { deadline } from '@holdfast/timeout';
import { attachToken, type TokenCredential } from '@holdfast/token';
import axios, { type AxiosInstance } from 'axios';
import { managedIdentity, type ManagedIdentityOptions } from './index.js';
import { failureOf, shown } from './made-outcomes.js';

// MSAL keeps its source for the process, and Jest loads it anew for each file: this one is on a virtual machine.
const SCOPE = 'api://orders/.default';
const STOCK = '22222222-2222-4222-8222-222222222222';
const RESOURCE_ID =
  '/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/stock';
const OK: ScriptFunction = () => ({ status: 200, data: 'fine' });

const clock = manualClock({ fakeGlobals: false, now: Date.now() });
let imds: ManagedIdentityEndpoint;
let seenBefore = 0;
let beganAt = 0;

beforeAll(async () => {
  imds = await startManagedIdentityEndpoint({
    source: 'imds',
    clock,
    userAssigned: [{ clientId: STOCK, resourceId: RESOURCE_ID }],
  });
  Object.assign(process.env, imds.env);
});

afterAll(() => imds.close());

beforeEach(() => {
  imds.fail(null);
  seenBefore = imds.requests.length;
  beganAt = clock.now();
});

/** What the endpoint has been asked in this test. */
const asked = () => imds.requests.slice(seenBefore);

/** The seconds of this test in which it was asked. */
const askedAt = () => asked().map(({ at }) => (at - beganAt) / 1_000);

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

interface Machine {
  readonly orders: AxiosInstance;
  readonly sent: () => number;
  /** Lets time pass, second by second; what is on its way on loopback in one of them comes back in it. */
  pass(seconds: number): Promise<void>;
}

function machine(script: ScriptFunction = OK, options: ManagedIdentityOptions = {}): Machine {
  const source = managedIdentity({ clock, random: () => 0, ...options });
  let underWay: Promise<unknown> = Promise.resolve();
  const watched: TokenCredential = {
    getToken: (scopes, wanted) => {
      const token = source.getToken(scopes, wanted);
      underWay = Promise.allSettled([underWay, token]);
      return token;
    },
  };
  const transport = scriptedTransport(script, { clock });
  const orders = axios.create({ baseURL: 'https://orders.test', adapter: transport.adapter });
  const token = attachToken(watched, { scopes: SCOPE, enableCae: true, clock, random: () => 0 });
  install(orders, [deadline({ deadlineMs: 90_000, clock }), token, claimsChallenge()], { clock });
  return {
    orders,
    sent: () => transport.requests.length,
    pass: async (seconds) => {
      await nextTurn();
      await underWay;
      for (let second = 0; second < seconds; second += 1) {
        await clock.advance(1_000);
        await underWay;
        await nextTurn();
      }
    },
  };
}

describe('a metadata service that is gone (410) for 65 seconds', () => {
  it('fails no call that has 90, and is asked eight times', async () => {
    const one = machine();
    imds.fail({ status: 410 });
    const calls = Promise.all(Array.from({ length: 20 }, () => one.orders.get('/7')));
    await one.pass(65);
    expect(asked()).toHaveLength(7);
    imds.fail(null);
    await one.pass(5);
    const answers = await calls;
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(askedAt()).toEqual([0, 10, 20, 30, 40, 50, 60, 70]);
  });

  it('is heard of at once by a call that has no time, and when to come back', async () => {
    const { orders, pass } = machine();
    imds.fail({ status: 410 });
    const hasty = failureOf(orders.get('/7', { holdfast: { deadlineMs: 5_000 } }));
    await pass(0);
    await expect(hasty).resolves.toMatchObject({
      message: `No token for ${SCOPE}: the managed identity endpoint answered 410`,
      retryAfterMs: 10_000,
      transient: true,
      unavailable: false,
    });
    const next = await failureOf(orders.get('/7', { holdfast: { deadlineMs: 5_000 } }));
    expect(next).toMatchObject({ retryAfterMs: 10_000 });
    expect(asked()).toHaveLength(1);
    expect(String(callOf(next))).toContain('asked again in 10000 ms at the earliest');
  });
});

describe('a metadata service in trouble', () => {
  it.each([
    ['does not answer yet (404), as in the first seconds of a machine', { status: 404 }],
    ['fails (500)', { status: 500 }],
    ['sends a page (503)', { status: 503, body: 'html' }],
    ['cuts the connection', { reset: true }],
  ] as const)('that %s is asked after 2, 6, 14, 30 seconds, and no call fails', async (_what, fault) => {
    const { orders, pass } = machine();
    imds.fail(fault);
    const call = orders.get('/7');
    await pass(51);
    imds.fail(null);
    await pass(1);
    await expect(call).resolves.toMatchObject({ data: 'fine' });
    expect(askedAt()).toEqual([0, 2, 8, 22, 52]);
  });

  it('is asked every minute in the end, for as long as somebody calls', async () => {
    const { orders, pass } = machine();
    imds.fail({ status: 500 });
    const lost: unknown[] = [];
    for (let second = 0; second < 300; second += 1) {
      void failureOf(orders.get('/7', { holdfast: { deadlineMs: 1 } })).then((error) => lost.push(error));
      await pass(1);
    }
    expect(askedAt()).toEqual([0, 2, 8, 22, 52, 112, 172, 232, 292]);
    expect(lost).toHaveLength(300);
  });

  it('that throttles (429) is asked when it says, and not before', async () => {
    const { orders, pass } = machine();
    imds.failNext({ status: 429, retryAfter: '25' });
    const call = orders.get('/7');
    await pass(25);
    await expect(call).resolves.toMatchObject({ data: 'fine' });
    expect(askedAt()).toEqual([0, 25]);
  });

  it('keeps nobody from a token that he has', async () => {
    const { orders, pass, sent } = machine();
    await orders.get('/7');
    imds.fail({ status: 500 });
    for (let hour = 0; hour < 20; hour += 1) {
      await orders.get('/7');
      await pass(0);
      await clock.advance(3_600_000);
    }
    expect(sent()).toBe(21);
    expect(asked().length).toBeGreaterThan(2);
  });
});

describe('a machine', () => {
  it('that has not the identity is not asked for it again within a minute', async () => {
    const { orders, pass } = machine(OK, { clientId: '44444444-4444-4444-8444-444444444444' });
    const first = await failureOf(orders.get('/7'));
    expect(first).toMatchObject({
      message: `No token for ${SCOPE}: the managed identity endpoint says invalid_request`,
      transient: false,
      unavailable: false,
    });
    expect(shown(first)).not.toContain('Identity not found');
    for (let second = 0; second < 59; second += 1) {
      await failureOf(orders.get('/7'));
      await pass(1);
    }
    expect(asked()).toHaveLength(1);
    await pass(1);
    await failureOf(orders.get('/7'));
    expect(asked()).toHaveLength(2);
  });

  it('gives out the identity of a resource id, as it is called there', async () => {
    const token = await managedIdentity({ resourceId: RESOURCE_ID }).getToken(SCOPE);
    const { azp, aud } = await imds.verify(token?.token ?? '');
    expect([azp, aud]).toEqual([STOCK, 'api://orders']);
  });
});

describe('a token that was revoked, where the platform gives out no other', () => {
  const refusing: ScriptFunction = () => ({
    status: 401,
    headers: {
      'www-authenticate': challengeHeader({
        claims: { access_token: { nbf: { essential: true, value: '1' } } },
      }),
    },
  });

  it('costs one request for all calls, and each of them its 401', async () => {
    const { orders, sent, pass } = machine(refusing);
    const calls = Array.from({ length: 50 }, () => failureOf(orders.get('/7')));
    await pass(0);
    const failures = await Promise.all(calls);
    expect(failures).toEqual(failures.map(() => expect.objectContaining({ status: 401 }) as unknown));
    expect(sent()).toBe(50);
    expect(asked().map(({ capabilities }) => capabilities)).toEqual(['cp1', 'cp1']);
    expect(asked().map(({ rejectedSha256 }) => rejectedSha256)).toEqual([undefined, undefined]);
    await failureOf(orders.get('/7'));
    expect(asked()).toHaveLength(2);
  });
});
