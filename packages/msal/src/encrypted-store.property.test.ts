import fc from 'fast-check';
import type { StorePurpose } from './encrypted-store.js';
import type { TokenStore } from './index.js';
import { MadeStore, encrypted } from './made-store.js';

const HOUR = 3_600_000;
const anyText = fc.string({ unit: 'binary', maxLength: 200 });
const purpose = fc.constantFrom<StorePurpose>('access-token', 'user-cache');

/** A store that answers every question with this. */
const answering = (value: unknown): TokenStore => ({
  get: () => Promise.resolve(value as string),
  set: () => Promise.resolve(),
  delete: () => Promise.resolve(),
});

describe('what is in a store', () => {
  it('comes back as it was, whatever it says and whatever it is called', async () => {
    await fc.assert(
      fc.asyncProperty(purpose, anyText, anyText, async (as, name, text) => {
        const store = encrypted(new MadeStore());
        expect(await store.write(as, name, text, HOUR)).toBe(true);
        expect(await store.read(as, name)).toBe(text);
      }),
    );
  });

  it('is read as nothing under any other name or purpose', async () => {
    await fc.assert(
      fc.asyncProperty(purpose, purpose, anyText, anyText, async (as, otherAs, name, otherName) => {
        fc.pre(as !== otherAs || name !== otherName);
        const inner = new MadeStore();
        const store = encrypted(inner);
        await store.write(as, name, 'a-token', HOUR);
        const [moved] = inner.values.values();
        expect(await encrypted(answering(moved)).read(otherAs, otherName)).toBeUndefined();
        expect(await store.read(otherAs, otherName)).toBeUndefined();
      }),
    );
  });

  it('is read as nothing when any character of it was changed, added or taken away', async () => {
    const inner = new MadeStore();
    await encrypted(inner).write('access-token', 'orders', 'a-token', HOUR);
    const [sealed = ''] = inner.values.values();
    const change = fc.record({
      at: fc.nat(sealed.length),
      removed: fc.nat(3),
      added: fc.string({
        unit: fc.constantFrom('A', 'B', 'a', '0', '1', '.', '_', '-', '=', '+', ' '),
        maxLength: 3,
      }),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ at, removed, added }) => {
        const changed = sealed.slice(0, at) + added + sealed.slice(at + removed);
        fc.pre(changed !== sealed);
        expect(await encrypted(answering(changed)).read('access-token', 'orders')).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  it('is read as nothing with any one bit of it turned', async () => {
    const inner = new MadeStore();
    await encrypted(inner).write('access-token', 'orders', 'a-token', HOUR);
    const [sealed = ''] = inner.values.values();
    const [format, id, inside = ''] = sealed.split('.');
    const bytes = Buffer.from(inside, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const turned = Buffer.from(bytes);
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const changed = `${format}.${id}.${turned.toString('base64url')}`;
      expect(await encrypted(answering(changed)).read('access-token', 'orders')).toBeUndefined();
    }
  });

  it('never makes a reader fail, whatever it is', async () => {
    const answers = fc.oneof(
      fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, withTypedArray: true }),
      anyText.map((text) => `holdfast1.k1.${text}`),
      fc.base64String().map((text) => `holdfast1.k1.${text}`),
    );
    await fc.assert(
      fc.asyncProperty(answers, async (answer) => {
        expect(await encrypted(answering(answer)).read('access-token', 'orders')).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
  });
});
