import axios from 'axios';
import { currentCall, install, type Interceptor } from '@holdfast/core';
import { manualClock, scriptedTransport, staticCredential, type Step } from '@holdfast/testing';
import { attachToken, cachedCredential } from './index.js';
import { HOUR, SCOPE, fail, madeCache } from './made-cache.js';

describe('an acquisition', () => {
  it('lets a caller leave who gives up, and the others stay', async () => {
    let answer: (value: string) => void = fail;
    const { cache, source, get } = madeCache(() => new Promise<string>((resolve) => (answer = resolve)));
    const controller = new AbortController();
    const leaves = cache.getToken(SCOPE, { abortSignal: controller.signal });
    const stays = get();
    controller.abort();
    await expect(leaves).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    answer('late');
    expect(await stays).toBe('late');
    expect(source.requests).toHaveLength(1);
  });

  it('does not hang for ever with a source that does not answer, which is told to stop', async () => {
    const { clock, source, failure, get } = madeCache((_, number) =>
      number === 1 ? new Promise(() => undefined) : undefined,
    );
    const error = failure();
    await clock.advance(60_000);
    expect((await error).message).toMatch(/did not answer within 60000 ms/);
    expect(source.requests[0]?.options.abortSignal?.aborted).toBe(true);
    await clock.advance(6_000);
    expect(await get()).toBe('t-2');
    expect(clock.pending).toBe(0);
  });

  it('that nobody waits for any more does not keep the process alive, until somebody waits again', async () => {
    const { clock, cache } = madeCache(() => new Promise(() => undefined));
    const leaver = new AbortController();
    const leaves = cache.getToken(SCOPE, { abortSignal: leaver.signal });
    await clock.settle();
    expect(clock.pendingRef).toBe(1);
    leaver.abort();
    await expect(leaves).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    expect([clock.pending, clock.pendingRef]).toEqual([1, 0]);

    await clock.advance(59_000);
    const stays = cache.getToken(SCOPE);
    void expect(stays).rejects.toMatchObject({ code: 'ERR_TOKEN_ACQUISITION' });
    await clock.settle();
    expect(clock.pendingRef).toBe(1);
    await clock.advance(1_000);
    await expect(stays).rejects.toThrow('did not answer within 60000 ms');
    expect(clock.pending).toBe(0);
  });

  it('for calls that were given up does not keep the process alive, by whatever they waited', async () => {
    const clock = manualClock({ fakeGlobals: false });
    const source = staticCredential((_, number) =>
      number === 1 ? { token: 't-1', expiresOnTimestamp: clock.now() + HOUR } : new Promise(() => undefined),
    );
    const transport = scriptedTransport(() => CHALLENGED, { clock });
    const client = axios.create({ baseURL: 'https://orders.test', adapter: transport.adapter });
    install(client, [attachToken(source, { scopes: SCOPE, clock }), renewing], { clock });
    const challenged = new AbortController();
    const call = client.get('/7', { signal: challenged.signal });
    await clock.settle();
    expect(clock.pendingRef).toBe(1);
    challenged.abort();
    await expect(call).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    expect(clock.pendingRef).toBe(0);

    await clock.advance(2 * HOUR);
    const waiting = axios.CancelToken.source();
    const another = client.get('/7', { cancelToken: waiting.token });
    await clock.settle();
    expect(clock.pendingRef).toBe(1);
    waiting.cancel();
    await expect(another).rejects.toBeInstanceOf(axios.CanceledError);
    expect(clock.pendingRef).toBe(0);
  });

  it('goes on without its callers: a source slower than their deadlines is not asked without end', async () => {
    let answer: (value: string) => void = fail;
    const { cache, source, clock, get } = madeCache(
      () => new Promise<string>((resolve) => (answer = resolve)),
    );
    for (let call = 0; call < 3; call += 1) {
      const impatient = new AbortController();
      const leaves = cache.getToken(SCOPE, { abortSignal: impatient.signal });
      impatient.abort();
      await expect(leaves).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    }
    expect(source.requests[0]?.options.abortSignal?.aborted).toBe(false);
    answer('slow');
    await clock.settle();
    expect(await get()).toBe('slow');
    expect(source.requests).toHaveLength(1);
  });

  it('ends in its time although the clock was set back', async () => {
    const clock = steppingClock();
    const cache = cachedCredential(
      staticCredential(() => new Promise(() => undefined)),
      { clock },
    );
    const leaver = new AbortController();
    const leaves = cache.getToken(SCOPE, { abortSignal: leaver.signal });
    void expect(leaves).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    await clock.settle();
    leaver.abort();
    await clock.settle();
    clock.stepMs = -HOUR;
    const stays = cache.getToken(SCOPE);
    void expect(stays).rejects.toMatchObject({ code: 'ERR_TOKEN_ACQUISITION' });
    await clock.advance(60_000);
    await expect(stays).rejects.toThrow('did not answer');
  });
});

const CHALLENGED: Step = { status: 401 };

/** Asks for another token when it is refused. */
const renewing: Interceptor = (next) => async (config) => {
  const response = await next(config);
  await currentCall(config).authorization?.renew(config, { claims: '{"a":1}' });
  return response;
};

/** A clock that can be set back by `stepMs`; its timers do not mind. */
function steppingClock() {
  const clock = manualClock({ fakeGlobals: false });
  const stepping = {
    stepMs: 0,
    now: () => clock.now() + stepping.stepMs,
    setTimeout: (callback: () => void, delayMs: number) => clock.setTimeout(callback, delayMs),
    advance: (ms: number) => clock.advance(ms),
    settle: () => clock.settle(),
  };
  return stepping;
}
