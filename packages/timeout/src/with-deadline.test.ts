import { currentCall, install, isHoldfastError, type Interceptor } from '@holdfast/core';
import { manualClock, scriptedTransport, type ManualClock } from '@holdfast/testing';
import axios, { type AxiosInstance } from 'axios';
import { deadline, withDeadline, type DeadlineOptions } from './index.js';

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock({ fakeGlobals: false });
});

function client(options: DeadlineOptions = {}): { api: AxiosInstance; sends: () => number } {
  const transport = scriptedTransport(() => 'hang', { clock });
  const api = axios.create({ baseURL: 'https://api.test', adapter: transport.adapter });
  install(api, [deadline({ clock, ...options })], { clock });
  return { api, sends: () => transport.requests.length };
}

/** When a call ended from now on, and by which limit. */
async function ending(call: Promise<unknown>): Promise<string> {
  const start = clock.now();
  return call.then(
    () => 'it resolved',
    (error: unknown) =>
      isHoldfastError(error, 'ERR_DEADLINE_EXCEEDED')
        ? `${error.deadlineMs} ms, after ${clock.now() - start} ms`
        : String(error),
  );
}

const within = <T>(ms: number, fn: () => T): T => withDeadline(ms, fn, { clock });

describe('withDeadline', () => {
  it('ends the calls in it at its own instant, not when as much time has passed for each', async () => {
    const { api } = client();
    const ends = within(1_000, async () => {
      await clock.advance(400);
      return Promise.all([ending(api.get('/a')), ending(api.get('/b'))]);
    });
    await clock.settle();
    await clock.advance(500);
    await clock.advance(600);
    expect(await ends).toEqual(['1000 ms, after 600 ms', '1000 ms, after 600 ms']);
  });

  it('of two that are nested, and the client’s own, ends with the one that is over first', async () => {
    const { api } = client({ deadlineMs: 300 });
    const ends = [
      within(200, () => within(900, () => ending(api.get('/outer')))),
      within(900, () => within(100, () => ending(api.get('/inner')))),
      within(900, () => ending(api.get('/own'))),
      within(900, () => ending(api.get('/request', { holdfast: { deadlineMs: 50 } }))),
      within(400, () => ending(api.get('/none', { holdfast: { deadlineMs: false } }))),
    ];
    for (let step = 0; step < 20; step += 1) await clock.advance(50);
    expect(await Promise.all(ends)).toEqual([
      '200 ms, after 200 ms',
      '100 ms, after 100 ms',
      '300 ms, after 300 ms',
      '50 ms, after 50 ms',
      '400 ms, after 400 ms',
    ]);
  });

  it('does not reach into scopes beside it, nor into calls outside of it', async () => {
    const { api } = client({ deadlineMs: 500 });
    const ends = [
      within(100, () => ending(api.get('/short'))),
      within(200, () => ending(api.get('/long'))),
      ending(api.get('/outside')),
    ];
    for (let step = 0; step < 10; step += 1) await clock.advance(50);
    expect(await Promise.all(ends)).toEqual([
      '100 ms, after 100 ms',
      '200 ms, after 200 ms',
      '500 ms, after 500 ms',
    ]);
  });

  it('that is over already refuses a call before anything is sent', async () => {
    const { api, sends } = client({ deadlineMs: false });
    const late = within(100, async () => {
      await clock.advance(100);
      return ending(api.get('/late'));
    });
    expect(await late).toBe('100 ms, after 0 ms');
    expect(await within(-50, () => ending(api.get('/never')))).toBe('0 ms, after 0 ms');
    expect([sends(), clock.pending]).toEqual([0, 0]);
  });

  it('needs few timers for many deadlines of all lengths, and none is left', async () => {
    const { api } = client({ deadlineMs: false });
    const calls = Array.from({ length: 500 }, (_, at) => within(500 + at, () => ending(api.get('/'))));
    await clock.settle();
    expect(clock.pending).toBeLessThanOrEqual(2);
    expect(clock.pendingRef).toBe(0);
    await clock.advance(1_100);
    const ends = Array.from({ length: 500 }, (_, at) => `${500 + at} ms, after ${500 + at} ms`);
    expect(await Promise.all(calls)).toEqual(ends);
    await clock.advance(5_000);
    expect(clock.pending).toBe(0);
  });

  it('is told to the pipeline, so that no wait is begun which it would cut off', async () => {
    const left: number[] = [];
    const look: Interceptor = (next) => (config) => {
      left.push(currentCall(config).deadlineAt - clock.now());
      return next(config);
    };
    const seen = axios.create({ adapter: scriptedTransport(() => ({ status: 200 }), { clock }).adapter });
    install(seen, [deadline({ deadlineMs: 500, clock }), look], { clock });
    await within(200, () => seen.get('https://api.test/'));
    await within(900, () => seen.get('https://api.test/'));
    expect(left).toEqual([200, 500]);
  });

  it('ends a call in its own time although the clock was set back since it began', async () => {
    let backMs = 0;
    const set = { now: () => clock.now() - backMs, setTimeout: clock.setTimeout.bind(clock) };
    const api = axios.create({ adapter: scriptedTransport(() => 'hang', { clock }).adapter });
    install(api, [deadline({ deadlineMs: false, clock: set })], { clock: set });
    const send = () => ending(api.get('https://api.test/'));
    const ended = withDeadline(
      1_000,
      () => {
        backMs = 3_600_000;
        return send();
      },
      { clock: set },
    );
    await clock.advance(1_024);
    expect(await ended).toBe('1000 ms, after 1024 ms');
  });

  it('returns what the function returns, and throws what it throws', () => {
    expect(withDeadline(10, () => 7)).toBe(7);
    expect(() =>
      withDeadline(10, () => {
        throw new Error('mine');
      }),
    ).toThrow('mine');
  });

  it.each([NaN, Infinity, -Infinity, 2 ** 31, '5s', undefined])('refuses %p by name', (ms) => {
    expect(() => withDeadline(ms as number, () => 7)).toThrow(/^withDeadline\(\): the deadline must be/);
    expect(() => withDeadline(10, ms as never)).toThrow('withDeadline(): fn must be a function');
  });
});
