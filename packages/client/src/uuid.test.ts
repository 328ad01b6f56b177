import { uuid } from './uuid.js';

// More than what is drawn at once.
const MANY = 2_000;
const ids = Array.from({ length: MANY }, uuid);

describe('an id of a call', () => {
  it('is a random UUID, by its version and its variant', () => {
    for (const id of ids)
      expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  });

  it('is never the same twice', () => {
    expect(new Set(ids).size).toBe(MANY);
  });

  it('is random in all of the other digits', () => {
    for (const place of Array.from({ length: 36 }, (_, index) => index)) {
      const digits = new Set(ids.map((id) => id[place]));
      const isFixed = [8, 13, 14, 18, 23].includes(place);
      expect([place, digits.size]).toEqual([place, isFixed ? 1 : place === 19 ? 4 : 16]);
    }
  });
});
