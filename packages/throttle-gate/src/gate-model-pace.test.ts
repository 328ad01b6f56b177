import axios from 'axios';
import fc from 'fast-check';
import { currentCall, install, isHoldfastError, type Interceptor } from '@holdfast/core';
import { manualClock } from '@holdfast/testing';
import { MadeService } from './made-gate-model-service.js';
import { throttleGate } from './index.js';

const RUNS = Number(process.env['HOLDFAST_RUNS'] ?? 200);
const LIMIT_MS = 30_000 + 500 * RUNS;
const MAX_CLOSED_MS = 5_000;
const MAX_WAITERS = 4;

/** What a service says it still allows. */
const allowance = fc.record({
  left: fc.constantFrom(0, 1, 2, 5, 40, 80),
  seconds: fc.constantFrom(1, 2, 10),
  quota: fc.constantFrom(undefined, 10, 100),
});
type Allowance = typeof allowance extends fc.Arbitrary<infer T> ? T : never;

const step = fc.oneof(
  fc.record({ calls: fc.constantFrom(1, 1, 3), deadlineMs: fc.constantFrom(Infinity, Infinity, 300, 2_000) }),
  fc.record({ answers: fc.nat(9), allowance }),
  fc.record({ passMs: fc.oneof(fc.nat(50), fc.nat(900), fc.nat(4_000)) }),
  fc.record({ cancels: fc.nat(9) }),
);

interface Called {
  readonly id: number;
  readonly deadlineAt: number;
  readonly giveUp: AbortController;
}

/** A paced gate, and the rules that it must keep. */
class PacedRun {
  readonly broken: string[] = [];
  readonly #time = manualClock({ fakeGlobals: false });
  readonly #line: Called[] = [];
  readonly #open = new Map<string, Called>();
  readonly #service = new MadeService((config) => Number(config.headers.get('number')));
  #pace = { resetAt: 0, stepMs: 0 };
  #lastAt = -Infinity;
  #calls = 0;

  // Outside and inside of the gate.
  readonly #arriving: Interceptor = (next) => (config) => {
    const called = this.#open.get(String(config.headers.get('number')));
    if (called !== undefined) {
      this.#line.push(called);
      currentCall(config).deadlineAt = called.deadlineAt;
    }
    return next(config);
  };
  readonly #sending: Interceptor = (next) => (config) => {
    this.#sent(Number(config.headers.get('number')));
    return next(config);
  };
  readonly #client = axios.create({ adapter: this.#service.adapter, baseURL: 'https://orders.test' });

  constructor() {
    const clock = this.#time;
    const gate = throttleGate({
      clock,
      pace: true,
      maxClosedMs: MAX_CLOSED_MS,
      maxWaiters: MAX_WAITERS,
      rampMs: 500,
    });
    install(this.#client, [this.#arriving, gate, this.#sending], { clock });
  }

  #sent(id: number): void {
    const now = this.#time.now();
    // Who has no time left is passed over.
    const first = this.#line.find((one) => one.id === id || one.deadlineAt > now);
    if (first?.id !== id) this.broken.push(`${id} was sent out of turn`);
    const [called] = this.#leave(id);
    if (called !== undefined && called.deadlineAt <= now)
      this.broken.push(`${id} was sent after its deadline`);
    const { resetAt, stepMs } = this.#pace;
    const slot = stepMs === Infinity ? resetAt : Math.min(resetAt, this.#lastAt + stepMs);
    // A slot that falls between two milliseconds is taken at the second, and the next one goes by the slot.
    if (now < resetAt && now < slot - 1) this.broken.push(`${id} was sent ${slot - now} ms before its slot`);
    this.#lastAt = now;
  }

  #refused(id: number, until: number): void {
    const now = this.#time.now();
    const place = this.#line.findIndex((one) => one.id === id);
    const [called] = this.#leave(id);
    // Those who have waited come out one after the other, and who comes meanwhile stands behind them.
    const isPaced = now < this.#pace.resetAt + 510 || place > 0;
    const isLate = (called?.deadlineAt ?? 0) < Infinity;
    if (!isPaced || (!isLate && place < MAX_WAITERS)) this.broken.push(`${id} was refused for no reason`);
    if (until < now || until > Math.max(now, this.#pace.resetAt) + 500 * (this.#line.length + 2))
      this.broken.push(`${id} was told ${until - now} ms`);
  }

  #leave(id: number): readonly Called[] {
    const place = this.#line.findIndex((one) => one.id === id);
    return place < 0 ? [] : this.#line.splice(place, 1);
  }

  async call(deadlineMs: number): Promise<void> {
    this.#calls += 1;
    const id = this.#calls;
    const called = { id, deadlineAt: this.#time.now() + deadlineMs, giveUp: new AbortController() };
    this.#open.set(String(id), called);
    const came = this.#client.get('/', { headers: { number: String(id) }, signal: called.giveUp.signal });
    const end = () => this.#open.delete(String(id));
    came.then(end, (error: unknown) => {
      end();
      if (isHoldfastError(error, 'ERR_THROTTLED')) this.#refused(id, error.until);
    });
    await this.#time.settle();
    // While those who have waited come out, there is room for 32 more.
    if (this.#line.length > MAX_WAITERS + 32) this.broken.push(`${this.#line.length} wait`);
  }

  async answer(nth: number, { left, seconds, quota }: Allowance): Promise<void> {
    const sent = this.#service.open[nth % Math.max(1, this.#service.open.length)];
    if (sent === undefined) return;
    const now = this.#time.now();
    const isScarce = quota === undefined || left < quota / 2;
    const lastsMs = Math.min(seconds * 1_000, MAX_CLOSED_MS);
    const stepMs = left === 0 ? Infinity : (seconds * 1_000) / left;
    // The first call after a pace has begun need not wait for the one before that.
    if (this.#pace.resetAt <= now) this.#lastAt = -Infinity;
    this.#pace = isScarce ? { resetAt: now + lastsMs, stepMs } : { resetAt: now, stepMs: 0 };
    const policy = quota === undefined ? {} : { 'ratelimit-policy': `"all";q=${quota};w=60` };
    const headers = { ratelimit: `"all";r=${left};t=${seconds}`, ...policy };
    sent.answer({ status: 200, afterMs: 0, headers });
    await this.#time.settle();
  }

  async cancel(nth: number): Promise<void> {
    const all = [...this.#open.values()];
    const called = all[nth % Math.max(1, all.length)];
    if (called === undefined) return;
    this.#leave(called.id);
    called.giveUp.abort();
    await this.#time.settle();
  }

  async pass(ms: number): Promise<void> {
    const arrived = new Promise<void>((resolve) => {
      this.#time.setTimeout(resolve, ms);
    });
    await this.#time.runUntilSettled(arrived);
  }

  /** No pace outlasts its reset: everybody is out soon after. */
  async end(): Promise<readonly string[]> {
    await this.pass(MAX_CLOSED_MS + 1_000);
    if (this.#line.length > 0) this.broken.push(`${this.#line.length} wait for ever`);
    if (this.#time.pending > 0) this.broken.push(`${this.#time.pending} timers are left`);
    return this.broken;
  }
}

describe('throttleGate() with a pace, whatever the service says is left', () => {
  it(
    'sends in order of arrival, none before its slot, and holds up nobody beyond the reset',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }), async (steps) => {
          const run = new PacedRun();
          for (const one of steps) {
            if ('calls' in one)
              for (let made = 0; made < one.calls; made += 1) await run.call(one.deadlineMs);
            else if ('answers' in one) await run.answer(one.answers, one.allowance);
            else if ('passMs' in one) await run.pass(one.passMs);
            else await run.cancel(one.cancels);
          }
          expect(await run.end()).toEqual([]);
        }),
        { numRuns: Math.ceil(RUNS / 2) },
      );
    },
    LIMIT_MS,
  );
});
