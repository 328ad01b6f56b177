import { CurrentCall, type Failure } from '@holdfast/core';
import { AxiosError, AxiosHeaders, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import fc from 'fast-check';
import { Readable } from 'node:stream';
import { RetryBudget } from './index.js';
import { verdictOn, type Rules } from './verdict.js';

const NOW = 1_700_000_000_000;

interface Case {
  readonly method: string;
  readonly keyed: boolean;
  readonly streamed: boolean;
  readonly what: number | string;
  readonly hint: number | undefined;
  readonly said: 'true' | 'false' | undefined;
  readonly condition: boolean | undefined;
  readonly delay: number | undefined;
  readonly retryNumber: number;
  readonly random: number;
  readonly deadlineMs: number;
  readonly totalMs: number;
  readonly paid: boolean;
  readonly gated: boolean;
  readonly waitsForCircuit: boolean;
}

const cases: fc.Arbitrary<Case> = fc.record({
  method: fc.constantFrom('get', 'HEAD', 'options', 'trace', 'put', 'delete', 'query', 'post', 'patch'),
  keyed: fc.boolean(),
  streamed: fc.boolean(),
  what: fc.constantFrom<number | string>(
    ...[400, 401, 404, 408, 409, 429, 500, 501, 502, 503, 504, 505, 520],
    ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'CERT_HAS_EXPIRED', 'ERR_CANCELED', 'ERR_CIRCUIT_OPEN'],
  ),
  hint: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
  said: fc.constantFrom('true', 'false', undefined),
  condition: fc.constantFrom(true, false, undefined),
  delay: fc.constantFrom(undefined, 0, 1_234, -1, NaN, Infinity),
  retryNumber: fc.integer({ min: 1, max: 40 }),
  random: fc.double({ min: 0, max: 0.999, noNaN: true }),
  deadlineMs: fc.constantFrom(1, 1_000, 30_000, Infinity),
  totalMs: fc.constantFrom(0, 0, 5_000),
  paid: fc.boolean(),
  gated: fc.boolean(),
  waitsForCircuit: fc.boolean(),
});

/** What the documentation says, as short as it can be said. */
function expected(one: Case): { readonly delayMs: number; readonly waitMs: number } | undefined {
  const { what, hint, said, condition, delay, random } = one;
  const answered = typeof what === 'number';
  if (['CERT_HAS_EXPIRED', 'ERR_CANCELED'].includes(String(what))) return undefined;
  if (what === 'ERR_CIRCUIT_OPEN') return one.waitsForCircuit ? afterRefusal(one) : undefined;
  if (answered && said === 'false') return undefined;
  const byTable = !answered || what === 408 || what === 429 || (what >= 500 && what !== 501 && what !== 505);
  if (!(condition ?? (byTable || said === 'true'))) return undefined;
  if (one.streamed) return undefined;
  const isSafe = one.keyed || !/^(?:post|patch)$/.test(one.method);
  if (!isSafe && what !== 429 && what !== 'ECONNREFUSED' && !(answered && said === 'true')) return undefined;
  const own = delay !== undefined && Number.isFinite(delay) && delay >= 0 ? delay : undefined;
  const backoff = own ?? random * Math.min(5_000, 200 * 2 ** (one.retryNumber - 1));
  const told = answered && hint ? hint * 1_000 + random * Math.max(50, hint * 100) : 0;
  let waitMs = backoff;
  if (told > 0) waitMs = delay === undefined || one.gated ? told : Math.max(told, backoff);
  if (waitMs >= one.deadlineMs || (one.totalMs > 0 && one.totalMs - waitMs < 1) || !one.paid)
    return undefined;
  return { waitMs, delayMs: one.gated ? 0 : waitMs };
}

/** A wait for an open circuit: whatever the method, the body, the condition, the gate and the budget. */
function afterRefusal({ hint, delay, random, retryNumber, deadlineMs, totalMs }: Case) {
  const own = delay !== undefined && Number.isFinite(delay) && delay >= 0 ? delay : undefined;
  const backoff = own ?? random * Math.min(5_000, 200 * 2 ** (retryNumber - 1));
  const told = hint ? hint * 1_000 + random * Math.max(50, hint * 100) : 0;
  const waitMs = told > 0 && delay === undefined ? told : Math.max(told, backoff);
  if (waitMs >= deadlineMs || (totalMs > 0 && totalMs - waitMs < 1)) return undefined;
  return { waitMs, delayMs: waitMs };
}

function factsOf(one: Case) {
  const headers = new AxiosHeaders(one.keyed ? { 'idempotency-key': 'mine' } : {});
  const data: unknown = one.streamed ? Readable.from([]) : 'text';
  const config: InternalAxiosRequestConfig = { method: one.method, headers, data };
  const call = new CurrentCall();
  call.startedAt = NOW;
  call.deadlineAt = NOW + one.deadlineMs;
  if (one.gated) call.heldUntil = NOW + 1_000;
  const budget = new RetryBudget({ ratio: 0, minPerSecond: one.paid ? 1 : 0 });
  const { condition, delay } = one;
  const rules: Rules = {
    retries: 40,
    baseDelayMs: 200,
    maxDelayMs: 5_000,
    shouldResetTimeout: one.totalMs === 0,
    retryOpenCircuit: one.waitsForCircuit,
    retryCondition: condition === undefined ? undefined : () => condition,
    retryDelay: delay === undefined ? undefined : () => delay,
    onRetry: undefined,
    onMaxRetryTimesExceeded: undefined,
    validateResponse: undefined,
    idempotencyHeader: 'Idempotency-Key',
    budget,
    clock: { now: () => NOW, setTimeout: () => ({ cancel: () => undefined, unref: () => undefined }) },
    random: () => one.random,
    warnOfBudget: () => undefined,
  };
  const { retryNumber, totalMs } = one;
  return { failed: failureOf(one, config), retryNumber, config, call, rules, totalMs };
}

function failureOf({ what, hint, said }: Case, config: InternalAxiosRequestConfig): Failure {
  if (typeof what === 'string') {
    const syscall = what === 'ECONNREFUSED' ? 'connect' : 'read';
    const retryAfterMs = (hint ?? 0) * 1_000;
    return { error: Object.assign(new AxiosError(what, what, config), { syscall, retryAfterMs }) };
  }
  const headers = new AxiosHeaders();
  if (hint !== undefined) headers.set('retry-after', String(hint));
  if (said !== undefined) headers.set('x-should-retry', said);
  const response: AxiosResponse = { status: what, statusText: '', data: '', headers, config };
  return { response };
}

it('no failed attempt is followed by another but by the rules, nor earlier than by the rules', async () => {
  let retried = 0;
  await fc.assert(
    fc.asyncProperty(cases, async (one) => {
      const verdict = await verdictOn(factsOf(one));
      const wanted = expected(one);
      expect(verdict.retry).toBe(wanted !== undefined);
      if (!verdict.retry || wanted === undefined) return;
      retried += 1;
      expect(verdict.delayMs).toBeCloseTo(wanted.delayMs, 6);
      expect(verdict.timeoutMs).toBe(one.totalMs > 0 ? Math.floor(one.totalMs - wanted.waitMs) : undefined);
    }),
    { numRuns: 3_000 },
  );
  // Else nothing was said about waits.
  expect(retried).toBeGreaterThan(100);
});

type Step = { readonly seconds: number } & ({ readonly calls: number } | { readonly price: number });

it('a budget never pays out more than its share of the last ten seconds, nor more of it at once than three seconds’ worth, and never less', () => {
  const steps: fc.Arbitrary<Step[]> = fc.array(
    fc
      .record({ seconds: fc.integer({ min: 0, max: 12 }) })
      .chain(({ seconds }) =>
        fc.oneof(
          fc.record({ seconds: fc.constant(seconds), calls: fc.integer({ min: 1, max: 40 }) }),
          fc.record({ seconds: fc.constant(seconds), price: fc.constantFrom(0.2, 1) }),
        ),
      ),
    { maxLength: 60 },
  );
  const ratio = fc.constantFrom(0, 0.1, 0.5, 1);
  fc.assert(
    fc.property(steps, ratio, fc.integer({ min: 0, max: 2 }), (script, share, minPerSecond) => {
      const budget = new RetryBudget({ ratio: share, minPerSecond });
      let second = 1_000;
      // In hundredths, so that the reference has whole numbers.
      const log: { readonly second: number; readonly earned: number; readonly spent: number }[] = [];
      for (const step of script) {
        second += step.seconds;
        if ('calls' in step) {
          for (let call = 0; call < step.calls; call += 1) budget.observe(second * 1_000 + 7);
          log.push({ second, earned: step.calls * share * 100, spent: 0 });
          continue;
        }
        const recent = log.filter((entry) => entry.second > second - 10);
        const earned = recent.reduce((sum, entry) => sum + entry.earned, minPerSecond * 1_000);
        const spent = recent.reduce((sum, entry) => sum + entry.spent, 0);
        const worth = Math.max(minPerSecond * 100, (earned - minPerSecond * 1_000) / 10);
        const justSpent = recent.reduce((sum, one) => sum + (one.second > second - 2 ? one.spent : 0), 0);
        const isBurst =
          step.price >= 1 &&
          justSpent > 0 &&
          Math.round(justSpent + step.price * 100) > Math.round(3 * worth);
        const paid = Math.round(spent + step.price * 100) <= Math.round(earned) && !isBurst;
        expect(budget.spend(step.price, second * 1_000 + 999)).toBe(paid);
        if (paid) log.push({ second, earned: 0, spent: step.price * 100 });
      }
    }),
    { numRuns: 1_000 },
  );
});
