import { Throttle } from './throttle.js';

describe('throttle()', () => {
  it('tells everybody the same instant until it is over, and then the next one', () => {
    const throttle = new Throttle({ retryAfterMs: 2000, forMs: 5000 }, 0);
    expect(throttle.refuse(0)).toEqual({ retryAfter: '2', until: 2000 });
    expect(throttle.refuse(1500)).toEqual({ retryAfter: '1', until: 2000 });
    expect(throttle.refuse(2000)).toEqual({ retryAfter: '2', until: 4000 });
    expect(throttle.refuse(4999)).toEqual({ retryAfter: '2', until: 6999 });
    expect(throttle.refuse(5000)).toBeUndefined();
  });

  it('sends a Retry-After as it was given, readable or not', () => {
    const dated = new Throttle({ retryAfter: 'Wed, 01 Jan 2025 00:00:10 GMT' }, Date.UTC(2025, 0, 1));
    expect(dated.refuse(Date.UTC(2025, 0, 1))).toEqual({
      retryAfter: 'Wed, 01 Jan 2025 00:00:10 GMT',
      until: Date.UTC(2025, 0, 1, 0, 0, 10),
    });
    const unreadable = new Throttle({ retryAfter: 'soon', limit: 1 }, 0);
    expect(unreadable.refuse(0)).toEqual({ retryAfter: 'soon', until: undefined });
    expect(unreadable.refuse(0)).toBeUndefined();
  });

  it('does not guess how long it should last', () => {
    expect(() => new Throttle({}, 0)).toThrow('give "retryAfterMs" or "retryAfter"');
    expect(() => new Throttle({ retryAfter: 'soon' }, 0)).toThrow('give "forMs" or "limit"');
  });
});
