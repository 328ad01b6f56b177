import { subscribe, currentCall, type GateEvent, type Interceptor } from '@holdfast/core';
import { manualClock, type ManualClock } from '@holdfast/testing';
import { ThrottledService, ok, throttled, within } from './made-throttled-service.js';

let clock: ManualClock;
let service: ThrottledService;
let gated: unknown[];
let events: GateEvent[];
let unsubscribe: () => void;

const watching: Interceptor = (next) => async (config) => {
  const response = await next(config);
  const { gated: isGated, heldUntil } = currentCall(config);
  gated.push(isGated, heldUntil);
  return response;
};

beforeEach(() => {
  clock = manualClock();
  gated = [];
  events = [];
  unsubscribe = subscribe('holdfast:gate', (event) => events.push(event));
  service = new ThrottledService(clock, { mode: 'observe', maxWaiters: 1 }, { around: [watching] });
});
afterEach(() => {
  unsubscribe();
  clock.uninstall();
});

describe('throttleGate() that only observes', () => {
  it('sends everything at once, and tells the journal what would have happened', async () => {
    service.answer = () => throttled(2);
    expect(await service.story('/1')).toEqual(['throttled: the gate would be closed for 2000 ms']);
    service.answer = () => ok;
    await clock.advance(500);
    expect(await service.story('/2')).toEqual(['would wait 1500 ms']);
    expect(await service.story('/3')).toEqual(['would be refused: throttled, next try in 1500 ms']);
    expect(await service.story('/4', within(10))).toEqual([
      'would be refused: throttled, next try in 1500 ms',
    ]);
    expect(service.sent().map(([, at]) => at)).toEqual([0, 500, 500, 500]);
  });

  it('counts those who would wait anew when it would close again long afterwards', async () => {
    service.answer = ({ url }) => (url === '/slow' ? { ...throttled(2), delayMs: 60_000 } : throttled(1));
    const slow = service.get('/slow');
    await service.get('/1');
    service.answer = () => ok;
    expect(await service.story('/2')).toEqual(['would wait 1000 ms']);
    await clock.runUntilSettled(slow);
    expect(await service.story('/3')).toEqual(['would wait 2000 ms']);
  });

  it('counts those who would wait anew when it would have opened meanwhile', async () => {
    service.answer = () => throttled(2);
    await service.get('/1');
    expect(await service.story('/2')).toEqual([
      'would wait 2000 ms',
      'throttled: the gate would be closed for 2000 ms',
    ]);
    service.answer = () => ok;
    await clock.advance(2_000);
    await service.get('/probe');
    service.answer = () => throttled(2);
    await service.get('/3');
    service.answer = () => ok;
    expect(await service.story('/4')).toEqual(['would wait 2000 ms']);
  });

  it('leaves retries and breaker as if there was no gate', async () => {
    service.answer = () => throttled(2);
    await service.get('/1');
    await service.get('/2');
    expect(gated).toEqual([false, undefined, false, undefined]);
  });

  it('tells operators when it would close, and open again', async () => {
    await service.close(2);
    await service.get('/waits');
    await clock.advance(2_000);
    await service.get('/probe');
    expect(events.map(({ state, mode, at, waiting }) => [state, mode, at - service.start, waiting])).toEqual([
      ['closed', 'observe', 0, 0],
      ['open', 'observe', 2_000, 1],
    ]);
  });
});
