import fc from 'fast-check';
import { KEYS, type GateRun, type Key } from './made-gate-model-run.js';
import type { Reply } from './made-gate-model-service.js';

type Models = GateRun['models'];
type Command = fc.AsyncCommand<Models, GateRun>;
export type Happenings = Iterable<Command>;

/** One thing that happens; what model and gate make of it is compared afterwards. */
class Happening implements Command {
  readonly #what: string;
  readonly #happen: (run: GateRun) => Promise<void> | void;

  constructor(what: string, happen: (run: GateRun) => Promise<void> | void) {
    this.#what = what;
    this.#happen = happen;
  }

  check(): boolean {
    return true;
  }

  async run(_models: Models, run: GateRun): Promise<void> {
    await this.#happen(run);
    const wrong = run.differences();
    if (wrong.length > 0) throw new Error(`after ${this.#what}: ${wrong.join('; ')}`);
  }

  toString(): string {
    return this.#what;
  }
}

const asked = (status: number, seconds: number): Reply => ({
  status,
  retryAfter: String(seconds),
  afterMs: seconds * 1_000,
});
const replies: readonly (Reply | 'reset')[] = [
  { status: 200, afterMs: 0 },
  { status: 200, afterMs: 0 },
  { status: 200, afterMs: 0 },
  { status: 404, afterMs: 0 },
  { status: 500, afterMs: 0 },
  { status: 503, afterMs: 0 },
  { status: 429, afterMs: 0 },
  asked(429, 1),
  asked(503, 2),
  asked(429, 3),
  asked(429, 86_400),
  asked(429, 0),
  { status: 429, afterMs: 0, retryAfter: 'soon' },
  { status: 429, afterMs: 0, retryAfter: '-1' },
  { status: 200, afterMs: 0, retryAfter: '5' },
  'reset',
];

const key = fc.constantFrom<Key>(...KEYS, KEYS[0], KEYS[0]);
const pick = fc.nat(30);

/** A deadline: none, some time from now, or so many milliseconds after the instant, or after its spread. */
const deadline = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ after: 'never', ms: 0 }) },
  { weight: 2, arbitrary: fc.record({ after: fc.constant('now'), ms: fc.nat(6_000) }) },
  {
    weight: 2,
    arbitrary: fc.record({ after: fc.constantFrom('instant', 'probe'), ms: fc.integer({ min: -1, max: 2 }) }),
  },
);

const call = fc
  .record({ key, count: fc.constantFrom(1, 1, 1, 2, 6), deadline, retries: fc.nat(2) })
  .map(({ key: of, count, deadline: { after, ms }, retries }) => {
    const what = `${count} calls to ${of}, ${retries} retries, deadline ${ms} ms after ${after}`;
    return new Happening(what, async (run) => {
      const { until, probeAt } = run.models[of];
      const instants: Readonly<Record<string, number>> = {
        never: Infinity,
        now: run.now + 1,
        instant: until,
        probe: Math.ceil(probeAt),
      };
      const instant = (instants[after] ?? Infinity) + ms;
      const deadlineAt = instant > run.now ? instant : Infinity;
      for (let made = 0; made < count; made += 1) await run.call(of, deadlineAt, retries);
    });
  });

const answer = fc.record({ pick, reply: fc.constantFrom(...replies) }).map(
  ({ pick: nth, reply }) =>
    new Happening(`answer ${nth}: ${JSON.stringify(reply)}`, async (run) => {
      const sent = run.sent[nth % Math.max(1, run.sent.length)];
      if (sent !== undefined) await run.answer(sent, reply);
    }),
);

/** What a crowd meets: closed, with some who wait. */
const throttle = fc
  .record({ key, seconds: fc.constantFrom(1, 2, 86_400), retries: fc.nat(2), waiting: fc.nat(6) })
  .map(
    ({ key: of, seconds, retries, waiting }) =>
      new Happening(`${of} throttles for ${seconds} s, ${waiting} wait, ${retries} retries`, async (run) => {
        await run.call(of, Infinity, retries);
        const sent = run.sent.at(-1);
        if (sent !== undefined) await run.answer(sent, asked(429, seconds));
        for (let made = 0; made < waiting; made += 1) await run.call(of, Infinity, retries);
      }),
  );

/** The gate's next turn comes, and is answered. */
const goOn = fc.record({ key, reply: fc.constantFrom(...replies) }).map(
  ({ key: of, reply }) =>
    new Happening(`the next turn of ${of}, answered ${JSON.stringify(reply)}`, async (run) => {
      const wait = Math.ceil(run.models[of].turn()) - run.now;
      if (wait > 0 && wait < Infinity) await run.advance(wait);
      const sent = run.sent.at(-1);
      if (sent !== undefined) await run.answer(sent, reply);
    }),
);

const cancel = pick.map(
  (nth) =>
    new Happening(`cancel ${nth}`, async (run) => {
      const one = run.open[nth % Math.max(1, run.open.length)];
      if (one !== undefined) await run.cancel(one);
    }),
);

const pass = fc
  .oneof(fc.constant(0), fc.nat(60), fc.nat(1_100), fc.nat(5_000))
  .map((ms) => new Happening(`${ms} ms`, (run) => run.advance(ms)));

/** To what the gate waits for, or a millisecond before or after. */
const passTo = fc
  .record({ key, ms: fc.integer({ min: -1, max: 1 }), what: fc.constantFrom('until', 'probeAt', 'turn') })
  .map(
    ({ key: of, ms, what }) =>
      new Happening(`to ${what} of ${of}, and ${ms} ms`, async (run) => {
        const model = run.models[of];
        const instant = what === 'turn' ? model.turn() : what === 'until' ? model.until : model.probeAt;
        const wait = Math.ceil(instant) + ms - run.now;
        if (wait > 0 && wait < Infinity) await run.advance(wait);
      }),
  );

const set = fc.oneof(fc.constantFrom(-3_600_000, 3_600_000), fc.integer({ min: -4_000, max: 4_000 })).map(
  (byMs) =>
    new Happening(`the clock is set by ${byMs} ms`, (run) => {
      run.set(byMs);
    }),
);

const usual: readonly fc.Arbitrary<Command>[] = [
  throttle,
  goOn,
  goOn,
  call,
  call,
  answer,
  answer,
  cancel,
  pass,
  passTo,
];

const LIMITS: fc.CommandsContraints = { maxCommands: 40, size: 'max' };

/** What may happen to a gate. */
export const happenings: fc.Arbitrary<Happenings> = fc.commands([...usual], LIMITS);

const elsewhere = fc.constantFrom(500, 2_000, 10 ** 9).map(
  (ms) =>
    new Happening(`another is told to wait ${ms} ms`, (run) => {
      run.closeElsewhere(ms);
    }),
);
const breakStore = fc.constant(
  new Happening('the store breaks, or is mended', (run) => {
    run.breakStore();
  }),
);

/** The same, and what comes by way of a store. */
export const happeningsWithAStore: fc.Arbitrary<Happenings> = fc.commands(
  [...usual, elsewhere, elsewhere, breakStore],
  LIMITS,
);

/** The same, on a clock that is set now and then. */
export const happeningsOnASetClock: fc.Arbitrary<Happenings> = fc.commands([...usual, set], LIMITS);
