import type { Step } from '@holdfast/testing';
import { API, json, operationStage } from './made-operations.js';

const MONITOR = `${API}/operations/1`;
const ACCEPTED = json(202, {}, { 'Operation-Location': MONITOR });
const DONE = json(200, { status: 'Succeeded', result: 7 });
const running = (retryAfter?: string) =>
  json(200, { status: 'Running' }, retryAfter === undefined ? {} : { 'Retry-After': retryAfter });
const instants = (sends: readonly string[]) => sends.map((send) => Number(send.split(' ')[0]));

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('the looks at an operation', () => {
  it('come when the service asks for them, else every 2 s, and never in a hot loop', async () => {
    const script = [
      ACCEPTED,
      running('5'),
      running('0'),
      running('Wed, 01 Jan 2025 00:00:10 GMT'),
      running(),
      DONE,
    ];
    const stage = operationStage(script);
    await stage.clock.runUntilSettled(stage.start({ url: '/exports' }).pollUntilDone());
    expect(instants(stage.sends())).toEqual([0, 2_000, 7_000, 7_100, 10_000, 12_000]);
  });

  it('are one loop, however many wait; a look in between is not made twice, and puts the next one off', async () => {
    const stage = operationStage([ACCEPTED, { ...(running('4') as object), delayMs: 500 } as Step, DONE]);
    const operation = stage.start({ url: '/exports' });
    const both = Promise.all([operation.pollUntilDone(), operation.pollUntilDone()]);
    await stage.clock.advance(1_000);
    await Promise.all([operation.poll(), operation.poll(), stage.clock.advance(500)]);
    await expect(stage.clock.runUntilSettled(both)).resolves.toEqual([7, 7]);
    expect(instants(stage.sends())).toEqual([0, 1_000, 5_500]);
  });

  it('that fail for a passing reason are waited for, and a success forgives them', async () => {
    const down: Step[] = [
      { status: 503, headers: { 'Retry-After': '9' } },
      { error: 'ECONNRESET' },
      { status: 500 },
    ];
    const stage = operationStage([ACCEPTED, ...down, running(), ...down, DONE]);
    const operation = stage.start({ url: '/exports' });
    await expect(stage.clock.runUntilSettled(operation.pollUntilDone())).resolves.toBe(7);
    expect(instants(stage.sends()).slice(0, 5)).toEqual([0, 2_000, 11_000, 13_000, 15_000]);
  });

  it('that fail too often reject, and a new call goes on without a second start', async () => {
    const stage = operationStage([ACCEPTED, { status: 500 }, { status: 502 }, DONE]);
    const operation = stage.start({ url: '/exports' }, { failures: 1 });
    const failure = await stage.clock.runUntilSettled(failureOf(operation.pollUntilDone()));
    expect(failure).toHaveProperty('response.status', 502);
    await expect(stage.clock.runUntilSettled(operation.pollUntilDone())).resolves.toBe(7);
    expect(stage.requests.filter(({ method }) => method !== 'get')).toHaveLength(1);
  });

  it.each([404, 410, 400, 401])('that are answered with %i reject at once', async (status) => {
    const stage = operationStage([ACCEPTED, { status }]);
    const failure = await stage.clock.runUntilSettled(
      failureOf(stage.start({ url: '/exports' }).pollUntilDone()),
    );
    expect(failure).toHaveProperty('response.status', status);
    expect(stage.requests).toHaveLength(2);
  });

  it('wait for a gate of ours as long as it says', async () => {
    const throttled: Step = { status: 429, headers: { 'Retry-After': '30' } };
    const stage = operationStage([ACCEPTED, throttled, DONE], { throttleGate: { maxWaiters: 0 } });
    const operation = stage.start({ url: '/exports' });
    await expect(stage.clock.runUntilSettled(operation.pollUntilDone())).resolves.toBe(7);
    expect(stage.requests).toHaveLength(3);
    expect(instants(stage.sends())[2]).toBeGreaterThanOrEqual(32_000);
  });
});

describe('an operation that is waited for', () => {
  it('rejects when its time is over, or the next look would come later; and goes on', async () => {
    for (const step of ['hang' as const, running('60')]) {
      const stage = operationStage([ACCEPTED, step, DONE]);
      const operation = stage.start({ url: '/exports' }, { withinMs: 10_000 });
      const failure = await stage.clock.runUntilSettled(failureOf(operation.pollUntilDone()));
      expect(failure).toMatchObject({ code: 'ERR_OPERATION_TIMEOUT', withinMs: 10_000 });
      expect(stage.clock.pendingRef).toBe(0);
      expect(operation.isDone).toBe(false);
      const again = stage.resume(await operation.serialize());
      await expect(stage.clock.runUntilSettled(again.pollUntilDone())).resolves.toBe(7);
    }
  });

  it('ends at once when the caller gives it up', async () => {
    const stage = operationStage([ACCEPTED]);
    const caller = new AbortController();
    const done = failureOf(stage.start({ url: '/exports' }, { signal: caller.signal }).pollUntilDone());
    await stage.clock.advance(500);
    caller.abort(new Error('enough'));
    await expect(done).resolves.toHaveProperty('code', 'ERR_CANCELED');
    expect(stage.clock.pendingRef).toBe(0);
  });

  it('whose start fails rejects whoever asks, and nobody else', async () => {
    const stage = operationStage([{ status: 409 }]);
    const operation = stage.start({ url: '/exports' });
    await stage.clock.settle();
    for (const asked of [operation.pollUntilDone(), operation.poll(), operation.serialize()])
      await expect(asked).rejects.toHaveProperty('response.status', 409);
  });

  it('that was done at once has nothing to be stored', async () => {
    const operation = operationStage([json(200, 7)]).start({ url: '/exports' });
    await expect(operation.serialize()).rejects.toHaveProperty('code', 'ERR_OPERATION');
    await expect(operation.pollUntilDone()).resolves.toBe(7);
  });

  it.each<[string, object]>([
    ['intervalMs', { intervalMs: 99 }],
    ['withinMs', { withinMs: 0 }],
    ['failures', { failures: 0.5 }],
    ['onProgress', { onProgress: 'log' }],
    ['resultOf', { resultOf: 'elsewhere' }],
    ['statusOf', { statusOf: 'state' }],
    ['clock', { clock: {} }],
    ['interval', { interval: 5 }],
  ])('refuses a bad "%s", naming it', (name, options) => {
    const stage = operationStage([json(200, 7)]);
    expect(() => stage.start({ url: '/exports' }, options)).toThrow(
      new RegExp(`^http\\.poll\\(\\):.*"${name}"`),
    );
  });
});
