import { manualClock } from '@holdfast/testing';
import { retryAfterOf } from '@holdfast/core';
import { cachedCredential } from '@holdfast/token';
import { clientCredential } from './index.js';
import { MadeProvider } from './made-provider.js';
import { failureOf } from './made-outcomes.js';

const SCOPE = 'api://orders/.default';
const GOOD = { token_type: 'Bearer', expires_in: 3599, access_token: 'a-token' };

describe('an answer that is no token', () => {
  it.each([
    ['expires_in is missing', { expires_in: undefined }, 'a token without a lifetime'],
    ['expires_in is negative', { expires_in: -1 }, 'a token without a lifetime'],
    ['expires_in is 0', { expires_in: 0 }, 'a token without a lifetime'],
    ['expires_in is "abc"', { expires_in: 'abc' }, 'a token without a lifetime'],
    ['expires_in is "12abc"', { expires_in: '12abc' }, 'a token without a lifetime'],
    ['expires_in is longer than time', { expires_in: 1e300 }, 'a token without a lifetime'],
    ['access_token is missing', { access_token: undefined }, 'no token'],
    ['access_token is empty', { access_token: '' }, 'no token'],
    ['access_token is a number', { access_token: 7 }, 'no token'],
    ['token_type is pop', { token_type: 'pop' }, 'a token that is no bearer token'],
  ] as const)('fails at once and by name: %s', async (_, members, reason) => {
    await using provider = await MadeProvider.answering(200, { ...GOOD, ...members });
    const one = clientCredential({ ...provider.app, clock: manualClock({ fakeGlobals: false }) });
    expect(await failureOf(one.getToken(SCOPE))).toMatchObject({
      message: `No token for ${SCOPE}: the identity provider answered with ${reason}`,
      transient: true,
      retryAfterMs: 5_000,
    });
    expect(provider.requests).toHaveLength(1);
  });

  it.each([
    ['no JSON', 'a token'],
    ['a list', '[]'],
    ['null', 'null'],
    ['nothing in it', '{}'],
  ])('fails at once and by name: %s', async (_, body) => {
    await using provider = await MadeProvider.answering(200, body);
    expect(await failureOf(clientCredential(provider.app).getToken(SCOPE))).toMatchObject({
      transient: true,
    });
  });

  it('is a refusal for good when it is a page with a 404', async () => {
    await using provider = await MadeProvider.answering(404, '<html></html>');
    expect(await failureOf(clientCredential(provider.app).getToken(SCOPE))).toMatchObject({
      transient: false,
    });
  });
});

describe('an answer that is unusual, but a token', () => {
  it.each([
    ['expires_in is text', { expires_in: '3599' }],
    ['token_type is in lower case', { token_type: 'bearer' }],
    ['token_type is missing', { token_type: undefined }],
    ['it has members that nobody knows', { ext_expires_in: 'abc', foci: 1 }],
  ])('is taken: %s', async (_, members) => {
    await using provider = await MadeProvider.answering(200, { ...GOOD, ...members });
    const before = Math.floor(Date.now() / 1000) * 1000;
    const token = await clientCredential(provider.app).getToken(SCOPE);
    expect(token?.token).toBe('a-token');
    expect(token?.expiresOnTimestamp).toBeGreaterThanOrEqual(before + 3_599_000);
  });

  it.each([7_200, 3_599, -1, 0, 'abc'])(
    'is renewed ahead of its end although refresh_in is %j of 3599',
    async (refresh_in) => {
      const clock = manualClock({ fakeGlobals: false, now: Date.now() });
      await using provider = await MadeProvider.answering(200, { ...GOOD, refresh_in });
      const source = clientCredential({ ...provider.app, clock });
      expect((await source.getToken(SCOPE))?.refreshAfterTimestamp).toBeUndefined();
      const cached = cachedCredential(source, { clock, random: () => 0.5 });
      await cached.getToken(SCOPE);
      await clock.advance(30 * 60_000);
      await cached.getToken(SCOPE);
      expect(provider.requests).toHaveLength(2);
      await clock.advance(27 * 60_000);
      await cached.getToken(SCOPE);
      while (provider.requests.length < 3) await new Promise((resolve) => setImmediate(resolve));
    },
  );
});

describe('when to come back, as the identity provider says it', () => {
  const NOW = Date.UTC(2026, 0, 5, 12);
  const OUTAGE = { error: 'temporarily_unavailable', error_description: 'AADSTS90033: A transient error.' };

  it.each([
    ['Retry-After in seconds', { 'retry-after': '120' }, 120_000],
    ['Retry-After in decimals', { 'retry-after': '1.5' }, 2_000],
    ['Retry-After as a date', { 'retry-after': 'Mon, 05 Jan 2026 12:01:30 GMT' }, 90_000],
    ['Retry-After as a date of RFC 850', { 'retry-after': 'Monday, 05-Jan-26 12:01:30 GMT' }, 90_000],
    ['Retry-After as a date of asctime', { 'retry-after': 'Mon Jan  5 12:01:30 2026' }, 90_000],
    ['retry-after-ms', { 'retry-after-ms': '2500', 'retry-after': '60' }, 2_500],
    ['x-ms-retry-after-ms', { 'x-ms-retry-after-ms': '7000' }, 7_000],
    ['Retry-After of 30 days', { 'retry-after': '2592000' }, 2_592_000_000],
    ['Retry-After that nobody can read', { 'retry-after': 'soon' }, 5_000],
    ['a Retry-After that is past', { 'retry-after': 'Mon, 05 Jan 2026 11:00:00 GMT' }, 5_000],
  ])('is kept to the millisecond, with 429, 503 and an OAuth error: %s', async (_, headers, expectedMs) => {
    for (const status of [429, 503, 400]) {
      const clock = manualClock({ fakeGlobals: false, now: NOW });
      // Without a date of its own, which would correct the clock.
      await using provider = await MadeProvider.start((_, response) => {
        response.sendDate = false;
        response.writeHead(status, headers).end(JSON.stringify(OUTAGE));
      });
      const one = clientCredential({ ...provider.app, clock });
      const error = await failureOf(one.getToken(SCOPE));
      expect(error).toMatchObject({ transient: true });
      expect(retryAfterOf(error)).toBe(expectedMs);
      await clock.advance(expectedMs - 1);
      expect(retryAfterOf(await failureOf(one.getToken(SCOPE)))).toBe(1);
      expect(provider.requests).toHaveLength(1);
    }
  });

  it('is told even by a refusal for good, and does not lock MSAL', async () => {
    await using provider = await MadeProvider.answering(
      401,
      { error: 'invalid_client' },
      { 'retry-after': '7' },
    );
    const one = clientCredential(provider.app);
    for (let times = 1; times <= 2; times += 1) {
      expect(await failureOf(one.getToken(SCOPE))).toMatchObject({
        message: `No token for ${SCOPE}: the identity provider says invalid_client`,
        transient: false,
        retryAfterMs: 7_000,
      });
      expect(provider.requests).toHaveLength(times);
    }
  });

  it.each(['invalid_client\nfaked line of a log', 'the secret was "x"', 'x'.repeat(101)])(
    'is not told in the words of an error that is none: %j',
    async (error) => {
      await using provider = await MadeProvider.answering(401, { error });
      const failure = await failureOf(clientCredential(provider.app).getToken(SCOPE));
      expect(failure).toMatchObject({
        message: `No token for ${SCOPE}: the identity provider answered 401 without an OAuth error`,
        transient: false,
      });
    },
  );
});
