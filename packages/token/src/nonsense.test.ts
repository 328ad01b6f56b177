import { manualClock } from '@holdfast/testing';
import { cachedCredential, type TokenCredential } from './index.js';

const SCOPE = 'api://orders/.default';
const HOUR = 3_600_000;

function setUp(answer: (now: number, number: number) => unknown) {
  const clock = manualClock({ fakeGlobals: false });
  let asked = 0;
  const source = {
    getToken: () => {
      asked += 1;
      return Promise.resolve(answer(clock.now(), asked));
    },
  };
  const cache = cachedCredential(source as TokenCredential, { clock, random: () => 0.5 });
  return { clock, cache, asked: () => asked };
}

describe('a credential that answers with nonsense has failed, and is left alone for a while:', () => {
  it.each<[string, (now: number) => unknown, string]>([
    ['null', () => null, 'nothing'],
    ['undefined', () => undefined, 'nothing'],
    ['a text', () => 'a-token', 'nothing'],
    ['a number', () => 5, 'nothing'],
    ['an empty object', () => ({}), 'an empty token'],
    ['an empty token', (now) => ({ token: '', expiresOnTimestamp: now + HOUR }), 'an empty token'],
    ['a token that is no text', (now) => ({ token: 5, expiresOnTimestamp: now + HOUR }), 'an empty token'],
    ['no expiry', () => ({ token: 't' }), 'a token without an expiry'],
    ['NaN', () => ({ token: 't', expiresOnTimestamp: NaN }), 'a token without an expiry'],
    ['Infinity', () => ({ token: 't', expiresOnTimestamp: Infinity }), 'a token without an expiry'],
    [
      'an expiry that is a text',
      () => ({ token: 't', expiresOnTimestamp: '4e12' }),
      'a token without an expiry',
    ],
    ['a negative expiry', () => ({ token: 't', expiresOnTimestamp: -1 }), 'a token that has expired'],
    [
      'an expiry that is past',
      (now) => ({ token: 't', expiresOnTimestamp: now }),
      'a token that has expired',
    ],
    [
      'seconds in place of milliseconds',
      (now) => ({ token: 't', expiresOnTimestamp: (now + HOUR) / 1000 }),
      'a token that has expired',
    ],
  ])('%s', async (_, answer, why) => {
    const { cache, clock, asked } = setUp(answer);
    const error = { code: 'ERR_TOKEN_ACQUISITION', transient: true, retryAfterMs: 5_250 };
    await expect(cache.getToken(SCOPE)).rejects.toMatchObject(error);
    await expect(cache.getToken(SCOPE)).rejects.toThrow(`the credential answered with ${why}`);
    await clock.advance(5_249);
    await expect(cache.getToken(SCOPE)).rejects.toMatchObject({ retryAfterMs: 1 });
    expect(asked()).toBe(1);
  });

  it('nor does it take the place of a token that lives', async () => {
    const { cache, clock, asked } = setUp((now, number) =>
      number === 1 ? { token: 't', expiresOnTimestamp: now + HOUR } : { token: '', expiresOnTimestamp: NaN },
    );
    await cache.getToken(SCOPE);
    for (let minute = 0; minute < 59; minute += 1) {
      await clock.advance(60_000);
      expect((await cache.getToken(SCOPE)).token).toBe('t');
    }
    expect(asked()).toBeGreaterThan(1);
  });
});

describe('an instant for the refresh that makes no sense', () => {
  it.each<[string, (now: number) => unknown]>([
    ['NaN', () => NaN],
    ['Infinity', () => Infinity],
    ['null', () => null],
    ['a text', () => 'soon'],
    ['undefined', () => undefined],
  ])('%s is none: the refresh is five minutes before the expiry', async (_, instant) => {
    const { cache, clock, asked } = setUp((now, number) => ({
      token: `t-${number}`,
      expiresOnTimestamp: now + HOUR,
      refreshAfterTimestamp: instant(now),
    }));
    await cache.getToken(SCOPE);
    await clock.advance(55 * 60_000 - 1);
    await cache.getToken(SCOPE);
    expect(asked()).toBe(1);
    await clock.advance(1);
    await cache.getToken(SCOPE);
    expect(asked()).toBe(2);
  });

  it.each<[string, number]>([
    ['that is past', -60_000],
    ['after the expiry', 2 * HOUR],
    ['at the expiry', HOUR],
    ['of 1970', -Infinity],
  ])('%s is not one at every call: the refresh is at half of what remains', async (_, offsetMs) => {
    const { cache, clock, asked } = setUp((now, number) => ({
      token: `t-${number}`,
      expiresOnTimestamp: now + HOUR + 30_000,
      refreshAfterTimestamp: Math.max(0, now + offsetMs + (offsetMs === HOUR ? 30_000 : 0)),
    }));
    for (let call = 0; call < 5; call += 1) await cache.getToken(SCOPE);
    await clock.advance(HOUR / 2 - 1);
    await cache.getToken(SCOPE);
    expect(asked()).toBe(1);
    await clock.advance(1);
    await cache.getToken(SCOPE);
    expect(asked()).toBe(2);
  });
});

describe('a token is held by what its source says of it, and never read:', () => {
  const claimsOf = (payload: object) =>
    ['{"alg":"none"}', JSON.stringify(payload)]
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.');

  it.each<[string, (now: number) => string]>([
    ['one that is no JWT', () => 'no-jwt'],
    ['one that is a JWT which cannot be decoded', () => 'a.b.c'],
    ['one whose own expiry is past', (now) => `${claimsOf({ exp: now / 1000 - 60 })}.`],
    ['one whose own expiry is a year ahead', (now) => `${claimsOf({ exp: now / 1000 + 31_536_000 })}.`],
  ])('%s', async (_, text) => {
    const { cache, clock, asked } = setUp((now) => ({ token: text(now), expiresOnTimestamp: now + HOUR }));
    await cache.getToken(SCOPE);
    await clock.advance(55 * 60_000 - 1);
    await cache.getToken(SCOPE);
    expect(asked()).toBe(1);
    await clock.advance(HOUR);
    await cache.getToken(SCOPE);
    expect(asked()).toBe(2);
  });
});
