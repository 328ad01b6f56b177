import { attemptTimeout, deadline, type Interceptor } from './index.js';
import { DOWN, NOTHING, Stage, UP, breaker, clock, gate, throttledFor } from './made-composition.js';

const timeout = () => attemptTimeout({ clock, timeoutMs: 200 });
const within = (deadlineMs: number) => deadline({ clock, deadlineMs });

/** Milliseconds that a call takes, and how it ends. */
async function timed(stage: Stage) {
  const from = clock.now();
  const ending = await stage.ending();
  return { ending, tookMs: clock.now() - from };
}

/** Opened by a service that was down, and about to try it. */
async function halfOpen(order: readonly Interceptor[]): Promise<Stage> {
  const stage = new Stage(DOWN, order);
  await stage.callsUntilRefused();
  await clock.advance(1_000);
  return stage;
}

describe('circuitBreaker and attemptTimeout', () => {
  it('circuitBreaker(attemptTimeout(send)): a service that hangs opens the circuit', async () => {
    const stage = new Stage('hang', [breaker(), timeout()]);
    expect(await stage.callsUntilRefused()).toBe(10);
    expect(stage.left()).toEqual(NOTHING);
  });

  it('attemptTimeout(circuitBreaker(send)): it never does, since the circuit sees calls that were given up', async () => {
    const stage = new Stage('hang', [timeout(), breaker()]);
    expect(await stage.endings(100)).toEqual(Array(100).fill('ERR_ATTEMPT_TIMEOUT'));
    expect(stage.left()).toEqual(NOTHING);
  });

  it.each([
    [
      'circuitBreaker(attemptTimeout(send))',
      () => [breaker(), timeout()],
      ['ERR_ATTEMPT_TIMEOUT', 'ERR_ATTEMPT_TIMEOUT', 'ERR_CIRCUIT_OPEN'],
    ],
    [
      'attemptTimeout(circuitBreaker(send))',
      () => [timeout(), breaker()],
      Array(3).fill('ERR_ATTEMPT_TIMEOUT'),
    ],
  ])(
    '%s: probes that hang give their permits back, and the circuit closes when the service is back',
    async (_, order, endings) => {
      const stage = await halfOpen(order());
      stage.weather = 'hang';
      expect(await stage.endings(3)).toEqual(endings);
      stage.weather = UP;
      await clock.advance(5_000);
      expect(await stage.endings(3)).toEqual([200, 200, 200]);
      expect(stage.left()).toEqual(NOTHING);
    },
  );
});

describe('deadline and throttleGate', () => {
  it('deadline(throttleGate(send)): a call that cannot wait so long hears so at once', async () => {
    const stage = new Stage(throttledFor(60), [within(1_000), gate()]);
    await stage.ending();
    expect(await timed(stage)).toEqual({ ending: 'ERR_THROTTLED', tookMs: 0 });
    expect(stage.sends).toBe(1);
    expect(stage.left()).toEqual(NOTHING);
  });

  it('throttleGate(deadline(send)): it waits for the gate as if it had none, and is then too late; no place stays taken', async () => {
    const stage = new Stage(throttledFor(60), [gate(), within(1_000)]);
    await stage.ending();
    stage.weather = UP;
    expect((await timed(stage)).tookMs).toBeGreaterThanOrEqual(60_000);
    expect(stage.left()).toEqual(NOTHING);
    expect(await stage.ending()).toBe(200);
  });
});

describe('deadline and circuitBreaker', () => {
  it.each([
    ['deadline(circuitBreaker(send))', () => [within(200), breaker()]],
    ['circuitBreaker(deadline(send))', () => [breaker(), within(200)]],
  ])('%s: a caller’s own hurry says nothing about the service, and holds no permit', async (_, order) => {
    const stage = new Stage('hang', order());
    expect(await stage.endings(100)).toEqual(Array(100).fill('ERR_DEADLINE_EXCEEDED'));
    const trial = await halfOpen(order());
    trial.weather = 'hang';
    expect(await trial.endings(10)).toEqual(Array(10).fill('ERR_DEADLINE_EXCEEDED'));
    trial.weather = UP;
    expect(await trial.endings(5)).toEqual(Array(5).fill(200));
    expect([stage.left(), trial.left()]).toEqual([NOTHING, NOTHING]);
  });
});
