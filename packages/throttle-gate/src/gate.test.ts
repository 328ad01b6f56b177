import axios from 'axios';
import fc from 'fast-check';
import { currentCall, install, type Interceptor } from '@holdfast/core';
import { manualClock, scriptedTransport, type Step } from '@holdfast/testing';
import { throttleGate } from './index.js';

const MAX_CLOSED_MS = 4_000;
const MAX_WAITERS = 3;

const answers: Readonly<Record<string, Step>> = {
  ok: { status: 200, delayMs: 20 },
  slow: { status: 200, delayMs: 700 },
  unavailable: { status: 503, delayMs: 5 },
  throttled: { status: 429, delayMs: 10 },
  'throttled for 1 s': { status: 429, delayMs: 30, headers: { 'retry-after': '1' } },
  'throttled for 3 s': { status: 503, delayMs: 300, headers: { 'retry-after': '3' } },
  'throttled for a day': { status: 429, headers: { 'retry-after': '86400' } },
  reset: { error: 'ECONNRESET', delayMs: 15 },
  hang: 'hang',
};

interface Arrival {
  readonly pauseMs: number;
  readonly answer: string;
  readonly deadlineMs: number;
  readonly cancelAfterMs: number | undefined;
  readonly retries: number;
}

const arrival: fc.Arbitrary<Arrival> = fc.record({
  pauseMs: fc.oneof(fc.constant(0), fc.nat(100), fc.nat(3_000)),
  answer: fc.constantFrom(...Object.keys(answers)),
  deadlineMs: fc.constantFrom(100, 1_500, 20_000, Infinity),
  cancelAfterMs: fc.option(fc.nat(4_000), { nil: undefined }),
  retries: fc.nat(2),
});

// The next in line has the same deadline, and must not become the probe at that instant.
const probeCanceledAtItsDeadline: Arrival[] = [0, 981, 0].map((pauseMs, index) => ({
  pauseMs,
  answer: index === 0 ? 'throttled for 1 s' : 'ok',
  deadlineMs: 100,
  cancelAfterMs: undefined,
  retries: 0,
}));

describe('throttleGate(), whatever calls, answers, deadlines and cancellations', () => {
  it('sends nothing before the instant, lets no wait outlast its deadline, and settles every call', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(arrival, { minLength: 1, maxLength: 25 }),
        fc.constantFrom(0, 0.5, 0.999),
        async (arrivals, chance) => {
          using clock = manualClock();
          const broken: string[] = [];
          let closedUntil = 0;

          // Inside: what was sent, and the specification of "closed".
          const watching: Interceptor = (next) => async (config) => {
            const { deadlineAt } = currentCall(config);
            if (clock.now() < closedUntil) broken.push(`sent ${closedUntil - clock.now()} ms early`);
            if (config.signal?.aborted === true) broken.push('sent after it was cancelled');
            if (clock.now() >= deadlineAt) broken.push('sent after its deadline');
            const response = await next(config);
            const seconds = Number((response.headers as Record<string, unknown>)['retry-after'] ?? 0);
            const asked = clock.now() + Math.min(seconds * 1_000, MAX_CLOSED_MS);
            if (seconds > 0) closedUntil = Math.max(closedUntil, asked);
            return response;
          };
          // Outside: the deadline, and the retries of what was throttled.
          const driving: Interceptor = (next) => async (config) => {
            const call = currentCall(config);
            const { deadlineMs, retries } = config.params as Arrival;
            call.deadlineAt = clock.now() + deadlineMs;
            let response = await next(config);
            for (let retry = 0; retry < retries && call.heldUntil !== undefined; retry += 1) {
              response = await next(config);
            }
            return response;
          };

          const gate = throttleGate({
            clock,
            random: () => chance,
            maxClosedMs: MAX_CLOSED_MS,
            maxWaiters: MAX_WAITERS,
          });
          const transport = scriptedTransport(({ url }) => answers[url] ?? 'hang', { clock });
          const client = axios.create({ adapter: transport.adapter });
          install(client, [driving, gate, watching], { clock });

          const settled: Promise<void>[] = [];
          for (const params of arrivals) {
            await clock.advance(params.pauseMs);
            const giveUp = new AbortController();
            const limits = [params.cancelAfterMs, params.deadlineMs].filter((ms) => ms !== undefined);
            const cancelAt = Math.min(...limits);
            const timer =
              cancelAt < Infinity
                ? clock.setTimeout(() => {
                    giveUp.abort();
                  }, cancelAt)
                : undefined;
            const came = client.get(params.answer, { params, timeout: 2_000, signal: giveUp.signal }).then(
              ({ status }) => String(status),
              (error: unknown) =>
                axios.isAxiosError(error) ? String(error.response?.status ?? error.code) : 'other',
            );
            settled.push(
              came.then((outcome) => {
                seen.add(outcome);
                timer?.cancel();
              }),
            );
          }
          await clock.advance(3_600_000);
          const all = await Promise.race([
            Promise.all(settled),
            clock.settle().then(() => 'some never settled'),
          ]);
          expect([all === 'some never settled', broken, clock.pending]).toEqual([false, [], 0]);
        },
      ),
      { numRuns: 150, examples: [[probeCanceledAtItsDeadline, 0.5]] },
    );
    // Else the calls are too tame to prove anything.
    const outcomes = ['200', '429', '503', 'ECONNABORTED', 'ECONNRESET', 'ERR_CANCELED', 'ERR_THROTTLED'];
    expect([...seen].sort()).toEqual(outcomes);
  }, 30_000);
});
