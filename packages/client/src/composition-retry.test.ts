import { staticCredential, type ScriptFunction } from '@holdfast/testing';
import type { Interceptor } from './index.js';
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
  throttledFor,
  token,
} from './made-composition.js';

/** Calls made at the same moment. */
const together = (count: number, stage: Stage) =>
  clock.runUntilSettled(Promise.all(Array.from({ length: count }, () => stage.call())));

describe('retry and circuitBreaker', () => {
  it('retry(circuitBreaker(send)): a service that is down is sent 10 requests, and the call that opens the circuit gets what came back', async () => {
    const stage = new Stage(DOWN, [retries(), breaker()]);
    expect(await stage.endings(3)).toEqual([503, 503, 503]);
    expect(stage.stories.at(-1)).toContain('refused: circuit open');
    expect(await stage.ending()).toBe('ERR_CIRCUIT_OPEN');
    expect(stage.sends).toBe(10);
    expect(stage.left()).toEqual(NOTHING);
  });

  it('circuitBreaker(retry(send)): it is sent 40, since four attempts count as one; every caller still gets what came back', async () => {
    const stage = new Stage(DOWN, [breaker(), retries()]);
    expect(await stage.endings(10)).toEqual(Array(10).fill(503));
    expect(await stage.ending()).toBe('ERR_CIRCUIT_OPEN');
    expect(stage.sends).toBe(40);
    expect(stage.left()).toEqual(NOTHING);
  });

  it('retry(circuitBreaker(send)): of 50 calls at once, none is sent again to the service that they found to be down', async () => {
    const stage = new Stage(DOWN, [retries(), breaker()]);
    expect(await together(50, stage)).toEqual(Array(50).fill(503));
    expect(stage.sends).toBe(50);
    expect(stage.left()).toEqual(NOTHING);
  });

  it('circuitBreaker(retry(send)): all are sent four times', async () => {
    const stage = new Stage(DOWN, [breaker(), retries()]);
    expect(await together(50, stage)).toEqual(Array(50).fill(503));
    expect(stage.sends).toBe(200);
    expect(stage.left()).toEqual(NOTHING);
  });

  it.each([
    ['retry(circuitBreaker(send))', () => [retries(), breaker()]],
    ['circuitBreaker(retry(send))', () => [breaker(), retries()]],
  ])('%s: a POST that may have been acted on is sent once, whatever the circuit does', async (_, order) => {
    const stage = new Stage({ error: 'ECONNRESET' }, order());
    const endings = await stage.endings(12, () => ({ method: 'post', data: {} }));
    expect(endings.filter((ending) => ending === 'ECONNRESET')).toHaveLength(stage.sends);
    expect(stage.left()).toEqual(NOTHING);
  });

  it.each([
    ['retry(circuitBreaker(send))', () => [retries(), breaker()]],
    ['circuitBreaker(retry(send))', () => [breaker(), retries()]],
  ])(
    '%s: a call that is given up during a backoff leaves no wait, and the circuit closes when the service is back',
    async (_, order) => {
      const stage = new Stage(DOWN, order());
      await stage.callsUntilRefused();
      await clock.advance(1_000);
      for (let given = 0; given < 5; given += 1) {
        const controller = new AbortController();
        const call = stage.call({ signal: controller.signal });
        await clock.settle();
        controller.abort();
        await clock.settle();
        await call;
      }
      expect(stage.left()).toEqual(NOTHING);
      stage.weather = UP;
      await clock.advance(10_000);
      expect(await stage.endings(5)).toEqual(Array(5).fill(200));
    },
  );
});

describe('retry and throttleGate', () => {
  /** Throttles for two seconds from the beginning on. */
  function throttling(): ScriptFunction {
    const until = clock.now() + 2_000;
    return ({ at }) => (at < until ? throttledFor(2) : UP);
  }

  it('retry(throttleGate(send)): a call that was throttled keeps its place, and nobody else is sent meanwhile', async () => {
    const from = clock.now();
    const stage = new Stage(throttling(), [retries(), gate()]);
    const first = stage.call();
    await clock.advance(100);
    const later = together(5, stage);
    expect([await clock.runUntilSettled(first), ...(await later)]).toEqual(Array(6).fill(200));
    expect(stage.requests.filter(({ at }) => at < from + 2_000)).toHaveLength(1);
    expect(stage.sends).toBe(7);
    expect(stage.left()).toEqual(NOTHING);
  });

  it('throttleGate(retry(send)): each call finds out for itself that the service throttles; all end well, and no place stays taken', async () => {
    const from = clock.now();
    const stage = new Stage(throttling(), [gate(), retries()]);
    const first = stage.call();
    await clock.advance(100);
    const later = together(5, stage);
    expect([await clock.runUntilSettled(first), ...(await later)]).toEqual(Array(6).fill(200));
    expect(stage.requests.filter(({ at }) => at < from + 2_000)).toHaveLength(6);
    expect(stage.left()).toEqual(NOTHING);
  });

  it('throttleGate(retry(send)): the gate closes when a call has given up, and the next one waits', async () => {
    const stage = new Stage(throttledFor(2), [gate(), retries({ retries: 1 })]);
    expect(await stage.ending()).toBe(429);
    stage.weather = UP;
    const gaveUpAt = clock.now();
    expect(await stage.ending()).toBe(200);
    expect(stage.requests.at(-1)!.at - gaveUpAt).toBeGreaterThanOrEqual(2_000);
    expect(stage.left()).toEqual(NOTHING);
  });
});

describe('retry and attachToken', () => {
  /** Tokens are good for ten minutes; the service asks to be left alone for twenty. */
  async function play(order: (inner: Interceptor) => readonly Interceptor[]) {
    const credential = numberedTokens(600_000);
    const stage = new Stage(throttledFor(1_200), order(token(credential)));
    const call = stage.call();
    await clock.settle();
    stage.weather = UP;
    expect(await clock.runUntilSettled(call)).toBe(200);
    expect(stage.left()).toEqual(NOTHING);
    return { sentWith: stage.requests.map((request) => request.token), asked: credential.requests.length };
  }

  it('retry(attachToken(send)): an attempt after a long wait has a token of its own', async () => {
    const { sentWith, asked } = await play((attach) => [retries(), attach]);
    expect(sentWith).toEqual(['token-1', 'token-2']);
    expect(asked).toBe(2);
  });

  it('attachToken(retry(send)): it has the token that was good before the wait; it is taken off all the same', async () => {
    const { sentWith, asked } = await play((attach) => [attach, retries()]);
    expect(sentWith).toEqual(['token-1', 'token-1']);
    expect(asked).toBe(1);
  });

  it.each([
    ['retry(attachToken(send))', (attach: Interceptor) => [retries(), attach]],
    ['attachToken(retry(send))', (attach: Interceptor) => [attach, retries()]],
  ])(
    '%s: without a token nothing is sent, and nobody retries it on the service’s behalf',
    async (_, order) => {
      const credential = staticCredential(new Error('no token today'));
      const stage = new Stage(UP, order(token(credential)));
      expect(await stage.ending()).toBe('ERR_TOKEN_ACQUISITION');
      expect(stage.sends).toBe(0);
      expect(stage.left()).toEqual(NOTHING);
    },
  );
});
