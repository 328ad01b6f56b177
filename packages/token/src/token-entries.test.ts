import axios from 'axios';
import { install } from '@holdfast/core';
import { manualClock, scriptedTransport, staticCredential } from '@holdfast/testing';
import fc from 'fast-check';
import { attachToken, cachedCredential, type CachedCredential } from './index.js';

/** A cache whose source counts what it is asked for; a token each time, for an hour. */
function setUp() {
  const clock = manualClock({ fakeGlobals: false });
  const source = staticCredential((_, number) => ({
    token: `t-${number}`,
    expiresOnTimestamp: clock.now() + 3_600_000,
  }));
  const cache = cachedCredential(source, { clock, random: () => 0.5 });
  const get = async (scopes: string | string[]) => (await cache.getToken(scopes)).token;
  return { clock, source, cache, get };
}

describe('the same scopes', () => {
  it('in another order, or named twice, are the same token', async () => {
    const { source, get } = setUp();
    for (const scopes of [
      ['b', 'a', 'a'],
      ['a', 'b'],
      ['b', 'a'],
      ['b', 'b', 'a'],
      ['a', 'b'],
    ])
      expect(await get(scopes)).toBe('t-1');
    expect(source.requests.map(({ scopes }) => scopes)).toEqual([['b', 'a']]);
    expect([await get('a'), await get(['a']), await get(['a', 'a'])]).toEqual(['t-2', 't-2', 't-2']);
  });

  it('are one token request, whatever lists they are asked for by, and others are another', async () => {
    const scope = fc.constantFrom('a', 'b', 'c', 'd');
    const lists = fc.array(fc.array(scope, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(lists, async (asked) => {
        const { source, get } = setUp();
        const tokens = new Map<string, string>();
        for (const list of asked) {
          const key = [...new Set(list)].sort().join();
          const token = await get(list);
          expect(token).toBe(tokens.get(key) ?? token);
          tokens.set(key, token);
        }
        expect(source.requests).toHaveLength(tokens.size);
        expect(new Set(tokens.values()).size).toBe(tokens.size);
      }),
    );
  });
});

describe('a token is not asked for', () => {
  it.each<[string, unknown]>([
    ['an empty list', []],
    ['an empty text', ''],
    ['a list with an empty text', ['a', '']],
    ['a list of nothing', [undefined]],
    ['a number', 5],
    ['a list with a number', ['a', 5]],
    ['nothing', undefined],
    ['null', null],
    ['an object', { scope: 'a' }],
  ])('with %s for scopes, but they are named', async (_, scopes) => {
    const { source, cache } = setUp();
    const asked = Reflect.apply(cache.getToken, cache, [scopes]) as ReturnType<CachedCredential['getToken']>;
    await expect(asked).rejects.toThrow(
      new TypeError('getToken(): "scopes" must be a scope, or a list of scopes'),
    );
    expect(source.requests).toHaveLength(0);
  });

  it.each<[string, unknown]>([
    ['an empty text', ''],
    ['null', null],
    ['a number', 5],
  ])('with %s for a tenant, but it is named', async (_, tenantId) => {
    const { source, cache } = setUp();
    const asked = Reflect.apply(cache.getToken, cache, ['a', { tenantId }]) as Promise<unknown>;
    await expect(asked).rejects.toThrow(new TypeError('getToken(): "tenantId" must be a tenant'));
    expect(source.requests).toHaveLength(0);
  });
});

describe('10,000 tokens of one credential', () => {
  it('are held; the one that was used longest ago makes room for another', async () => {
    const { source, get } = setUp();
    for (let scope = 0; scope < 10_000; scope += 1) await get(`s-${scope}`);
    await get('s-0');
    expect(source.requests).toHaveLength(10_000);
    await get('one more');
    await get('s-0');
    await get('s-2');
    expect(source.requests).toHaveLength(10_001);
    await get('s-1');
    expect(source.requests).toHaveLength(10_002);
    // That took the room of the oldest of the others.
    await get('s-4');
    expect(source.requests).toHaveLength(10_002);
    await get('s-3');
    expect(source.requests).toHaveLength(10_003);
  });

  it('are so many over all tenants, with and without answers to challenges', async () => {
    const { source, cache } = setUp();
    const get = (tenant: number, enableCae: boolean) =>
      cache.getToken('a', { tenantId: `tenant-${tenant}`, enableCae });
    for (let tenant = 0; tenant < 5_000; tenant += 1) {
      await get(tenant, false);
      await get(tenant, true);
    }
    expect(source.requests).toHaveLength(10_000);
    await cache.getToken('one more');
    await get(0, true);
    expect(source.requests).toHaveLength(10_001);
    await get(0, false);
    expect(source.requests).toHaveLength(10_002);
  });

  it('do not keep one from its callers that is asked for while it makes room', async () => {
    const clock = manualClock({ fakeGlobals: false });
    let answer: (token: string) => void = () => undefined;
    const source = staticCredential(({ scopes }) =>
      scopes[0] === 'slow' ? new Promise((resolve) => (answer = resolve)) : 'quick',
    );
    const cache = cachedCredential(source, { clock });
    const waits = [cache.getToken('slow'), cache.getToken('slow')];
    for (let scope = 0; scope < 10_000; scope += 1) await cache.getToken(`s-${scope}`);
    answer('late');
    expect((await Promise.all(waits)).map(({ token }) => token)).toEqual(['late', 'late']);
  });
});

describe('a look-up', () => {
  const work = () => ({
    gets: jest.spyOn(Map.prototype, 'get'),
    sets: jest.spyOn(Map.prototype, 'set'),
    deletes: jest.spyOn(Map.prototype, 'delete'),
    sorts: jest.spyOn(Array.prototype, 'sort'),
    joins: jest.spyOn(Array.prototype, 'join'),
  });

  async function workOf(lookUp: () => Promise<unknown>): Promise<Record<string, number>> {
    const spies = work();
    try {
      const promise = lookUp();
      const counts = Object.entries(spies).map(([name, { mock }]) => [name, mock.calls.length] as const);
      await promise;
      return Object.fromEntries(counts);
    } finally {
      for (const spy of Object.values(spies)) spy.mockRestore();
    }
  }

  it('is as much work among 10,000 tokens as with one: nothing is put in order, nor made', async () => {
    for (const others of [0, 9_999]) {
      const { cache } = setUp();
      await cache.getToken('a');
      for (let scope = 0; scope < others; scope += 1) await cache.getToken(`s-${scope}`);
      const expected = { gets: 1, sets: 0, deletes: 0, sorts: 0, joins: 0 };
      expect(await workOf(() => cache.getToken('a'))).toEqual(expected);
      expect(await workOf(() => cache.getToken(['a']))).toEqual(expected);
    }
  });

  it('by several scopes sorts them once, as long as the same ones are asked for', async () => {
    const { cache } = setUp();
    await cache.getToken(['b', 'a']);
    expect(await workOf(() => cache.getToken(['b', 'a']))).toMatchObject({ sets: 0, sorts: 0, joins: 0 });
  });

  it('of one request’s own scopes, tenant or credential asks for no second token', async () => {
    const { source, clock } = setUp();
    const { adapter } = scriptedTransport(() => ({ status: 200 }), { clock });
    const client = axios.create({ baseURL: 'https://orders.test', adapter });
    install(client, [attachToken(source, { scopes: 'a', clock })], { clock });
    const user = staticCredential('user');
    for (const scopes of [
      ['b', 'c'],
      ['c', 'b'],
      ['c', 'b', 'c'],
    ])
      for (const tenantId of ['one', 'other'])
        await client.get('/7', { holdfast: { scopes, tenantId, credential: user } });
    expect(user.requests).toHaveLength(2);
  });
});
