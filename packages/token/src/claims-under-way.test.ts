import type { TokenAcquisitionError } from '@holdfast/core';
import { manualClock, staticCredential, type CredentialAnswer } from '@holdfast/testing';
import { cachedCredential } from './index.js';

const SCOPE = 'api://orders/.default';
const HOUR = 3_600_000;
const claims = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}';
const OTHERS = '{"b":1}';

/** A cache with a token that is to be refreshed, and a source that answers when the test says so. */
async function setUp() {
  const clock = manualClock({ fakeGlobals: false });
  const answers: ((answer: CredentialAnswer) => void)[] = [];
  const token = (name: string): CredentialAnswer => ({ token: name, expiresOnTimestamp: clock.now() + HOUR });
  const source = staticCredential((_, number) =>
    number === 1 ? token('first') : new Promise((resolve) => answers.push(resolve)),
  );
  const cache = cachedCredential(source, { clock, random: () => 0.5 });
  const get = async () => (await cache.getToken(SCOPE)).token;
  await get();
  const settle = async (number: number, answer: CredentialAnswer) => {
    answers[number]?.(answer);
    await clock.settle();
  };
  return { clock, token, source, cache, get, settle };
}

const outcomeOf = (promise: Promise<{ readonly token: string }>) =>
  promise.then(
    ({ token }) => token,
    (error: unknown) => (error as TokenAcquisitionError).code,
  );

describe('claims that arrive while a refresh is under way', () => {
  it.each<[string, readonly (readonly ['refresh' | 'claims', boolean])[], string, string]>([
    [
      'the refresh, then the claims',
      [
        ['refresh', true],
        ['claims', true],
      ],
      't-claims',
      't-claims',
    ],
    [
      'the claims, then the refresh',
      [
        ['claims', true],
        ['refresh', true],
      ],
      't-claims',
      't-claims',
    ],
    [
      'a refresh that fails, then the claims',
      [
        ['refresh', false],
        ['claims', true],
      ],
      't-claims',
      't-claims',
    ],
    [
      'the claims, then a refresh that fails',
      [
        ['claims', true],
        ['refresh', false],
      ],
      't-claims',
      't-claims',
    ],
    [
      'the refresh, then claims that fail',
      [
        ['refresh', true],
        ['claims', false],
      ],
      'ERR_TOKEN_ACQUISITION',
      't-refresh',
    ],
    [
      'claims that fail, then the refresh',
      [
        ['claims', false],
        ['refresh', true],
      ],
      'ERR_TOKEN_ACQUISITION',
      't-refresh',
    ],
  ])('are answered, whatever settles first: %s', async (_, order, answered, held) => {
    const { clock, token, source, cache, get, settle } = await setUp();
    await clock.advance(56 * 60_000);
    expect(await get()).toBe('first');
    const challenged = [cache.getToken(SCOPE, { claims }), cache.getToken(SCOPE, { claims })];
    const outcomes = Promise.all(challenged.map((one) => outcomeOf(one)));
    await clock.settle();
    expect(source.requests.map(({ options }) => options.claims)).toEqual([undefined, undefined, claims]);
    for (const [name, succeeds] of order)
      await settle(name === 'refresh' ? 0 : 1, succeeds ? token(`t-${name}`) : new Error('down'));
    expect(await outcomes).toEqual([answered, answered]);
    expect(await get()).toBe(held);
    expect(source.requests).toHaveLength(3);
  });

  it('are asked for by themselves when the refresh is a forced one, or has other claims', async () => {
    const { clock, token, source, cache, get, settle } = await setUp();
    const all = [
      cache.getToken(SCOPE, { forceRefresh: true }),
      cache.getToken(SCOPE, { claims: OTHERS }),
      cache.getToken(SCOPE, { claims }),
    ].map((one) => outcomeOf(one));
    await clock.settle();
    expect(source.requests.slice(1).map(({ options }) => options.claims)).toEqual([
      undefined,
      OTHERS,
      claims,
    ]);
    for (const [number, name] of ['forced', 'others', 'claims'].entries()) await settle(number, token(name));
    expect(await Promise.all(all)).toEqual(['forced', 'others', 'claims']);
    expect(await get()).toBe('claims');
  });
});

describe('claims', () => {
  it('that were just answered are answered by that token, but not where the refresh is forced as well', async () => {
    const { token, cache, source, settle } = await setUp();
    const first = cache.getToken(SCOPE, { claims });
    await settle(0, token('t-claims'));
    expect((await first).token).toBe('t-claims');
    expect((await cache.getToken(SCOPE, { claims })).token).toBe('t-claims');
    expect(source.requests).toHaveLength(2);

    const forced = [1, 2].map(() => cache.getToken(SCOPE, { claims, forceRefresh: true }));
    await settle(1, token('t-forced'));
    expect((await Promise.all(forced)).map(({ token: text }) => text)).toEqual(['t-forced', 't-forced']);
    expect(source.requests).toHaveLength(3);
    expect(source.requests[2]?.options).toMatchObject({ claims, forceRefresh: true });
  });

  it('are not sent once there is a token: the next refresh goes without', async () => {
    const { clock, token, cache, source, get, settle } = await setUp();
    const challenged = cache.getToken(SCOPE, { claims });
    await settle(0, token('t-claims'));
    await challenged;
    await clock.advance(56 * 60_000);
    await get();
    expect(source.requests[2]?.options).not.toHaveProperty('claims');
  });

  it('without text are none: the token that is held is served', async () => {
    const { cache, source } = await setUp();
    expect((await cache.getToken(SCOPE, { claims: '' })).token).toBe('first');
    expect(source.requests).toHaveLength(1);
  });
});
