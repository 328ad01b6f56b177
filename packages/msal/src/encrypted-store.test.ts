import { inspect } from 'node:util';
import { manualClock } from '@holdfast/testing';
import { clientCredential, encryptedStore, workloadIdentity, type StoreKey } from './index.js';
import * as one from './index.js';
import { MadeStore, STORE_KEY, encrypted, warned } from './made-store.js';

const HOUR = 3_600_000;
const NEW_KEY = { id: '2026-11', key: Buffer.from(STORE_KEY.key).reverse() };
const clock = manualClock({ fakeGlobals: false });
const refusal = (make: () => unknown): string => {
  try {
    make();
  } catch (error) {
    return String(error);
  }
  throw new Error('It was taken');
};

describe('a store that somebody else can read', () => {
  it('shows no token, no user, no scope and no tenant', async () => {
    const inner = new MadeStore();
    const store = encrypted(inner);
    await store.write('access-token', 'contoso ada@contoso.example Mail.Read', 'a-secret-token', HOUR);
    const [[key = '', value = ''] = []] = inner.values;
    expect(key).toMatch(/^holdfast:access-token:[\w-]{43}$/);
    expect(value).toMatch(/^holdfast1\.k1\.[\w-]+$/);
    const inside = Buffer.from(value.split('.')[2] ?? '', 'base64url').toString('latin1');
    expect(key + value + inside).not.toMatch(/contoso|example|Mail.Read|secret/);
    expect(inner.ttls.get(key)).toBe(HOUR);
  });

  it('never sees the same text twice, though the same token is written', async () => {
    const inner = new MadeStore();
    const seen = new Set<string>();
    for (let time = 0; time < 100; time += 1) {
      await encrypted(inner).write('access-token', 'orders', 'a-token', HOUR);
      for (const value of inner.values.values()) seen.add(value);
    }
    expect(seen.size).toBe(100);
  });

  it('finds no key in what is printed of an encrypted store', () => {
    const shown = inspect(encrypted(new MadeStore()), { depth: 9, showHidden: true, getters: true });
    expect(shown).not.toMatch(/Buffer|00 01 02/);
    expect(JSON.stringify(encrypted(new MadeStore()))).toBe('{"encryption":"holdfast1"}');
  });
});

describe('a store that gives back what is over', () => {
  it('gives nobody an old token, though it has forgotten nothing', async () => {
    const warnings = warned();
    const inner = new MadeStore();
    const store = encrypted(inner, { clock });
    await store.write('access-token', 'orders', 'a-token', HOUR);
    await clock.advance(HOUR - 1);
    expect(await store.read('access-token', 'orders')).toBe('a-token');
    await clock.advance(1);
    expect(await store.read('access-token', 'orders')).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  it('is not given what has no time to live', async () => {
    const inner = new MadeStore();
    for (const ttlMs of [0, -1, 0.5, NaN, Infinity])
      expect(await encrypted(inner).write('access-token', 'orders', 'a-token', ttlMs)).toBe(false);
    expect(inner.asked).toEqual([]);
  });
});

describe('a new key', () => {
  it('is used for what is written, and the old one goes on reading until it is taken away', async () => {
    const inner = new MadeStore();
    const before = encrypted(inner);
    await before.write('access-token', 'orders', 'of-the-old-key', HOUR);
    const during = encrypted(inner, { keys: [NEW_KEY, STORE_KEY] });
    expect(await during.read('access-token', 'orders')).toBe('of-the-old-key');
    await during.write('access-token', 'stock', 'of-the-new-key', HOUR);
    const after = encrypted(inner, { keys: [NEW_KEY] });
    expect(await after.read('access-token', 'stock')).toBe('of-the-new-key');
    expect(await after.read('access-token', 'orders')).toBeUndefined();
    expect(await encrypted(inner, { keys: [STORE_KEY, NEW_KEY] }).read('access-token', 'stock')).toBe(
      'of-the-new-key',
    );
  });

  it('that is not given everywhere costs one warning, and what was written by it', async () => {
    const warnings = warned();
    const inner = new MadeStore();
    await encrypted(inner, { keys: [NEW_KEY] }).write('access-token', 'orders', 'a-token', HOUR);
    const store = encrypted(inner);
    for (let time = 0; time < 3; time += 1)
      expect(await store.read('access-token', 'orders')).toBeUndefined();
    expect(warnings).toEqual([
      {
        code: 'STORE_UNREADABLE',
        message:
          'What the token store has cannot be read: it is encrypted under a key that is not given. It is taken for nothing',
        service: 'token store',
      },
    ]);
  });

  it('of the same id and another secret reads nothing', async () => {
    const inner = new MadeStore();
    await encrypted(inner).write('access-token', 'orders', 'a-token', HOUR);
    const other = encrypted(inner, { keys: [{ ...NEW_KEY, id: STORE_KEY.id }] });
    expect(await other.read('access-token', 'orders')).toBeUndefined();
  });

  it('whose secret is that of an old one reads nothing that says it was written by it', async () => {
    const inner = new MadeStore();
    const keys = [STORE_KEY, { ...STORE_KEY, id: 'k2' }];
    await encrypted(inner, { keys }).write('access-token', 'orders', 'a-token', HOUR);
    expect(await encrypted(inner, { keys }).read('access-token', 'orders')).toBe('a-token');
    for (const [key, value] of inner.values) inner.values.set(key, value.replace('.k1.', '.k2.'));
    expect(await encrypted(inner, { keys }).read('access-token', 'orders')).toBeUndefined();
  });

  it.each(['base64', 'base64url', 'hex'] as const)('may be given as text in %s', async (encoding) => {
    const inner = new MadeStore();
    await encrypted(inner).write('access-token', 'orders', 'a-token', HOUR);
    const store = encrypted(inner, { keys: [{ id: 'k1', key: STORE_KEY.key.toString(encoding) }] });
    expect(await store.read('access-token', 'orders')).toBe('a-token');
  });

  it('whose buffer is overwritten later on is still the same', async () => {
    const inner = new MadeStore();
    const key = Buffer.from(STORE_KEY.key);
    const store = encrypted(inner, { keys: [{ id: 'k1', key }] });
    key.fill(0);
    await store.write('access-token', 'orders', 'a-token', HOUR);
    expect(await encrypted(inner).read('access-token', 'orders')).toBe('a-token');
  });
});

describe('keys that are none', () => {
  const refused = (keys: unknown) =>
    refusal(() => encryptedStore(new MadeStore(), { keys: keys as StoreKey[] }));

  it.each([
    [undefined, /option "keys" must be an array of/],
    [[], /must have one key or more/],
    [[null], /number 1 must have an id/],
    [[{ id: 'a.b', key: STORE_KEY.key }], /number 1 must have an id of 1 to 64 letters/],
    [[{ id: '', key: STORE_KEY.key }], /number 1 must have an id/],
    [[STORE_KEY, STORE_KEY], /number 2 has the id of another one/],
    [[{ id: 'a', key: STORE_KEY.key.subarray(1) }], /number 1 must have a key of 32 bytes/],
    [[{ id: 'a', key: 'correct horse battery staple horse' }], /a passphrase is none/],
    [[{ id: 'a', key: Buffer.alloc(32) }], /number 1 has a key whose bytes are all the same/],
    [[{ id: 'a', key: 7 }], /number 1 must have a key of 32 bytes/],
  ])('are refused at once, and not shown: %#', (keys, message) => {
    expect(refused(keys)).toMatch(/^TypeError: encryptedStore\(\)/);
    expect(refused(keys)).toMatch(message);
    expect(refused(keys)).not.toMatch(/horse|00 01|AAEC/);
  });
});

describe('a time limit for a store', () => {
  it.each([false, 0, -1, NaN, Infinity, '50'])('that is none is refused: %p', (timeoutMs) => {
    const options = { keys: [STORE_KEY], timeoutMs: timeoutMs as number };
    expect(refusal(() => encryptedStore(new MadeStore(), options))).toMatch(
      /option "timeoutMs" must be a number/,
    );
  });
});

describe('a store without encryption', () => {
  it('is refused where a credential takes one, so that no token ends in the clear', () => {
    const bare = new MadeStore();
    const app = {
      tenantId: 'contoso.example',
      clientId: 'orders',
      store: bare as object as one.EncryptedStore,
    };
    const message =
      'the option "store" must be what encryptedStore() returns (wrap a store of your own by it), and is an object';
    expect(refusal(() => clientCredential({ ...app, clientSecret: 'a-secret' }))).toContain(message);
    expect(refusal(() => workloadIdentity({ ...app, tokenFile: '/nowhere' }))).toContain(message);
  });

  it('is refused although it has the methods of an encrypted one', () => {
    const nothing = () => Promise.resolve(undefined);
    const likeness: object = { read: nothing, write: nothing, remove: nothing, alone: nothing };
    const store = likeness as one.EncryptedStore;
    const app = { tenantId: 'contoso.example', clientId: 'orders', clientSecret: 'a-secret', store };
    expect(refusal(() => clientCredential(app))).toContain('must be what encryptedStore() returns');
  });

  it('is refused by encryptedStore() when it is no store at all', () => {
    expect(refusal(() => encrypted({} as object as MadeStore))).toContain(
      'the store must be an object with get(), set() and delete()',
    );
  });
});

describe('two copies of the package in one app', () => {
  it('take each other’s stores, and read what the other has written', async () => {
    let other = one;
    await jest.isolateModulesAsync(async () => {
      other = await import('./index.js');
    });
    expect(other.encryptedStore).not.toBe(one.encryptedStore);
    const inner = new MadeStore();
    const store = other.encryptedStore(inner, { keys: [STORE_KEY] });
    const app = { tenantId: 'contoso.example', clientId: 'orders', clientSecret: 'a-secret' };
    expect(() => clientCredential({ ...app, store })).not.toThrow();
    await store.write('access-token', 'orders', 'a-token', HOUR);
    expect(await encrypted(inner).read('access-token', 'orders')).toBe('a-token');
  });
});
