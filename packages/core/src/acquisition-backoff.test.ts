import fc from 'fast-check';
import { AcquisitionBackoff, acquisitionBackoffMs } from './acquisition-backoff.js';
import { InteractionRequiredError, TokenAcquisitionError, isHoldfastError } from './errors.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const common = { service: 'idp', message: 'No token for orders', scopes: ['orders'] };
const failed = (retryAfterMs?: number, transient = true) =>
  new TokenAcquisitionError({ ...common, transient, retryAfterMs, correlationId: 'c-1' });
const userNeeded = new InteractionRequiredError({ ...common, claims: '{"a":1}', acrValues: 'c1', maxAge: 5 });

describe('an identity provider that failed is left alone', () => {
  it('for 5 s, 10 s, 20 s … five minutes at most, by its failures in a row', () => {
    const backoffs = Array.from({ length: 9 }, (_, failure) =>
      acquisitionBackoffMs(failed(), failure + 1, () => 0),
    );
    expect(backoffs).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300].map((seconds) => seconds * SECOND));
  });

  it('never for less than that, and for up to a tenth more by chance, however often it fails', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), chance, (failures, random) => {
        const least = acquisitionBackoffMs(failed(), failures, () => 0);
        const backoff = acquisitionBackoffMs(failed(), failures, () => random);
        expect(least).toBeGreaterThanOrEqual(5 * SECOND);
        expect(backoff).toBeGreaterThanOrEqual(least);
        expect(backoff).toBeLessThan(Math.min(least * 1.1, 5.5 * MINUTE) + 1e-6);
      }),
    );
  });

  it('for as long as it asked for, however long that is; a blank answer is no wish', () => {
    expect(acquisitionBackoffMs(failed(17 * SECOND), 9, () => 0.9)).toBe(17 * SECOND);
    expect(acquisitionBackoffMs(failed(86_400 * SECOND), 1, () => 0.9)).toBe(86_400 * SECOND);
    expect(acquisitionBackoffMs(failed(0), 1, () => 0)).toBe(5 * SECOND);
  });

  it('for a minute when it says that asking is no use, or longer where it asked for that', () => {
    expect(acquisitionBackoffMs(failed(undefined, false), 5, () => 0.9)).toBe(MINUTE);
    expect(acquisitionBackoffMs(failed(SECOND, false), 1, () => 0.9)).toBe(MINUTE);
    expect(acquisitionBackoffMs(failed(2 * MINUTE, false), 1, () => 0.9)).toBe(2 * MINUTE);
  });

  it('for five seconds when only a user can help', () => {
    expect(acquisitionBackoffMs(userNeeded, 9, () => 0.9)).toBe(5 * SECOND);
  });
});

describe('whoever asks meanwhile', () => {
  it('gets the failure again, with the time that is left', () => {
    const failure = failed();
    const backoff = new AcquisitionBackoff(failure, 5 * SECOND, 100);
    const refusal = backoff.refusalAt(2_100.5);
    expect(refusal).toMatchObject({
      code: 'ERR_TOKEN_ACQUISITION',
      message: 'No token for orders; asked again in 3000 ms at the earliest',
      retryAfterMs: 2_999.5,
      transient: true,
      correlationId: 'c-1',
      scopes: ['orders'],
      cause: failure,
    });
    expect(backoff.refusalAt(5_099)).toMatchObject({ retryAfterMs: 1 });
    expect(backoff.refusalAt(5_100)).toBeUndefined();
  });

  it('hears what to ask the user for, and of no time: he may be quicker', () => {
    const refusal = new AcquisitionBackoff(userNeeded, 5 * SECOND, 0).refusalAt(1);
    expect(isHoldfastError(refusal, 'ERR_INTERACTION_REQUIRED')).toBe(true);
    expect(refusal).toMatchObject({ claims: '{"a":1}', acrValues: 'c1', maxAge: 5, cause: userNeeded });
    expect(refusal).not.toHaveProperty('retryAfterMs');
  });

  it('is not kept away for as long as the clock was set back', () => {
    const backoff = new AcquisitionBackoff(failed(), 5 * SECOND, 60 * MINUTE);
    expect(backoff.leftAt(60 * MINUTE + 2 * SECOND)).toBe(3 * SECOND);
    expect(backoff.leftAt(0)).toBe(5 * SECOND);
    expect(backoff.leftAt(5 * SECOND)).toBe(0);
    expect(backoff.refusalAt(5 * SECOND)).toBeUndefined();
  });
});
