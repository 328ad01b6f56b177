import { Closures } from './client-factory-closures.js';

let now: number;
let closures: Closures;
const closure = (until: number) => ({ closedAt: 0, until });

beforeEach(() => {
  now = 0;
  closures = new Closures(() => now);
});

describe('the closed gates of a service', () => {
  it('are shown until their instant, and remembered for a minute more', () => {
    closures.set('orders', closure(1_000));
    now = 999;
    expect([...closures]).toHaveLength(1);
    now = 1_000;
    expect([...closures]).toEqual([]);
    now = 61_000;
    expect(closures.get('orders')).toBeDefined();
    now = 61_001;
    expect(closures.get('orders')).toBeUndefined();
  });

  it('are 10,000 at most: beyond that the one that was told longest ago is forgotten', () => {
    for (let key = 0; key < 10_000; key += 1) closures.set(`k${key}`, closure(1_000));
    closures.set('k1', closure(2_000));
    expect([...closures]).toHaveLength(10_000);
    for (const key of ['one', 'another']) closures.set(key, closure(1_000));
    expect([...closures]).toHaveLength(10_000);
    expect(['k0', 'k1', 'k2', 'k3'].map((key) => closures.get(key)?.until)).toEqual([
      undefined,
      2_000,
      undefined,
      1_000,
    ]);
  });
});
