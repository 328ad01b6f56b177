import fc from 'fast-check';
import { readEndpointToken, endpointErrorOf } from './managed-identity-answer.js';
import { endpointBackoffMs, isPassing } from './managed-identity-verdict.js';
import { ProviderFailure } from './network.js';
import { refused } from './refused.js';

function trouble(status: number, retryAfterMs?: number) {
  const init = { code: 'x', message: 'x', correlationId: 'id', status, retryAfterMs, transient: true };
  return refused('No token for s: x', ['s'], {
    transient: true,
    retryAfterMs,
    cause: new ProviderFailure(init),
  });
}

describe('an endpoint in trouble', () => {
  it.each([404, 408, 410, 429, 500, 502, 503, 504, 599])('that answers %i is asked again', (status) => {
    expect(isPassing(status)).toBe(true);
  });

  it.each([400, 401, 403, 405, 409, 413, 415, 422, 451])('that answers %i is not', (status) => {
    expect(isPassing(status)).toBe(false);
  });

  it('is asked after 2, 6, 14, 30 seconds, and then each minute', () => {
    const waits = [1, 2, 3, 4, 5, 6, 2_000].map((failures) =>
      endpointBackoffMs(trouble(500), failures, () => 0),
    );
    expect(waits).toEqual([2_000, 6_000, 14_000, 30_000, 60_000, 60_000, 60_000]);
  });

  it('is asked every ten seconds while it is gone, so that it is asked in time', () => {
    const waits = [1, 2, 7, 50].map((failures) => endpointBackoffMs(trouble(410), failures, () => 0));
    expect(waits).toEqual([10_000, 10_000, 10_000, 10_000]);
  });

  it('is never asked earlier than it says, nor much later than it has to be', () => {
    const statuses = fc.constantFrom(404, 410, 429, 500, 503);
    const asked = fc.option(fc.integer({ min: 1, max: 10_000_000 }), { nil: undefined });
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(
        statuses,
        asked,
        fc.integer({ min: 1, max: 5_000 }),
        chance,
        (status, ms, failures, random) => {
          const waitMs = endpointBackoffMs(trouble(status, ms), failures, () => random);
          if (ms !== undefined) return waitMs === ms;
          const least = endpointBackoffMs(trouble(status), failures, () => 0);
          return waitMs >= least && waitMs <= least * 1.1 + 1 && waitMs >= 2_000 && waitMs <= 66_000;
        },
      ),
    );
  });
});

describe('whatever an endpoint answers', () => {
  const now = Date.UTC(2025, 0, 1);

  it('a token comes out with text and an expiry ahead, or a reason', () => {
    const value = fc.oneof(fc.string(), fc.integer(), fc.double(), fc.constant(null), fc.constant('Bearer'));
    const body = fc.record(
      { access_token: value, token_type: value, expires_on: value, expires_in: value, other: fc.anything() },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(body, (answer) => {
        const read = readEndpointToken(answer, now);
        if (typeof read === 'string') return read.length < 100;
        const { access_token, expires_on } = read as { access_token: unknown; expires_on: unknown };
        return typeof access_token === 'string' && access_token !== '' && Number(expires_on) * 1000 >= now;
      }),
    );
  });

  it('an instant comes out as it went in, in seconds, as text, or as a date', () => {
    const seconds = fc.integer({ min: now / 1000 + 1, max: 4_000_000_000 });
    fc.assert(
      fc.property(seconds, (instant) => {
        const iso = new Date(instant * 1000).toISOString();
        const forms = [instant, String(instant), iso, iso.replace('.000Z', '+00:00')];
        return forms.every((expires_on) => {
          const read = readEndpointToken({ access_token: 't', expires_on }, now);
          return (read as { expires_on?: unknown }).expires_on === instant;
        });
      }),
    );
  });

  it.each(['1/1/2100', '2100-01-01T00:00:00', 'Thu Jan 01 2100'])(
    'a date without a time zone is no expiry: %s may be hours away',
    (expires_on) => {
      expect(readEndpointToken({ access_token: 't', expires_on }, now)).toBe('a token without an expiry');
    },
  );

  it.each<[body: object, error: string | undefined]>([
    [{ error: 'invalid_request' }, 'invalid_request'],
    [{ error: { code: 'invalid_resource', message: 'AADSTS500011' } }, 'invalid_resource'],
    [{ error: { code: 'two\nlines' } }, undefined],
    [{ error: null }, undefined],
    [{ message: 'No identity' }, undefined],
  ])('the error in %j is %s', (body, error) => {
    expect(endpointErrorOf(body)).toBe(error);
  });
});
