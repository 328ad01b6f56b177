import { currentCall, install, type Interceptor } from '@holdfast/core';
import { manualClock, scriptedTransport, type ManualClock, type Step } from '@holdfast/testing';
import axios, { type AxiosInstance } from 'axios';
import { attemptTimeout, deadline } from './index.js';

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

function client(
  script: readonly Step[],
  ...interceptors: readonly Interceptor[]
): { client: AxiosInstance; sends: () => number } {
  const transport = scriptedTransport(script, { clock });
  const instance = axios.create({ baseURL: 'https://api.test', adapter: transport.adapter });
  install(instance, interceptors, { clock });
  return { client: instance, sends: () => transport.requests.length };
}

describe('a limit and the clock', () => {
  it('ends in its time although the clock is set back meanwhile', async () => {
    const skewed = { ...clock, now: () => clock.now() - back, setTimeout: clock.setTimeout.bind(clock) };
    let back = 0;
    const transport = scriptedTransport(['hang'], { clock });
    const api = axios.create({ adapter: transport.adapter });
    install(api, [attemptTimeout({ timeoutMs: 100, clock: skewed })], { clock: skewed });
    const settled = expect(api.get('https://api.test/')).rejects.toHaveProperty(
      'code',
      'ERR_ATTEMPT_TIMEOUT',
    );
    await clock.advance(10);
    back = 3_600_000;
    await clock.advance(90);
    await settled;
  });

  it('of each of several in flight ends within twice its time when the clock is set back, not one after another', async () => {
    let backMs = 0;
    const set = { now: () => clock.now() - backMs, setTimeout: clock.setTimeout.bind(clock) };
    const api = axios.create({ adapter: scriptedTransport(() => 'hang', { clock }).adapter });
    install(api, [attemptTimeout({ timeoutMs: 100, clock: set })], { clock: set });
    const start = clock.now();
    const ends: number[] = [];
    for (let call = 0; call < 4; call += 1) {
      api.get('https://api.test/').catch(() => ends.push(clock.now() - start));
      await clock.advance(10);
    }
    backMs = 3_600_000;
    await clock.advance(400);
    expect(ends).toEqual([100, 180, 190, 200]);
  });

  it('ends within twice its time when the one before it has ended and the clock stands still', async () => {
    const still = { now: () => 0, setTimeout: clock.setTimeout.bind(clock) };
    const transport = scriptedTransport([{ status: 200, delayMs: 10 }, 'hang'], { clock });
    const api = axios.create({ adapter: transport.adapter });
    install(api, [attemptTimeout({ timeoutMs: 100, clock: still })], { clock: still });
    const first = api.get('https://api.test/');
    const settled = expect(api.get('https://api.test/')).rejects.toHaveProperty(
      'code',
      'ERR_ATTEMPT_TIMEOUT',
    );
    await clock.advance(10);
    await first;
    await clock.advance(190);
    await settled;
  });

  it('of a call that was held up outside ends before those that began later', async () => {
    const ends: string[] = [];
    const start = clock.now();
    const slow: Interceptor = (next) => async (config) => {
      if (config.url === '/slow') await new Promise((resolve) => setTimeout(resolve, 800));
      return next(config);
    };
    const { client: api } = client(['hang', 'hang'], slow, deadline({ deadlineMs: 1_000 }));
    for (const url of ['/slow', '/x']) {
      api.get(url).catch(() => ends.push(`${url} at ${clock.now() - start}`));
      await clock.advance(200);
    }
    await clock.advance(2_000);
    expect(ends).toEqual(['/slow at 1000', '/x at 1200']);
  });

  it('of several, the first to end is the deadline', async () => {
    const deadlines: number[] = [];
    const look: Interceptor = (next) => (config) => {
      deadlines.push(currentCall(config).deadlineAt - clock.now());
      return next(config);
    };
    const { client: api } = client(
      [{ status: 200 }],
      deadline({ deadlineMs: 1_000 }),
      deadline({ deadlineMs: 5_000 }),
      look,
    );
    await api.get('/x');
    expect(deadlines).toEqual([1_000]);
  });
});
