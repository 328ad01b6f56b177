import fc from 'fast-check';
import { manualClock } from '@holdfast/testing';
import { isHoldfastError, type TokenAcquisitionError } from '@holdfast/core';
import { refused } from './refused.js';
import { ProviderFailure } from './network.js';
import { ProviderGate } from './provider-gate.js';

const LONGEST_MS = 400_000;
/** After which one that went ahead, and has not ended, is one that hangs. */
const LONGEST_PROBE_MS = 300_000;

type End = 'token' | 'trouble' | 'throttled' | 'vault';

/** What happens to the gate, one after the other. */
type Step =
  | { readonly type: 'arrive' }
  | { readonly type: 'end'; readonly which: number; readonly end: End }
  | { readonly type: 'abort'; readonly which: number; readonly heeded: boolean }
  | { readonly type: 'time'; readonly ms: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ type: fc.constant('arrive' as const) }) },
    fc.record({
      type: fc.constant('end' as const),
      which: fc.nat(10),
      end: fc.constantFrom<End>('token', 'trouble', 'trouble', 'throttled', 'vault'),
    }),
    fc.record({ type: fc.constant('abort' as const), which: fc.nat(10), heeded: fc.boolean() }),
    fc.record({ type: fc.constant('time' as const), ms: fc.constantFrom(1, 4_999, 5_500, 30_000, 400_000) }),
    fc.record({ type: fc.constant('time' as const), ms: fc.constantFrom(-1_000, -3_600_000) }),
  ),
  { minLength: 4, maxLength: 60 },
);

function failureOf(end: Exclude<End, 'token'>): TokenAcquisitionError {
  const retryAfterMs = end === 'throttled' ? 20_000 : undefined;
  const init = { code: 'http_503', message: 'answered 503', correlationId: 'id', transient: true };
  const cause = end === 'vault' ? new Error('vault') : new ProviderFailure(init);
  return refused('No token for s: the identity provider answered 503', ['s'], {
    transient: true,
    retryAfterMs,
    cause,
  });
}

interface Asked {
  /** Counts everything that happened at the gate. */
  readonly at: number;
  readonly caller: number;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly end: (end: End | 'abort') => void;
}

/** Plays the steps, and looks after each whether anybody was let through who should not have been. */
class Play {
  readonly clock = manualClock({ fakeGlobals: false });
  now = this.clock.now();
  readonly gate = new ProviderGate({
    clock: {
      now: () => this.now,
      setTimeout: () => {
        throw new Error('A gate has no timer');
      },
    },
    random: () => 0.5,
  });
  readonly callers: { readonly abort: AbortController; settled: boolean }[] = [];
  readonly violations: string[] = [];
  asked: Asked[] = [];
  happened = 0;
  /** When it was last told to leave the provider alone, by what `happened` counts; `undefined`: since then it has answered. */
  closedAt: number | undefined = undefined;
  /** When it was last closed or opened: what was asked before says nothing about the time after. */
  turnedAt = 0;
  notBefore = -Infinity;

  arrive(): void {
    const caller = this.callers.length;
    const abort = new AbortController();
    const state = { abort, settled: false };
    this.callers.push(state);
    const arrival = { scopes: [`s${caller}`], caller: { signal: abort.signal } };
    this.gate
      .pass(arrival, () => this.#ask(caller))
      .then(
        () => (state.settled = true),
        (error: unknown) => {
          state.settled = true;
          if (!isHoldfastError(error, 'ERR_TOKEN_ACQUISITION') || !error.message.includes('asked again'))
            return;
          expect(error.scopes).toEqual([`s${caller}`]);
          expect(error.retryAfterMs).toBeGreaterThanOrEqual(0);
          expect(error.retryAfterMs).toBeLessThanOrEqual(LONGEST_MS);
        },
      );
  }

  #ask(caller: number): Promise<string> {
    this.happened += 1;
    if (this.now < this.notBefore) this.violations.push(`asked ${this.notBefore - this.now} ms too early`);
    const { closedAt } = this;
    // Those that were under way before it was closed do not count; of the others there is one at a time.
    if (
      closedAt !== undefined &&
      this.asked.some(({ at, since }) => at > closedAt && this.now - since < LONGEST_PROBE_MS)
    )
      this.violations.push('two were asked for at a time');
    return new Promise((resolve, reject) => {
      const end = (how: End | 'abort') => {
        if (how === 'token') resolve('token');
        else reject(how === 'abort' ? new Error('aborted') : failureOf(how));
      };
      this.asked.push({ at: this.happened, caller, since: this.now, end });
    });
  }

  end(one: Asked | undefined, end: End): void {
    if (one === undefined) return;
    this.asked = this.asked.filter((other) => other !== one);
    this.happened += 1;
    const isNews = one.at > this.turnedAt;
    // Nobody listens to what becomes of a probe that was given up.
    const isHeard = !(this.callers[one.caller]?.abort.signal.aborted === true && this.closedAt !== undefined);
    const until = this.now + (end === 'throttled' ? 20_000 : 5_000);
    // A word of the provider's own counts even when it was asked long ago.
    const closes =
      (end === 'trouble' && isNews) || (end === 'throttled' && (isNews || until > this.notBefore));
    if (isHeard && closes) {
      this.notBefore = Math.max(this.notBefore, until);
      this.closedAt = this.turnedAt = this.happened;
    }
    if (isHeard && end === 'token' && isNews && this.closedAt !== undefined) {
      this.closedAt = undefined;
      this.turnedAt = this.happened;
    }
    one.end(end);
  }

  abort(which: number, heeded: boolean): void {
    const caller = this.callers.length === 0 ? -1 : which % this.callers.length;
    this.callers[caller]?.abort.abort();
    const one = this.asked.find((asked) => asked.caller === caller);
    // A probe makes way even when it does not end; what was sent in ordinary times ends by itself.
    if (one === undefined || (!heeded && this.closedAt !== undefined)) {
      if (one !== undefined) this.asked = this.asked.filter((other) => other !== one);
      return;
    }
    this.asked = this.asked.filter((other) => other !== one);
    one.end('abort');
  }

  time(ms: number): void {
    this.now += ms;
    if (ms < 0) this.notBefore = -Infinity;
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 60; turn += 1) await Promise.resolve();
    expect(this.violations).toEqual([]);
  }
}

describe('the gate, whatever the order of answers, aborts and steps of the clock', () => {
  it('lets nobody through before the time, then one at a time, and leaves nobody waiting', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const play = new Play();
        for (const step of all) {
          if (step.type === 'arrive') play.arrive();
          else if (step.type === 'end')
            play.end(play.asked[step.which % Math.max(1, play.asked.length)], step.end);
          else if (step.type === 'abort') play.abort(step.which, step.heeded);
          else play.time(step.ms);
          await play.settle();
        }
        // Whatever has happened: once everything has ended and the longest backoff is over, it is asked again.
        while (play.asked.length > 0) {
          play.end(play.asked[0], 'token');
          await play.settle();
        }
        expect(play.callers.filter(({ abort, settled }) => !settled && !abort.signal.aborted)).toEqual([]);
        // A gate sees that the clock was set back when somebody comes by.
        play.arrive();
        await play.settle();
        while (play.asked.length > 0) play.end(play.asked[0], 'token');
        play.time(LONGEST_MS);
        play.arrive();
        await play.settle();
        expect(play.asked).toHaveLength(1);
        play.end(play.asked[0], 'token');
        await play.settle();
        play.arrive();
        play.arrive();
        await play.settle();
        expect(play.asked).toHaveLength(2);
      }),
      { numRuns: 300 },
    );
  });
});
