import type { Interceptor } from '@holdfast/core';
import { manualClock, type ManualClock } from '@holdfast/testing';
import { circuitBreaker, type CircuitBreakerOptions } from './index.js';
import { madeService, outcomeOf, refusalOf, type MadeService } from './made-service.js';

let clock: ManualClock;
beforeEach(() => {
  clock = manualClock();
});
afterEach(() => {
  clock.uninstall();
});

/** So many calls at once, each of which takes so long. */
async function calls(service: MadeService, times: number, delayMs: number, status = 200): Promise<void> {
  service.answer = () => ({ status, delayMs });
  const underWay = Array.from({ length: times }, () => outcomeOf(service.client.get('/7')));
  await clock.advance(delayMs);
  await Promise.all(underWay);
}

describe('a service that answers, but slowly,', () => {
  it('is called on unless somebody has said what slow is', async () => {
    const service = madeService(clock);
    await calls(service, 100, 9_000);
    expect([service.states(), service.breaker.window.slow]).toEqual([[], 0]);
  });

  it('is left alone when half of its calls have taken too long, and callers are told that', async () => {
    const service = madeService(clock, { slowMs: 2_000 });
    await calls(service, 10, 1_999);
    await calls(service, 9, 2_000);
    expect([service.states(), service.breaker.window.slow]).toEqual([[], 9]);
    await calls(service, 1, 2_000);
    expect(service.changes.map(({ reason }) => reason)).toEqual(['10 of 20 attempts took 2000 ms or longer']);
    expect((await refusalOf(service)).cause).toMatchObject({
      status: 200,
      message: 'answered with status 200 after 2000 ms',
    });
  });

  it('is left alone at another share where that was said', async () => {
    const service = madeService(clock, { slowMs: 2_000, slowRatio: 0.9 });
    await calls(service, 4, 10);
    await calls(service, 35, 2_000);
    expect(service.states()).toEqual([]);
    await calls(service, 1, 2_000);
    expect(service.states()).toEqual(['open']);
  });

  it('is not well again as long as its probes are slow', async () => {
    const service = madeService(clock, { slowMs: 2_000 });
    await calls(service, 20, 2_000);
    await clock.advance(1_000);
    await calls(service, 3, 2_000);
    expect(service.states()).toEqual(['open', 'half-open', 'open']);
    await clock.advance(2_000);
    await calls(service, 3, 1_000);
    expect(service.breaker.state).toBe('closed');
  });

  it('has failed and was slow where a call timed out', async () => {
    const service = madeService(clock, { slowMs: 2_000, failureRatio: 1, consecutiveFailures: 1_000 });
    await calls(service, 9, 10);
    service.answer = () => 'hang';
    const hung = Array.from({ length: 11 }, () => outcomeOf(service.client.get('/7', { timeout: 2_000 })));
    await clock.advance(2_000);
    expect(new Set(await Promise.all(hung))).toEqual(new Set(['ECONNABORTED']));
    expect(service.changes.map(({ reason }) => reason)).toEqual(['11 of 20 attempts took 2000 ms or longer']);
  });

  it('is not blamed for the time that a token has taken', async () => {
    const token: Interceptor = (next) => async (config) => {
      await new Promise<void>((resolve) => {
        clock.setTimeout(resolve, 5_000);
      });
      return next(config);
    };
    const service = madeService(clock, { slowMs: 2_000 }, [token]);
    const underWay = Array.from({ length: 40 }, () => outcomeOf(service.client.get('/7')));
    await clock.advance(5_000);
    expect(new Set(await Promise.all(underWay))).toEqual(new Set([200]));
    expect([service.states(), service.breaker.window]).toEqual([
      [],
      expect.objectContaining({ attempts: 40, slow: 0 }),
    ]);
  });

  it('is not blamed for an answer that somebody had at hand', async () => {
    const cache: Interceptor = () => (config) =>
      Promise.resolve({ status: 200, statusText: '', data: '', headers: {}, config });
    const service = madeService(clock, { slowMs: 2_000 }, [cache]);
    expect(await service.call(40)).toContain(200);
    expect([service.states(), service.breaker.window.slow]).toEqual([[], 0]);
  });

  it('is not blamed for a clock that is set back', async () => {
    let offsetMs = 0;
    const moved = { now: () => clock.now() + offsetMs, setTimeout: clock.setTimeout.bind(clock) };
    const service = madeService(clock, { slowMs: 2_000, clock: moved });
    service.answer = () => ({ status: 200, delayMs: 100 });
    const underWay = Array.from({ length: 40 }, () => outcomeOf(service.client.get('/7')));
    await clock.settle();
    offsetMs = -3_600_000;
    await clock.advance(100);
    await Promise.all(underWay);
    expect(service.states()).toEqual([]);
  });

  it('is told apart by a number above 0, or by nothing', () => {
    for (const slowMs of [0, -1, NaN, true] as unknown[]) {
      expect(() => circuitBreaker({ slowMs } as CircuitBreakerOptions)).toThrow(
        /"slowMs" must be a number of milliseconds above 0, up to 2147483647, or false/,
      );
    }
  });
});
