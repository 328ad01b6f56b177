import axios from 'axios';
import { currentCall, install, type Interceptor } from '@holdfast/core';
import { manualClock, scriptedTransport, staticCredential } from '@holdfast/testing';
import { attachToken, cachedCredential } from './index.js';

const SCOPE = 'api://orders/.default';
const HOUR = 60 * 60_000;
const YEAR = 365 * 24 * HOUR;

/** A machine whose clock ran ahead by a year when it got its first token, and is then put right. */
function setUp(answer: (number: number, now: number) => Error | undefined = () => undefined) {
  const timers = manualClock({ fakeGlobals: false });
  let aheadMs = YEAR;
  const clock = {
    now: () => timers.now() + aheadMs,
    setTimeout: (callback: () => void, delayMs: number) => timers.setTimeout(callback, delayMs),
  };
  const source = staticCredential(
    (_, number) =>
      answer(number, clock.now()) ?? { token: `t-${number}`, expiresOnTimestamp: clock.now() + HOUR },
  );
  return { clock, timers, source, setBack: (ms = YEAR) => (aheadMs -= ms) };
}

describe('a clock that is set back by a year after a token came', () => {
  it('does not have the expired token sent for a year', async () => {
    const { clock, timers, source, setBack } = setUp();
    const cache = cachedCredential(source, { clock, random: () => 0.5 });
    await cache.getToken(SCOPE);
    setBack();
    expect((await cache.getToken(SCOPE)).token).toBe('t-1');
    await timers.settle();
    expect((await cache.getToken(SCOPE)).token).toBe('t-2');
    await timers.advance(2 * HOUR);
    expect((await cache.getToken(SCOPE)).token).toBe('t-3');
    expect(source.requests).toHaveLength(3);
  });

  it.each([Infinity, 30_000])(
    'does not have it sent by calls with a deadline of %d ms',
    async (deadlineMs) => {
      const { clock, timers, source, setBack } = setUp();
      const { adapter, requests } = scriptedTransport(() => ({ status: 200 }), { clock });
      const orders = axios.create({ baseURL: 'https://orders.test', adapter });
      const withDeadline: Interceptor = (next) => (config) => {
        const call = currentCall(config);
        call.deadlineAt = call.startedAt + deadlineMs;
        return next(config);
      };
      const attach = attachToken(source, { scopes: SCOPE, clock, random: () => 0.5 });
      install(orders, [withDeadline, attach], { clock });
      await orders.get('/7');
      setBack();
      await orders.get('/7');
      await timers.settle();
      await orders.get('/7');
      expect(requests.map(({ token }) => token)).toEqual(['t-1', 't-1', 't-2']);
    },
  );

  it('has its source asked no more often than after any failure while that is down', async () => {
    const { clock, timers, source, setBack } = setUp((number) =>
      number > 1 ? new Error('down') : undefined,
    );
    const cache = cachedCredential(source, { clock, random: () => 0 });
    await cache.getToken(SCOPE);
    setBack();
    for (let second = 0; second < 60; second += 1) {
      expect((await cache.getToken(SCOPE)).token).toBe('t-1');
      await timers.advance(1_000);
    }
    // The first, and then after 0, 5, 15 and 35 seconds.
    expect(source.requests).toHaveLength(5);
  });

  it('costs no request when it is put right by less than the margin of the token', async () => {
    const { clock, timers, source, setBack } = setUp();
    const cache = cachedCredential(source, { clock, random: () => 0.5 });
    await cache.getToken(SCOPE);
    setBack(29_000);
    await cache.getToken(SCOPE);
    await timers.settle();
    expect(source.requests).toHaveLength(1);
  });
});
