import fc from 'fast-check';
import { ANSWERS, DOWN, OK, type Answer, type MadeService } from './made-breaker-model-service.js';
import { KEYS, Step, agreed, type Command, type Key, type ModelOfAll } from './made-breaker-model-step.js';

const GIVEN_UP = { came: 'ERR_CANCELED', outcome: { health: 'ignored' } } as const;

/** Calls that are not answered until something else is done with them: they may hang for ever. */
class Start extends Step {
  readonly key: Key;
  readonly count: number;
  readonly chance: number;

  constructor(key: Key, count: number, chance: number) {
    super();
    this.key = key;
    this.count = count;
    this.chance = chance;
  }

  async run(model: ModelOfAll, real: MadeService): Promise<void> {
    real.chance = this.chance;
    await this.start(model, real, this.key, this.count);
  }

  toString(): string {
    return `${this.count} calls to ${this.key}, chance ${this.chance}`;
  }
}

/** Calls at once, and one answer for all of them. */
class Burst extends Start {
  readonly given: Answer;

  constructor(key: Key, count: number, chance: number, given: Answer) {
    super(key, count, chance);
    this.given = given;
  }

  override async run(model: ModelOfAll, real: MadeService): Promise<void> {
    real.chance = this.chance;
    const calls = await this.start(model, real, this.key, this.count);
    const sent = calls.filter(({ attempt }) => attempt !== undefined);
    await this.end(model, real, sent, this.given, (call) => call.answer?.(this.given));
  }

  override toString(): string {
    return `${super.toString()}, all answered with ${this.given.name}`;
  }
}

const underWay = ({ calls }: MadeService) => calls.filter(({ came }) => came === undefined);

class End extends Step {
  readonly which: number;
  readonly given: Answer | undefined;
  readonly chance: number;

  constructor(which: number, given: Answer | undefined, chance: number) {
    super();
    this.which = which;
    this.given = given;
    this.chance = chance;
  }

  async run(model: ModelOfAll, real: MadeService): Promise<void> {
    real.chance = this.chance;
    const calls = underWay(real);
    const call = calls[this.which % Math.max(1, calls.length)];
    if (call === undefined) return;
    const { given } = this;
    if (given !== undefined) await this.end(model, real, [call], given, () => call.answer?.(given));
    else
      await this.end(model, real, [call], GIVEN_UP, () => {
        call.cancel();
      });
  }

  toString(): string {
    return `${this.given?.name ?? 'given up'} for call ${this.which} under way, chance ${this.chance}`;
  }
}

class Pass extends Step {
  readonly ms: number;

  constructor(ms: number) {
    super();
    this.ms = ms;
  }

  async run(model: ModelOfAll, real: MadeService): Promise<void> {
    await this.pass(model, real, this.ms);
  }

  protected async pass(model: ModelOfAll, real: MadeService, ms: number): Promise<void> {
    await real.pass(ms);
    this.agree(model, real, () => {
      for (const [key, circuit] of model.circuits) circuit.passed(real.now, real.stateOf(key));
    });
  }

  toString(): string {
    return `${this.ms} ms pass`;
  }
}

/** Time passes up to the moment at which a call that is refused now may come again, or a millisecond beside it. */
class PassUntilLet extends Pass {
  readonly key: Key;

  constructor(key: Key, ms: number) {
    super(ms);
    this.key = key;
  }

  override async run(model: ModelOfAll, real: MadeService): Promise<void> {
    const circuit = model.of(this.key);
    if (circuit.lets(real.now) !== false) return;
    const ms = Math.ceil(circuit.refusalMs(real.now)[1]) + this.ms;
    if (ms > 0) await this.pass(model, real, ms);
  }

  override toString(): string {
    return `time passes until ${this.key} may be called again, and ${this.ms} ms`;
  }
}

class SetClock extends Step {
  readonly byMs: number;

  constructor(byMs: number) {
    super();
    this.byMs = byMs;
  }

  override run(model: ModelOfAll, real: MadeService): Promise<void> {
    real.setClock(this.byMs);
    for (const circuit of model.circuits.values()) circuit.clockSet(this.byMs);
    this.agree(model, real, () => undefined);
    model.reached.add(this.byMs < 0 ? 'set back' : 'set forward');
    return Promise.resolve();
  }

  toString(): string {
    return `the clock is set by ${this.byMs} ms`;
  }
}

/** What an operator does with the circuit of a service that was called. */
class Operate extends Step {
  readonly key: Key;
  readonly what: 'open' | 'closed' | 'release';
  readonly forMs: number;

  constructor(key: Key, what: 'open' | 'closed' | 'release', forMs: number) {
    super();
    this.key = key;
    this.what = what;
    this.forMs = forMs;
  }

  run(model: ModelOfAll, real: MadeService): Promise<void> {
    const { forMs, what } = this;
    const breaker = real.breakers.get(this.key);
    if (breaker === undefined) return Promise.resolve();
    const reason = 'INC-4711';
    const isHeld = breaker.forced !== undefined;
    if (what === 'open') breaker.forceOpen({ forMs, reason });
    else if (what === 'closed') breaker.forceClosed({ forMs, reason });
    else breaker.release();
    this.agree(model, real, () => {
      const circuit = model.of(this.key);
      if (what === 'release') circuit.release(real.now, isHeld);
      else circuit.force(what, forMs, real.now);
      model.reached.add(what === 'release' ? 'released' : `forced ${what}`);
    });
    return Promise.resolve();
  }

  toString(): string {
    return this.what === 'release'
      ? `${this.key} is released`
      : `${this.key} is forced ${this.what} for ${this.forMs} ms`;
  }
}

const key = fc.constantFrom(KEYS[0], KEYS[0], KEYS[0], KEYS[1]);
const chance = fc.constantFrom(0, 0.05, 0.3, 0.5, 0.7, 0.999);
const answer = fc.constantFrom(...ANSWERS);
const usual = fc.constantFrom(OK, DOWN, DOWN);
const namesAnInstant = fc.constantFrom(
  ...ANSWERS.filter(({ outcome }) => outcome.retryAfterMs !== undefined),
);
const which = fc.nat(30);

const starts = fc.tuple(key, fc.constantFrom(1, 1, 2, 3, 5), chance).map((args) => new Start(...args));
const bursts = (given: fc.Arbitrary<Answer>) =>
  fc.tuple(key, fc.constantFrom(1, 2, 3, 8, 8, 35), chance, given).map((args) => new Burst(...args));
const ends = (given: fc.Arbitrary<Answer | undefined>) =>
  fc.tuple(which, given, chance).map((args) => new End(...args));
const passes = fc.oneof(fc.nat(60), fc.nat(400), fc.nat(2_000), fc.nat(70_000)).map((ms) => new Pass(ms));
const resets = fc
  .tuple(key, fc.constantFrom(-100, -1, 0, 0, 1, 500))
  .map((args) => new PassUntilLet(...args));
const jumps = fc
  .oneof(fc.integer({ min: -2_000, max: 2_000 }), fc.integer({ min: -90_000_000, max: 90_000_000 }))
  .map((ms) => new SetClock(ms));

const operations = fc
  .tuple(key, fc.constantFrom('open', 'closed', 'release'), fc.constantFrom(1, 150, 1_000, 20_000))
  .map((args) => new Operate(...args));

/** Everything that may happen to the circuits of a client, but for clocks that are set. */
export const HAPPENINGS: readonly fc.Arbitrary<Command>[] = [
  starts,
  bursts(usual),
  bursts(answer),
  ends(usual),
  ends(answer),
  ends(namesAnInstant),
  ends(fc.constant(undefined)),
  passes,
  resets,
];
export const JUMPS: fc.Arbitrary<Command> = jumps;
export const OPERATIONS: fc.Arbitrary<Command> = operations;

/** All calls are answered, time passes, and the service is up: whatever happened before, it is called again. */
export async function recovers(model: ModelOfAll, real: MadeService): Promise<void> {
  for (const call of underWay(real)) await new End(underWay(real).indexOf(call), OK, 0).run(model, real);
  await new Pass(200_000_000).run(model, real);
  for (const each of KEYS) {
    for (let round = 0; round < 3; round += 1) await new Burst(each, 3, 0, OK).run(model, real);
    await new Pass(200_000_000).run(model, real);
    agreed(`the state of ${each} in the end`, real.stateOf(each), 'closed');
  }
  const last = await real.start(KEYS[0], 3);
  agreed('calls sent in the end', last.filter(({ answer: sent }) => sent !== undefined).length, 3);
  agreed('timers in the end', real.manual.pending, 0);
}
