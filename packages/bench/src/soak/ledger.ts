/** A call that was made. */
export interface OpenCall {
  readonly id: string;
  /** Of which kind: `download from stock`. */
  readonly kind: string;
  /** Epoch milliseconds, by the machine's clock. */
  readonly startedAt: number;
  readonly limitMs: number;
}

/** Beyond the limit of a call: the machine may have other things to do. */
export const MARGIN_MS = 10_000;

/** Every call, from its beginning to its end. */
export class Ledger {
  readonly outcomes: Map<string, number> = new Map<string, number>();
  readonly kinds: Map<string, number> = new Map<string, number>();
  /** Answers with the id, the identity or the content of another call, in words. */
  readonly foreign: string[] = [];
  calls = 0;
  /** Calls that took longer than their limit and its margin. */
  late = 0;
  readonly #open = new Map<string, OpenCall>();

  get open(): readonly OpenCall[] {
    return [...this.#open.values()];
  }

  begin(call: OpenCall): void {
    this.calls += 1;
    this.#open.set(call.id, call);
    add(this.kinds, call.kind);
  }

  settle(id: string, outcome: string, now: number): void {
    const call = this.#open.get(id);
    if (call === undefined) return;
    this.#open.delete(id);
    add(this.outcomes, outcome);
    if (now - call.startedAt > call.limitMs + MARGIN_MS) this.late += 1;
  }

  count(outcome: string): number {
    return this.outcomes.get(outcome) ?? 0;
  }
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
