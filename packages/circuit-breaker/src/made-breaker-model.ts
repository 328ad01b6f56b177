import { WindowModel, type WindowRules } from './made-breaker-model-window.js';

export type State = 'closed' | 'open' | 'half-open';

export interface ModelRules extends WindowRules {
  readonly openMs: number;
  readonly maxOpenMs: number;
  readonly probes: number;
  readonly probesToClose: number;
  readonly probeTimeoutMs: number;
  readonly rampMs: number;
  readonly slowMs: number | false;
  readonly mode: 'enforce' | 'observe';
  /** A gate stands outside, which answers for throttled attempts. */
  readonly gated: boolean;
}

/** `at`: by a watch that nobody sets. `wall`: by the clock that the circuit reads. `chance`: from 0 up to 1. */
export interface Moment {
  readonly at: number;
  readonly wall: number;
  readonly chance: number;
}

export interface Outcome {
  readonly health: 'success' | 'failure' | 'throttled' | 'ignored';
  readonly retryAfterMs?: number;
}

/** An attempt that was let through. */
export interface Attempt extends Moment {
  readonly period: number;
}

/** What a circuit is meant to do. Where two ways are right, it goes the one that was `seen`. */
export class CircuitModel {
  state: State = 'closed';
  /** The states that it came to, for whoever has to be told. */
  told: State[] = [];
  forced: { readonly state: 'open' | 'closed'; readonly until: number } | undefined = undefined;
  /** Between these two it becomes half-open: one instant, unless the clock was set or a Retry-After is spread. */
  earliest = 0;
  latest = 0;
  /** By how much the clock was set in this state. */
  jumpedMs = 0;
  readonly probes = new Set<Attempt>();
  readonly #rules: ModelRules;
  readonly #firstOpenMs: number;
  #window: WindowModel;
  #openMs: number;
  #period = 0;
  #closedAt = -Infinity;
  #succeeded = 0;
  #failed = 0;
  /** The clock was set while probes were out: it cannot be said who of them lost his permit. */
  #unsure = false;

  constructor(rules: ModelRules) {
    this.#rules = rules;
    this.#window = new WindowModel(rules);
    this.#firstOpenMs = this.#openMs = rules.openMs;
  }

  /** What would be refused is let through, unless somebody wants it refused. */
  get onlyObserves(): boolean {
    return this.#rules.mode === 'observe' && this.forced?.state !== 'open';
  }

  clockSet(byMs: number): void {
    this.jumpedMs += Math.abs(byMs);
    this.earliest -= Math.abs(byMs);
    this.latest += Math.abs(byMs);
    this.#unsure ||= this.probes.size > 0;
  }

  force(state: 'open' | 'closed', forMs: number, { at }: Moment): void {
    // What was sent while it was closed still counts while it is held closed.
    if (state === 'open' || this.state !== 'closed') this.#enter(state);
    else this.told.push(state);
    this.forced = { state, until: at + forMs };
    this.jumpedMs = 0;
    this.earliest = this.latest = at + forMs;
    this.#closedAt = -Infinity;
    if (state === 'closed') this.#openMs = this.#firstOpenMs;
  }

  /** `isHeld`: what it says itself, where a clock that was set leaves it open whether the time is over. */
  release({ at }: Moment, isHeld: boolean): void {
    if (this.#isHeldClosed(at, isHeld ? 'closed' : 'open')) this.told.push('closed');
    if (this.forced?.state === 'open') this.#enter('half-open');
    this.forced = undefined;
  }

  passed({ at }: Moment, seen: State): void {
    if (this.state !== 'open' || at < this.earliest) return;
    if (at >= this.latest || seen === 'half-open') this.#enter('half-open');
  }

  /** Whether a call is to be let through; `undefined`: either is right. */
  lets({ at, chance }: Moment): boolean | undefined {
    const { rampMs, probes, probeTimeoutMs } = this.#rules;
    const sinceMs = at - this.#closedAt;
    if (this.state === 'open') return false;
    if (this.state === 'closed' && sinceMs >= rampMs + this.jumpedMs) return true;
    if (this.state === 'closed')
      return this.jumpedMs > 0 ? undefined : chance < 0.1 + 0.9 * (sinceMs / rampMs);
    const limitMs = probeTimeoutMs + (this.#unsure ? this.jumpedMs : 0);
    const holding = [...this.probes].filter((probe) => at - probe.at < limitMs);
    if (holding.length + this.#succeeded + this.#failed < probes) return true;
    return this.#unsure ? undefined : false;
  }

  /** Within which bounds the milliseconds must be that a refused call is told. */
  refusalMs({ at }: Moment): readonly [number, number] {
    const { rampMs, probeTimeoutMs } = this.#rules;
    if (this.state === 'open') return [this.earliest - at, this.latest - at];
    const startedAt = [...this.probes].map((probe) => probe.at);
    const freeAt = (this.#unsure ? Math.max(...startedAt) : Math.min(...startedAt)) + probeTimeoutMs;
    const until = this.state === 'closed' ? this.#closedAt + rampMs : freeAt;
    return [this.jumpedMs > 0 ? 0 : 1, until - at + this.jumpedMs];
  }

  started(now: Moment): Attempt {
    const attempt = { ...now, period: this.#period };
    if (this.state !== 'half-open') return attempt;
    const isFull = this.probes.size + this.#succeeded + this.#failed >= this.#rules.probes;
    for (const probe of isFull && !this.#unsure ? this.probes : [])
      if (now.at - probe.at >= this.#rules.probeTimeoutMs) this.probes.delete(probe);
    this.probes.add(attempt);
    return attempt;
  }

  ended(attempt: Attempt, { health, retryAfterMs }: Outcome, now: Moment, seen: State): void {
    const { slowMs, gated } = this.#rules;
    const isProbe = this.probes.delete(attempt);
    const isSlow = slowMs !== false && now.wall - attempt.wall >= slowMs;
    if (health === 'ignored') return;
    if (attempt.period === this.#period && this.state === 'closed') {
      if (health === 'throttled' && gated) return;
      this.#window.add(health !== 'success', isSlow, now.wall);
      if (this.#isHeldClosed(now.at, seen)) return;
      const isBad = health !== 'success' || isSlow;
      if (isBad && this.#window.isDown(now.wall)) this.#open(now, retryAfterMs);
    } else if (isProbe) {
      this.#judge(health === 'success' && isSlow ? 'failure' : health, retryAfterMs, now, seen);
    } else if (this.state === 'open' && this.forced === undefined && retryAfterMs !== undefined) {
      this.earliest = Math.max(this.earliest, now.at + retryAfterMs - this.jumpedMs);
      this.latest = Math.max(this.latest, now.at + retryAfterMs + this.jumpedMs);
    }
  }

  #judge(health: Outcome['health'], retryAfterMs: number | undefined, now: Moment, seen: State): void {
    if (health === 'success') this.#succeeded += 1;
    else this.#failed += 1;
    const { probes, probesToClose, maxOpenMs } = this.#rules;
    // Whose permit was taken back when the clock was set, only the circuit knows.
    if (this.#unsure && seen === 'half-open') return;
    const isLost = this.#unsure
      ? seen === 'open'
      : health === 'throttled' || this.#failed > probes - probesToClose;
    const isPassed = this.#unsure ? seen === 'closed' : this.#succeeded >= probesToClose;
    if (isLost && (health !== 'success' || this.#unsure)) {
      const named = health === 'throttled' && retryAfterMs !== undefined;
      if (!named) this.#openMs = Math.max(this.#firstOpenMs, Math.min(2 * this.#openMs, maxOpenMs));
      this.#open(now, retryAfterMs);
    } else if (isPassed) {
      this.#enter('closed');
      this.#closedAt = now.at;
      this.#openMs = this.#firstOpenMs;
      this.#window = new WindowModel(this.#rules);
    }
  }

  #isHeldClosed(at: number, seen: State = 'closed'): boolean {
    if (this.forced?.state !== 'closed' || at >= this.forced.until + this.jumpedMs) return false;
    return at < this.forced.until - this.jumpedMs || seen === 'closed';
  }

  #open({ at, chance }: Moment, retryAfterMs = 0): void {
    this.#enter('open');
    this.earliest = at + Math.max(this.#openMs * (1 + chance / 5), retryAfterMs);
    this.latest = at + Math.ceil(Math.max(this.#openMs, retryAfterMs) * (1 + chance / 5));
  }

  #enter(state: State): void {
    this.state = state;
    this.forced = undefined;
    this.told.push(state);
    this.#period += 1;
    this.probes.clear();
    this.jumpedMs = this.#succeeded = this.#failed = 0;
    this.#unsure = false;
  }
}
