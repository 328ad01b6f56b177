import { callOf, subscribe, type CircuitEvent } from '@holdfast/core';
import { manualClock, type ManualClock } from '@holdfast/testing';
import { circuitBreaker, type CircuitBreakerOptions } from './index.js';
import { REFUSED, madeService, outcomeOf, type MadeService } from './made-service.js';

let clock: ManualClock;
let service: MadeService;
beforeEach(() => {
  clock = manualClock();
  service = madeService(clock, { mode: 'observe' });
});
afterEach(() => {
  clock.uninstall();
});

describe('a breaker that only observes', () => {
  it('lets through what it would have refused, and says so in the journal', async () => {
    await service.fail(25);
    expect(service.transport.requests).toHaveLength(25);
    expect(service.states()).toEqual(['open']);

    const response = await service.client.get('/7');
    expect([response.status, callOf(response)?.refusals]).toEqual([200, ['circuit open, and only observed']]);
  });

  it('opens, tries and closes as it would, and its events say that it is only watching', async () => {
    const events: CircuitEvent[] = [];
    const unsubscribe = subscribe('holdfast:circuit', (event) => events.push(event));
    await service.fail();
    await clock.advance(1_000);
    await service.call(2);
    unsubscribe();
    expect(events.map(({ state, mode, reason }) => [state, mode, reason])).toEqual([
      ['open', 'observe', '20 of 20 attempts failed'],
      ['half-open', 'observe', 'its time is over'],
      ['closed', 'observe', '2 of 2 probes succeeded'],
    ]);
    expect(service.changes.map(({ mode }) => mode)).toEqual(['observe', 'observe', 'observe']);
  });

  it('is not closed, opened or kept open by what it would have refused', async () => {
    await service.fail();
    await service.call(50);
    expect(service.breaker.state).toBe('open');
    await clock.advance(1_000);

    service.answer = () => 'hang';
    const probes = [1, 2, 3].map(() => outcomeOf(service.client.get('/7', { timeout: 500 })));
    await clock.settle();
    service.answer = () => ({ status: 200 });
    expect(await service.call(10)).toEqual(Array<number>(10).fill(200));
    expect(service.breaker.state).toBe('half-open');
    await clock.advance(500);
    await Promise.all(probes);
    expect(service.states()).toEqual(['open', 'half-open', 'open']);
  });

  it('refuses all the same what an operator takes out', async () => {
    await service.call();
    service.breaker.forceOpen({ forMs: 1_000, reason: 'INC-4711' });
    expect(await service.call(2)).toEqual([REFUSED, REFUSED]);
    await clock.advance(1_000);
    expect(await service.call(5)).toEqual([200, 200, 200, 200, 200]);
  });

  it('can be told to refuse from now on, and to watch again', async () => {
    await service.fail();
    service.breaker.configure({ mode: 'enforce' });
    expect(await service.call()).toEqual([REFUSED]);
    service.breaker.configure({ mode: 'observe' });
    expect(await service.call()).toEqual([200]);
  });

  it('is asked for by one of two words', () => {
    const options = { mode: 'watch' } as unknown;
    expect(() => circuitBreaker(options as CircuitBreakerOptions)).toThrow(
      'the option "mode" must be "enforce" or "observe", and is "watch"',
    );
  });
});
