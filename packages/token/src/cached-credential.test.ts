import { AxiosError, AxiosHeaders, type InternalAxiosRequestConfig } from 'axios';
import { TokenAcquisitionError } from '@holdfast/core';
import { staticCredential, type CredentialAnswer } from '@holdfast/testing';
import { cachedCredential, type TokenCredential } from './index.js';
import { HOUR, MINUTE, SCOPE, fail, madeCache } from './made-cache.js';

describe('a token that lives', () => {
  it('is asked for once, however many wait for it and come later', async () => {
    const { cache, source, get } = madeCache();
    const tokens = await Promise.all(Array.from({ length: 20 }, () => cache.getToken(SCOPE)));
    expect(new Set(tokens.map(({ token }) => token))).toEqual(new Set(['t-1']));
    expect(await get()).toBe('t-1');
    expect(source.requests).toHaveLength(1);
  });

  it('is held apart by scopes, tenant and CAE, but not by the order of scopes', async () => {
    const { cache, source } = madeCache();
    await cache.getToken(['a', 'b']);
    await cache.getToken(['b', 'a']);
    expect(source.requests).toHaveLength(1);
    await cache.getToken('a');
    await cache.getToken('a', { tenantId: 'other' });
    await cache.getToken('a', { enableCae: true });
    expect(source.requests).toHaveLength(4);
    expect(source.requests[3]?.options).toMatchObject({ enableCae: true });
  });

  it('is asked for with the scopes it was first asked for with, whatever becomes of the caller’s list', async () => {
    const { cache, source } = madeCache();
    const list = ['a'];
    await cache.getToken(list);
    list[0] = 'b';
    await cache.getToken('a', { forceRefresh: true });
    expect(source.requests.map(({ scopes }) => scopes)).toEqual([['a'], ['a']]);
  });

  it('is refreshed five minutes before its expiry, by one request that nobody waits for', async () => {
    const { clock, source, get } = madeCache((_, number) =>
      number === 2 ? new Promise(() => undefined) : undefined,
    );
    await get();
    await clock.advance(55 * MINUTE - 1);
    expect(await get()).toBe('t-1');
    expect(source.requests).toHaveLength(1);
    await clock.advance(1);
    expect(await Promise.all([get(), get(), get()])).toEqual(['t-1', 't-1', 't-1']);
    expect(source.requests).toHaveLength(2);
    expect(source.requests[1]?.options).toMatchObject({ forceRefresh: true });
  });

  it('gives way to the refreshed one', async () => {
    const { clock, source, get } = madeCache();
    await get();
    await clock.advance(56 * MINUTE);
    await get();
    await clock.settle();
    expect(await get()).toBe('t-2');
    await clock.advance(50 * MINUTE);
    expect(await get()).toBe('t-2');
    expect(source.requests).toHaveLength(2);
  });

  it('is refreshed at half of a lifetime over two hours, or when the source says', async () => {
    const { clock, source, cache, token } = madeCache((_, number) =>
      number === 1
        ? token('long', 28 * HOUR)
        : { ...token(`said-${number}`, 28 * HOUR), refreshAfterTimestamp: clock.now() + 10 * MINUTE },
    );
    const get = async () => (await cache.getToken(SCOPE)).token;
    await get();
    await clock.advance(14 * HOUR - 1);
    await get();
    expect(source.requests).toHaveLength(1);
    await clock.advance(1);
    await get();
    await clock.settle();
    expect(source.requests).toHaveLength(2);
    await clock.advance(10 * MINUTE);
    await get();
    expect(source.requests).toHaveLength(3);
  });

  it('is served to its last second, less the margin, while the source is down', async () => {
    const { clock, source, get, failure } = madeCache((_, number) =>
      number === 1 ? undefined : new Error('down'),
    );
    await get();
    await clock.advance(55 * MINUTE);
    for (let second = 0; second < 270; second += 1) {
      expect(await get()).toBe('t-1');
      await clock.advance(1000);
    }
    // 5 s, 10 s, 20 s …, and a tenth at most on top: 0, 5.25, 15.75, 36.75, 78.75, 162.75
    expect(source.requests).toHaveLength(7);
    expect(await failure()).toMatchObject({ code: 'ERR_TOKEN_ACQUISITION' });
  });

  it('is not refreshed before the Retry-After of a refresh that failed', async () => {
    const error = Object.assign(new Error('throttled'), { retryAfterMs: 120_000 });
    const { clock, source, get } = madeCache((_, number) => (number === 2 ? error : undefined));
    await get();
    await clock.advance(55 * MINUTE);
    await get();
    await clock.advance(120_000 - 1);
    await get();
    expect(source.requests).toHaveLength(2);
    await clock.advance(1);
    await get();
    expect(source.requests).toHaveLength(3);
  });
});

describe('a token that cannot be had', () => {
  it('gives each caller an error that says when to come back, and leaves the source alone until then', async () => {
    const { clock, source, failure, get } = madeCache((_, number) =>
      number === 3 ? undefined : new Error('down'),
    );
    expect(await failure()).toMatchObject({
      code: 'ERR_TOKEN_ACQUISITION',
      transient: true,
      scopes: [SCOPE],
    });
    await clock.advance(2_000);
    const [again, another] = await Promise.all([failure(), failure()]);
    expect(again.retryAfterMs).toBe(5_250 - 2_000);
    expect(again.message).toMatch(/asked again in 3250 ms at the earliest/);
    expect(again).not.toBe(another);
    expect((again.cause as Error).cause).toMatchObject({ message: 'down' });
    expect(source.requests).toHaveLength(1);
    await clock.advance(3_250);
    await failure();
    await clock.advance(10_499);
    await failure();
    expect(source.requests).toHaveLength(2);
    await clock.advance(1);
    expect(await get()).toBe('t-3');
    // A success ends the doubling.
    await clock.advance(HOUR);
    await failure();
    expect((await failure()).retryAfterMs).toBe(5_250);
  });

  it('is not asked for again before Retry-After', async () => {
    const headers = new AxiosHeaders({ 'retry-after': '17' });
    const config: InternalAxiosRequestConfig = { headers: new AxiosHeaders(), data: 'client_secret=hunter2' };
    const response = { status: 429, statusText: '', data: '', headers, config };
    const error = new AxiosError(
      'Request failed with status code 429',
      'ERR_BAD_REQUEST',
      config,
      {},
      response,
    );
    const { clock, source, failure, get } = madeCache((_, number) => (number === 1 ? error : undefined));
    expect((await failure()).retryAfterMs).toBe(17_000);
    await clock.advance(16_999);
    expect((await failure()).retryAfterMs).toBe(1);
    expect(source.requests).toHaveLength(1);
    await clock.advance(1);
    expect(await get()).toBe('t-2');
  });

  it('is not asked for again for a minute when the source says that asking is no use', async () => {
    const refused = new TokenAcquisitionError({
      service: 'idp',
      message: 'invalid_client',
      scopes: [SCOPE],
      transient: false,
    });
    const { clock, source, failure } = madeCache(() => refused);
    expect(await failure()).toMatchObject({ transient: false, retryAfterMs: 60_000 });
    await clock.advance(59_999);
    expect(await failure()).toMatchObject({ transient: false, cause: refused, retryAfterMs: 1 });
    expect(source.requests).toHaveLength(1);
    await clock.advance(1);
    await failure();
    expect(source.requests).toHaveLength(2);
  });
});

describe('claims', () => {
  const claims = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}';

  it('go to the source, once for all who bring the same ones, and the new token replaces the old one', async () => {
    const { cache, source, get } = madeCache();
    await get();
    const tokens = await Promise.all(Array.from({ length: 5 }, () => cache.getToken(SCOPE, { claims })));
    expect(new Set(tokens.map(({ token }) => token))).toEqual(new Set(['t-2']));
    expect(source.requests[1]?.options).toMatchObject({ claims });
    expect(await get()).toBe('t-2');
    expect(source.requests).toHaveLength(2);
  });

  it('are not lost in a refresh that is under way, and its token does not replace theirs', async () => {
    let answer: (value: CredentialAnswer) => void = fail;
    const { clock, cache, source, get, token } = madeCache((_, number) =>
      number === 2 ? new Promise((resolve) => (answer = resolve)) : undefined,
    );
    await get();
    await clock.advance(56 * MINUTE);
    await get();
    const challenged = await cache.getToken(SCOPE, { claims });
    expect(source.requests[2]?.options).toMatchObject({ claims });
    answer(token('refreshed without claims'));
    await clock.settle();
    expect(await get()).toBe(challenged.token);
  });

  it('that cannot be met do not keep others from their tokens', async () => {
    const { clock, cache, source, get } = madeCache(({ options }) =>
      options.claims === undefined
        ? undefined
        : new TokenAcquisitionError({ service: 'idp', message: 'no', scopes: [], transient: false }),
    );
    await expect(cache.getToken(SCOPE, { claims })).rejects.toMatchObject({ transient: false });
    expect(await get()).toBe('t-2');
    await clock.advance(56 * MINUTE);
    await get();
    expect(source.requests).toHaveLength(3);
  });
});

describe('cachedCredential()', () => {
  it('names the option that is wrong', () => {
    expect(() => cachedCredential(staticCredential(), { clockSkewMs: -1 })).toThrow(
      'cachedCredential(): the option "clockSkewMs" must be a number of milliseconds, 0 or more, and is -1',
    );
    expect(() => cachedCredential({} as TokenCredential)).toThrow('an object with getToken()');
  });
});
