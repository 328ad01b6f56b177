/** Lets one attempt through, and tells its outcome from those of attempts that started under another state. */
export class Admission {
  /** Epoch milliseconds. */
  readonly startedAt: number;

  constructor(startedAt: number) {
    this.startedAt = startedAt;
  }
}

/** The options by which a trial is held. */
export interface TrialRules {
  readonly probes: number;
  readonly probesToClose: number;
  readonly probeTimeoutMs: number;
}

/** One half-open period: a few real calls are let through as probes, and their outcomes are the verdict. */
export class Trial {
  #rules: TrialRules;
  /** Who is in here holds a permit, and only his outcome counts. */
  readonly #probes = new Set<Admission>();
  #succeeded = 0;
  #failed = 0;

  constructor(rules: TrialRules) {
    this.#rules = rules;
  }

  /** Goes on by other rules, with the probes and the outcomes that there are. */
  adopt(rules: TrialRules): void {
    this.#rules = rules;
  }

  /** So many probes have succeeded that the service can be taken to be well. */
  get passed(): boolean {
    return this.#succeeded >= this.#rules.probesToClose;
  }

  /** So many have failed that those left cannot bring that about. */
  get lost(): boolean {
    return this.#failed > this.#rules.probes - this.#rules.probesToClose;
  }

  /** The outcomes so far, in words. */
  toString(): string {
    const ended = this.#succeeded + this.#failed;
    return this.passed
      ? `${this.#succeeded} of ${ended} probes succeeded`
      : `${this.#failed} of ${ended} probes failed`;
  }

  /** A permit for a probe, while one is free. */
  admit(now: number): Admission | undefined {
    if (this.#isFull() && !this.#takeBackFromHung(now)) return undefined;
    const probe = new Admission(now);
    this.#probes.add(probe);
    return probe;
  }

  /** A probe has come to an end: its permit is free again. False when it had none, or none any more. */
  ended(probe: Admission): boolean {
    return this.#probes.delete(probe);
  }

  /** A probe that held its permit has succeeded. */
  succeeded(): void {
    this.#succeeded += 1;
  }

  /** A probe that held its permit has failed. */
  failed(): void {
    this.#failed += 1;
  }

  /** Milliseconds after which a permit is free at the latest. */
  permitInMs(now: number): number {
    const [oldest] = this.#probes;
    return oldest === undefined ? 0 : Math.max(0, oldest.startedAt + this.#rules.probeTimeoutMs - now);
  }

  #isFull(): boolean {
    return this.#probes.size + this.#succeeded + this.#failed >= this.#rules.probes;
  }

  #takeBackFromHung(now: number): boolean {
    for (const probe of this.#probes) {
      // The distance, since a clock may be set back: no permit may be lost for longer than that.
      if (Math.abs(now - probe.startedAt) >= this.#rules.probeTimeoutMs) this.#probes.delete(probe);
    }
    return !this.#isFull();
  }
}
