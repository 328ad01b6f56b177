import { deadline, type Interceptor, type RetryOptions } from './index.js';
import {
  DOWN,
  NOTHING,
  Stage,
  UP,
  breaker,
  clock,
  gate,
  numberedTokens,
  retries,
  token,
  withFreshToken,
} from './made-composition.js';

/** Other jitter at each draw. */
function draws(): () => number {
  let drawn = 0;
  return () => (drawn++ * 0.618) % 1;
}

const waiting = (options: RetryOptions = {}): Interceptor =>
  retries({ random: draws(), retryOpenCircuit: true, ...options });

/** The standard order around a service whose circuit has just opened for a second; it is well from then on. */
async function opened(outer: readonly Interceptor[], credential = numberedTokens()) {
  const interceptors = [...outer, gate(), breaker({ random: draws() }), token(credential)];
  const stage = new Stage(DOWN, interceptors);
  await stage.callsUntilRefused(() => ({ holdfast: { retry: false } }));
  stage.weather = UP;
  return { stage, before: stage.sends, at: clock.now() };
}

const within = (deadlineMs: number) => deadline({ clock, deadlineMs });

describe('calls that wait for an open circuit', () => {
  it('are answered when the service is back, where without it they would have been refused', async () => {
    const { stage } = await opened([waiting()]);
    expect(await stage.ending()).toBe(200);
    const { stage: usual } = await opened([retries()]);
    expect(await usual.ending()).toBe('ERR_CIRCUIT_OPEN');
    expect([stage.left(), usual.left()]).toEqual([NOTHING, NOTHING]);
  });

  it('are not sent before it says so, and are no herd: the first are its probes', async () => {
    const { stage, before, at } = await opened([waiting({ retries: 8 })]);
    stage.weather = { status: 200, delayMs: 40 };
    const endings = await clock.runUntilSettled(Promise.all(Array.from({ length: 200 }, () => stage.call())));
    const sent = stage.requests.slice(before).map((request) => request.at - at);
    expect(endings.filter((ending) => ending === 200)).toHaveLength(sent.length);
    expect(sent.length).toBeGreaterThan(150);
    expect(Math.min(...sent)).toBeGreaterThanOrEqual(1_000);
    // Nobody has been answered before the first 40 ms are over.
    expect(sent.filter((ms) => ms < sent[0]! + 40)).toHaveLength(3);
    expect(stage.left()).toEqual(NOTHING);
  });

  it('ask for no token before they are sent', async () => {
    const credential = numberedTokens();
    const { stage, before } = await opened([waiting({ retries: 8 })], credential);
    const asked = credential.requests.length;
    const calls = Promise.all(Array.from({ length: 50 }, () => stage.call(withFreshToken())));
    await clock.advance(999);
    expect(credential.requests).toHaveLength(asked);
    await clock.runUntilSettled(calls);
    expect(credential.requests.length - asked).toBe(stage.sends - before);
  });

  it('never send a dead service more than its probes', async () => {
    const { stage, before } = await opened([waiting({ retries: 8 })]);
    stage.weather = DOWN;
    const endings = await clock.runUntilSettled(Promise.all(Array.from({ length: 100 }, () => stage.call())));
    expect(new Set(endings)).toEqual(new Set([503, 'ERR_CIRCUIT_OPEN']));
    // Three when it opens for 1, 2, 4, 8 … s.
    const elapsedMs = stage.requests.at(-1)!.at - stage.requests[before]!.at;
    const trials = Math.ceil(Math.log2(elapsedMs / 1_000 + 1)) + 1;
    expect(stage.sends - before).toBeLessThanOrEqual(3 * trials);
    expect(stage.left()).toEqual(NOTHING);
  });

  it('do not wait longer than their deadline lets them', async () => {
    const { stage, before } = await opened([within(900), waiting()]);
    const from = clock.now();
    expect(await stage.ending()).toBe('ERR_CIRCUIT_OPEN');
    expect([clock.now() - from, stage.sends - before]).toEqual([0, 0]);
    expect(stage.stories.at(-1)).toContain('does not fit the deadline');
  });

  it('end at once when their callers give them up, and free what they held', async () => {
    const { stage, before } = await opened([within(30_000), waiting()]);
    const controllers = Array.from({ length: 50 }, () => new AbortController());
    const calls = Promise.all(controllers.map(({ signal }) => stage.call({ signal })));
    await clock.advance(500);
    for (const controller of controllers) controller.abort();
    await clock.settle();
    expect(await calls).toEqual(Array(50).fill('ERR_CANCELED'));
    expect(stage.sends).toBe(before);
    await clock.advance(5_000);
    expect(await stage.endings(5)).toEqual(Array(5).fill(200));
    await clock.advance(60_000);
    expect(stage.left()).toEqual(NOTHING);
  });

  it('inside of a breaker that stands outside of them are refused all the same, and nothing waits', async () => {
    const stage = new Stage(DOWN, [breaker(), waiting({ retries: 0 })]);
    await stage.callsUntilRefused();
    const from = clock.now();
    expect(await stage.ending()).toBe('ERR_CIRCUIT_OPEN');
    expect(clock.now()).toBe(from);
    expect(stage.left()).toEqual(NOTHING);
  });
});

describe('a POST that waits for an open circuit', () => {
  it('is sent once, without a key, since it had never left', async () => {
    const { stage, before } = await opened([waiting()]);
    const error = stage.call({ method: 'post', data: { item: 7 } });
    stage.weather = { error: 'ECONNRESET' };
    expect(await clock.runUntilSettled(error)).toBe('ECONNRESET');
    expect(stage.sends - before).toBe(1);
  });
});
