import { type CredentialAnswer } from '@holdfast/testing';
import { HOUR, MINUTE, SCOPE, madeCache } from './made-cache.js';

describe('the refresh of a token', () => {
  it('is refreshed at instants that differ from process to process, by a tenth', async () => {
    const instants = await Promise.all(
      [0, 0.999].map(async (random) => {
        const { clock, source, get } = madeCache(({ options }) => (options.forceRefresh ? null : undefined), {
          random: () => random,
        });
        await get();
        const start = clock.now();
        await clock.advance(3_200_000);
        await get();
        while (source.requests.length === 1) {
          await clock.advance(1000);
          await get();
        }
        return (clock.now() - start) / 1000;
      }),
    );
    expect(instants).toEqual([3273, 3327]);
  });

  it('is not asked for by every call when it lives shorter than the margin', async () => {
    const { clock, source, get, token } = madeCache((_, number) => token(`short-${number}`, 20_000));
    await get();
    await clock.advance(6_000);
    expect(await get()).toBe('short-1');
    expect(source.requests).toHaveLength(1);
    await clock.advance(4_000);
    expect(await get()).toBe('short-1');
    await clock.settle();
    expect(await get()).toBe('short-2');
    expect(source.requests).toHaveLength(2);
  });

  it('is neither refreshed by every call nor served expired when the source names a wrong instant', async () => {
    for (const wrongByMs of [-MINUTE, 2 * HOUR]) {
      const { clock, source, get, token } = madeCache((_, number) => ({
        ...token(`t-${number}`),
        refreshAfterTimestamp: clock.now() + wrongByMs,
      }));
      await get();
      for (let call = 0; call < 5; call += 1) expect(await get()).toBe('t-1');
      expect(source.requests).toHaveLength(1);
      await clock.advance(HOUR);
      expect(await get()).toBe('t-2');
    }
  });

  it('is not refreshed without end by a source that gives the same one again', async () => {
    let held: CredentialAnswer = null;
    const { clock, source, get, token } = madeCache(() => (held ??= token('same')));
    await get();
    for (let minute = 0; minute < 59; minute += 1) {
      await clock.advance(MINUTE);
      expect(await get()).toBe('same');
    }
    expect(source.requests.length).toBeLessThan(8);
  });

  it('moves the expiry on when the source gives the same text with a later one: nobody waits for the next', async () => {
    const { clock, source, cache, token } = madeCache(() => token('same'));
    const left = async () => {
      const { expiresOnTimestamp } = await cache.getToken(SCOPE);
      return expiresOnTimestamp - clock.now();
    };
    await left();
    for (let round = 0; round < 3; round += 1) {
      await clock.advance(56 * MINUTE);
      await left();
      await clock.settle();
      expect(await left()).toBe(HOUR);
    }
    expect(source.requests).toHaveLength(4);
  });

  it('that fails after a token was had with claims does not keep the next claims from the source', async () => {
    let fails: (value: CredentialAnswer) => void = () => undefined;
    const { clock, cache, get } = madeCache((_, number) =>
      number === 2 ? new Promise((resolve) => (fails = resolve)) : undefined,
    );
    await get();
    await clock.advance(56 * MINUTE);
    await get();
    await cache.getToken(SCOPE, { claims: '{"a":1}' });
    fails(new Error('late failure'));
    await clock.settle();
    expect(await get()).toBe('t-3');
    await expect(cache.getToken(SCOPE, { claims: '{"a":2}' })).resolves.toMatchObject({ token: 't-4' });
  });

  it('that fails after a token was had with claims gives that one to those who wait for it', async () => {
    let fails: (value: CredentialAnswer) => void = () => undefined;
    const { clock, cache, get } = madeCache((_, number) =>
      number === 1 ? new Promise((resolve) => (fails = resolve)) : undefined,
    );
    const waits = get();
    await clock.settle();
    await cache.getToken(SCOPE, { claims: '{"a":1}' });
    fails(new Error('late failure'));
    expect(await waits).toBe('t-2');
  });

  it('that succeeds before a claims request fails shows that the source is not in trouble', async () => {
    let fails: (value: CredentialAnswer) => void = () => undefined;
    const { clock, cache, get, source } = madeCache((_, number) =>
      number === 2 ? new Promise((resolve) => (fails = resolve)) : undefined,
    );
    await get();
    const claims = cache.getToken(SCOPE, { claims: '{"a":1}' });
    void expect(claims).rejects.toMatchObject({ code: 'ERR_TOKEN_ACQUISITION' });
    await clock.settle();
    await cache.getToken(SCOPE, { forceRefresh: true });
    fails(new Error('late failure'));
    await clock.settle();
    await cache.getToken(SCOPE, { claims: '{"a":1}' });
    expect(source.requests).toHaveLength(4);
  });
});
