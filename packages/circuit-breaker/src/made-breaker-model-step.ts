import type fc from 'fast-check';
import { CircuitModel, type Moment, type ModelRules, type State } from './made-breaker-model.js';
import type { Answer, MadeService, StartedCall } from './made-breaker-model-service.js';

export const KEYS = ['https://orders.test', 'https://stock.test'] as const;
export type Key = (typeof KEYS)[number];

const ONLY_OBSERVED = 'circuit open, and only observed';

/** `expect()` costs more than all that is compared. */
export function agreed(what: string, real: unknown, specified: unknown): void {
  if (real !== specified) throw new Error(`${what}: ${String(real)}, and should be ${String(specified)}`);
}

/** The circuits as they are meant to be, and what went on, so that a test can say what it has seen. */
export class ModelOfAll {
  readonly circuits: ReadonlyMap<string, CircuitModel>;
  readonly reached: Set<string>;

  constructor(rules: ModelRules, reached: Set<string>) {
    this.circuits = new Map(KEYS.map((key) => [key, new CircuitModel(rules)]));
    this.reached = reached;
  }

  of(key: string): CircuitModel {
    const circuit = this.circuits.get(key);
    if (circuit === undefined) throw new TypeError(`There is no model of ${key}`);
    return circuit;
  }
}

export type Command = fc.AsyncCommand<ModelOfAll, MadeService>;

/** What all commands do: act on the real circuit, then on the model, and compare. */
export abstract class Step implements Command {
  check(): boolean {
    return true;
  }

  abstract run(model: ModelOfAll, real: MadeService): Promise<void>;
  abstract toString(): string;

  /** Has the model do what the real circuit has just done. */
  protected agree(model: ModelOfAll, real: MadeService, follow: () => void): void {
    const before = new Map([...model.circuits].map(([key, { state }]) => [key, state]));
    follow();
    const told: string[] = [];
    for (const [key, circuit] of model.circuits) {
      for (const state of circuit.told) {
        told.push(`${key} ${state}`);
        model.reached.add(`${before.get(key) ?? ''} -> ${state}`);
      }
      circuit.told = [];
    }
    told.sort();
    for (const [key, { state }] of model.circuits) agreed(`the state of ${key}`, real.stateOf(key), state);
    const nameOf = ({ key, state }: { key: string; state: State }) => `${key} ${state}`;
    agreed('what observers are told', real.changes.map(nameOf).sort().join(), told.join());
    agreed('what subscribers are told', real.events.map(nameOf).sort().join(), told.join());
    real.changes = [];
    real.events = [];
    // opossum's timer of each open circuit, and nothing else.
    const open = [...model.circuits.values()].filter(({ state }) => state === 'open').length;
    agreed('timers', real.manual.pending, open);
  }

  /** Calls come to their end, all at once. */
  protected async end(
    model: ModelOfAll,
    real: MadeService,
    calls: readonly StartedCall[],
    { came, outcome }: Pick<Answer, 'came' | 'outcome'>,
    act: (call: StartedCall) => void,
  ): Promise<void> {
    for (const call of calls) act(call);
    await real.settle();
    for (const call of calls) agreed('what a call came to', call.came, came);
    this.agree(model, real, () => {
      for (const { key, attempt } of calls)
        if (attempt !== undefined) model.of(key).ended(attempt, outcome, real.now, real.stateOf(key));
    });
  }

  protected async start(
    model: ModelOfAll,
    real: MadeService,
    key: string,
    count: number,
  ): Promise<StartedCall[]> {
    const circuit = model.of(key);
    const calls = await real.start(key, count);
    this.agree(model, real, () => {
      for (const call of calls) this.#follow(model, circuit, call, real.now);
    });
    return calls;
  }

  #follow(model: ModelOfAll, circuit: CircuitModel, call: StartedCall, now: Moment): void {
    const isLet = call.answer !== undefined && !call.refusals.includes(ONLY_OBSERVED);
    agreed('whether a call is let through', isLet, circuit.lets(now) ?? isLet);
    model.reached.add(`${isLet ? 'sent' : 'refused'} while ${circuit.state}`);
    if (isLet) call.attempt = circuit.started(now);
    else if (circuit.onlyObserves)
      agreed('whether a call is sent that would be refused', call.came, undefined);
    else this.#followRefusal(circuit, call, now);
  }

  #followRefusal(circuit: CircuitModel, call: StartedCall, now: Moment): void {
    const { came, refusals, retryAfterMs = NaN } = call;
    agreed('a refusal', came, 'ERR_CIRCUIT_OPEN');
    const story = `refused: circuit open, next try in ${Math.ceil(retryAfterMs)} ms`;
    agreed('its story', refusals.join(), story);
    const [least, most] = circuit.refusalMs(now);
    const isWithin = retryAfterMs >= least && retryAfterMs <= most;
    agreed('how long it has to wait', retryAfterMs, isWithin ? retryAfterMs : `${least} to ${most}`);
  }
}
