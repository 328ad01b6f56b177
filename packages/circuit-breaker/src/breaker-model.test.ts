import fc from 'fast-check';
import type { ModelRules } from './made-breaker-model.js';
import { HAPPENINGS, JUMPS, OPERATIONS, recovers } from './made-breaker-model-commands.js';
import { MadeService } from './made-breaker-model-service.js';
import { ModelOfAll, type Command } from './made-breaker-model-step.js';

const RUNS = Number(process.env['HOLDFAST_RUNS'] ?? 100);
const LIMIT_MS = 30_000 + 500 * RUNS;

const rules: fc.Arbitrary<ModelRules> = fc.record<ModelRules>({
  windowMs: fc.constantFrom(1_000, 10_000),
  // With the last, nothing but a run opens it.
  minimumAttempts: fc.constantFrom(4, 6, 6, 500),
  failureRatio: fc.constantFrom(0.5, 0.8),
  consecutiveFailures: fc.constantFrom(3, 5),
  consecutiveSpanMs: fc.constantFrom(0, 50, 500),
  openMs: fc.constantFrom(100, 1_000),
  maxOpenMs: fc.constantFrom(500, 60_000),
  probes: fc.constantFrom(3, 4),
  probesToClose: fc.constantFrom(1, 2, 3),
  probeTimeoutMs: fc.constantFrom(400, 10_000),
  rampMs: fc.constantFrom(0, 3_000),
  gated: fc.boolean(),
  slowMs: fc.constantFrom<number | false>(false, 300),
  slowRatio: fc.constantFrom(0.5, 0.8),
  mode: fc.constantFrom('enforce', 'enforce', 'observe'),
});

async function agrees(rule: ModelRules, commands: Iterable<Command>, reached: Set<string>): Promise<void> {
  const real = new MadeService(rule);
  const model = new ModelOfAll(rule, reached);
  try {
    await fc.asyncModelRun(() => ({ model, real }), commands);
    await recovers(model, real);
  } finally {
    real.dispose();
  }
}

describe('a service that answers, fails, hangs and is given up on as it pleases', () => {
  it(
    'is called, refused and called again exactly as its circuit is specified',
    async () => {
      const reached = new Set<string>();
      const commands = fc.commands([...HAPPENINGS], { maxCommands: 60, size: '+1' });
      await fc.assert(
        fc.asyncProperty(rules, commands, (rule, happenings) => agrees(rule, happenings, reached)),
        { numRuns: RUNS },
      );
      // Else what happened is too tame to prove anything.
      expect([...reached].sort()).toEqual([
        'closed -> open',
        'half-open -> closed',
        'half-open -> open',
        'open -> half-open',
        'refused while closed',
        'refused while half-open',
        'refused while open',
        'sent while closed',
        'sent while half-open',
      ]);
    },
    LIMIT_MS,
  );

  it(
    'does what an operator says for as long as he says, and is then judged by what it does',
    async () => {
      const reached = new Set<string>();
      const commands = fc.commands([...HAPPENINGS, OPERATIONS], { maxCommands: 60, size: '+1' });
      await fc.assert(
        fc.asyncProperty(rules, commands, (rule, happenings) => agrees(rule, happenings, reached)),
        { numRuns: RUNS },
      );
      expect([...reached]).toEqual(expect.arrayContaining(['forced open', 'forced closed', 'released']));
    },
    LIMIT_MS,
  );

  it(
    'is refused no longer than by as much as a clock was set meanwhile',
    async () => {
      const reached = new Set<string>();
      const commands = fc.commands([...HAPPENINGS, JUMPS, OPERATIONS], { maxCommands: 60, size: '+1' });
      await fc.assert(
        fc.asyncProperty(rules, commands, (rule, happenings) => agrees(rule, happenings, reached)),
        { numRuns: RUNS },
      );
      expect([...reached]).toEqual(
        expect.arrayContaining(['set back', 'set forward', 'half-open -> closed']),
      );
    },
    LIMIT_MS,
  );
});
