import fc from 'fast-check';
import {
  type Happenings,
  happenings,
  happeningsOnASetClock,
  happeningsWithAStore,
} from './made-gate-model-commands.js';
import { GateRun } from './made-gate-model-run.js';
import type { GateSpec } from './made-gate-model.js';

const RUNS = Number(process.env['HOLDFAST_RUNS'] ?? 200);
const LIMIT_MS = 30_000 + 500 * RUNS;

const spec: fc.Arbitrary<GateSpec> = fc.record({
  maxClosedMs: fc.constantFrom(2_500, 4_000),
  maxWaiters: fc.constantFrom(0, 1, 3, 30),
  rampMs: fc.constantFrom(0, 400, 1_000),
  probeTimeoutMs: fc.constantFrom(700, 2_000),
  chance: fc.constantFrom(0, 0.37, 0.999),
  mode: fc.constant('enforce'),
});

/** What the calls have met. */
let met: Set<string>;
beforeEach(() => {
  met = new Set();
});

async function holds(commands: Happenings, made: GateSpec, isShared: boolean): Promise<void> {
  const run = new GateRun(made, isShared);
  try {
    await fc.asyncModelRun(() => ({ model: run.models, real: run }), commands);
    expect(await run.end()).toEqual([]);
  } finally {
    run.stop();
    for (const what of run.met) met.add(what);
  }
}

describe('throttleGate(), whatever is called, answered, cancelled and left without an answer', () => {
  it(
    'sends, holds and refuses whom it must, in order of arrival, and leaves no call and no timer behind',
    async () => {
      const property = fc.asyncProperty(happenings, spec, (commands, made) => holds(commands, made, false));
      await fc.assert(property, { numRuns: RUNS });
      // Else the calls are too tame to prove anything.
      const answers = ['200', '404', '429', '500', '503', 'canceled', 'failed', 'refused'];
      const sent = ['sent: open', 'sent: closed', 'sent: probe', 'sent: ramp'];
      expect([...met]).toEqual(expect.arrayContaining([...answers, ...sent]));
    },
    LIMIT_MS,
  );

  it(
    'is early or late by no more than its clock was set by',
    async () => {
      const property = fc.asyncProperty(happeningsOnASetClock, spec, (commands, made) =>
        holds(commands, made, false),
      );
      await fc.assert(property, { numRuns: Math.ceil(RUNS / 2) });
    },
    LIMIT_MS,
  );

  it(
    'sends nothing before the instant that another process was told, and goes on while their store throws',
    async () => {
      const property = fc.asyncProperty(happeningsWithAStore, spec, (commands, made) =>
        holds(commands, made, true),
      );
      await fc.assert(property, { numRuns: Math.ceil(RUNS / 2) });
    },
    LIMIT_MS,
  );

  it(
    'holds up and refuses nobody where it only observes',
    async () => {
      const property = fc.asyncProperty(happenings, spec, (commands, made) =>
        holds(commands, { ...made, mode: 'observe' }, false),
      );
      await fc.assert(property, { numRuns: Math.ceil(RUNS / 4) });
      expect([...met]).toEqual(expect.arrayContaining(['200', '429', 'sent: open']));
    },
    LIMIT_MS,
  );
});
