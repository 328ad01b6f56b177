import axios from 'axios';
import { install, subscribe, type WarningEvent } from '@holdfast/core';
import { scriptedTransport, staticCredential, type CredentialAnswer } from '@holdfast/testing';
import { attachToken, cachedCredential, type TokenCredential } from './index.js';
import { HOUR, MINUTE, SCOPE, SteppedClock, type Answer } from './made-cache.js';

let warnings: WarningEvent[];
let unsubscribe: () => void;

beforeEach(() => {
  warnings = [];
  unsubscribe = subscribe('holdfast:warning', (event) => warnings.push(event));
});
afterEach(() => {
  unsubscribe();
});

function setUp(answer: Answer = () => undefined, livesMs = HOUR) {
  const clock = new SteppedClock();
  const source = staticCredential(async (request, number) => {
    const answered = await answer(request, number);
    return answered === undefined
      ? { token: `t-${number}`, expiresOnTimestamp: clock.now() + livesMs }
      : answered;
  });
  const cacheOf = (credential: TokenCredential) =>
    cachedCredential(credential, { clock, random: Math.random });
  const cache = cacheOf(source);
  /** One call each minute. */
  const minutes = async (count: number, get: () => Promise<unknown> = () => cache.getToken(SCOPE)) => {
    for (let minute = 0; minute < count; minute += 1) {
      await get().catch(() => undefined);
      await clock.step(MINUTE);
    }
  };
  return { clock, source, cache, cacheOf, minutes };
}

describe('more token requests than expiry explains are warned about, once,', () => {
  it('when a cache is made for each call', async () => {
    const { source, cacheOf } = setUp();
    for (let call = 0; call < 10; call += 1) await cacheOf(source).getToken(SCOPE);
    expect(warnings).toEqual([]);
    for (let call = 0; call < 10; call += 1) await cacheOf(source).getToken(SCOPE);
    expect(warnings).toEqual([
      {
        code: 'TOKEN_REQUESTS',
        service: SCOPE,
        message: expect.stringMatching(/made for each call.*rejects every token.*forceRefresh/) as unknown,
      },
    ]);
  });

  it('when a client is made for each call, all at once', async () => {
    const { source, clock } = setUp();
    const { adapter } = scriptedTransport(() => ({ status: 200 }), { clock });
    const calls = Array.from({ length: 11 }, () => {
      const client = axios.create({ baseURL: 'https://orders.test', adapter });
      install(client, [attachToken(source, { scopes: SCOPE, clock })], { clock });
      return client.get('/7');
    });
    await Promise.all(calls);
    expect(source.requests).toHaveLength(11);
    expect(warnings).toMatchObject([{ code: 'TOKEN_REQUESTS' }]);
  });

  it('when a request brings its credential as a plain object, which axios copies, to client after client', async () => {
    const clock = new SteppedClock();
    const { adapter } = scriptedTransport(() => ({ status: 200 }), { clock });
    const credential = { getToken: async () => ({ token: 't', expiresOnTimestamp: clock.now() + HOUR }) };
    for (let call = 0; call < 11; call += 1) {
      const client = axios.create({ baseURL: 'https://orders.test', adapter });
      install(client, [attachToken(staticCredential(), { scopes: SCOPE, clock })], { clock });
      await client.get('/7', { holdfast: { credential } });
    }
    expect(warnings).toMatchObject([{ code: 'TOKEN_REQUESTS' }]);
  });

  it('when an API rejects every token', async () => {
    const { cache, minutes } = setUp();
    let claims = 0;
    await minutes(12, async () => cache.getToken(SCOPE, { claims: `{"a":${(claims += 1)}}` }));
    expect(warnings).toMatchObject([{ code: 'TOKEN_REQUESTS', service: SCOPE }]);
  });

  it('when somebody forces the refresh', async () => {
    const { cache } = setUp();
    for (let call = 0; call < 11; call += 1) await cache.getToken(SCOPE, { forceRefresh: true });
    expect(warnings).toHaveLength(1);
  });

  it('for each set of scopes, tenant and CAE by itself', async () => {
    const { source, cacheOf } = setUp();
    for (let call = 0; call < 6; call += 1) {
      const cache = cacheOf(source);
      await cache.getToken(['a', 'b']);
      await cache.getToken('a');
      await cache.getToken('a', { tenantId: 'other' });
      await cache.getToken('a', { enableCae: true });
    }
    expect(warnings).toEqual([]);
    for (let call = 0; call < 6; call += 1) await cacheOf(source).getToken(['b', 'a']);
    expect(warnings).toMatchObject([{ service: 'a b' }]);
  });

  it('as soon as somebody listens', async () => {
    unsubscribe();
    const { source, cacheOf } = setUp();
    for (let call = 0; call < 20; call += 1) await cacheOf(source).getToken(SCOPE);
    unsubscribe = subscribe('holdfast:warning', (event) => warnings.push(event));
    await cacheOf(source).getToken(SCOPE);
    expect(warnings).toHaveLength(1);
  });
});

describe('nobody is warned', () => {
  afterEach(() => {
    expect(warnings).toEqual([]);
  });

  it.each([5 * MINUTE, HOUR, 28 * HOUR])(
    'by a day of refreshes of tokens that live %d ms',
    async (livesMs) => {
      const { minutes, source } = setUp(undefined, livesMs);
      await minutes(24 * 60);
      expect(source.requests.length).toBeGreaterThan(1);
    },
  );

  it('by a token that lives five minutes, in a cache around a cache', async () => {
    const { minutes, cacheOf, cache, source } = setUp(undefined, 5 * MINUTE);
    const outer = cacheOf({ getToken: (scopes, options) => cache.getToken(scopes, options) });
    await minutes(24 * 60, () => outer.getToken(SCOPE));
    expect(source.requests.length).toBeGreaterThan(24 * 12);
  });

  it('by a cache that forces each refresh a little earlier than it was due', async () => {
    const { clock, cache, source } = setUp(undefined, 5 * MINUTE);
    for (let call = 0; call < 40; call += 1) {
      await cache.getToken(SCOPE, { forceRefresh: true });
      // It was due after 2.3 minutes at the earliest.
      await clock.step(2.2 * MINUTE);
    }
    expect(source.requests).toHaveLength(40);
  });

  it('by one revocation that 100 calls meet', async () => {
    const { cache, source } = setUp();
    await cache.getToken(SCOPE);
    await Promise.all(Array.from({ length: 100 }, () => cache.getToken(SCOPE, { claims: '{"a":1}' })));
    expect(source.requests).toHaveLength(2);
  });

  it('by a provider that is down for a day, whether a token lives or not', async () => {
    const { minutes, source } = setUp((_, number) => (number > 1 ? new Error('down') : undefined), 12 * HOUR);
    await minutes(24 * 60);
    expect(source.requests.length).toBeGreaterThan(100);
  });

  it('by a provider that is down while an API rejects the token', async () => {
    const { minutes, source, cache } = setUp((_, number) => (number > 1 ? new Error('down') : undefined));
    await cache.getToken(SCOPE);
    await minutes(50, () => cache.getToken(SCOPE, { claims: '{"a":1}' }));
    expect(source.requests.length).toBeGreaterThan(10);
  });

  it('by a source that has no later token', async () => {
    let held: CredentialAnswer = null;
    const clock = new SteppedClock();
    const source = staticCredential(
      () => (held ??= { token: 'same', expiresOnTimestamp: clock.now() + HOUR }),
    );
    const cache = cachedCredential(source, { clock });
    for (let second = 0; second < 3_600; second += 10) {
      await cache.getToken(SCOPE);
      await clock.step(10_000);
    }
    expect(source.requests.length).toBeGreaterThan(5);
  });

  it('by nine revocations in an hour, hour after hour', async () => {
    const { clock, cache, source } = setUp();
    for (let call = 0; call < 40; call += 1) {
      await cache.getToken(SCOPE, { claims: `{"a":${call}}` });
      await clock.step(400_001);
    }
    expect(source.requests).toHaveLength(40);
  });
});
