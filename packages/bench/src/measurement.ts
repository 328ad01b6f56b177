import type { RunProgram } from './run-program.js';

/** One part of the page of figures: how it is measured, how it is shown, and what it is held against. */
export interface Measurement<Result> {
  /** Names the file of the results and the block of the page: `failures`. */
  readonly name: string;
  /** Measures everything anew, mostly by programs in processes of their own. What it returns goes through JSON. */
  measure(run: RunProgram): Promise<Result>;
  /** The block of the page, in Markdown. */
  page(result: Result): string;
  /** What was measured beside what is asked for. */
  goals(result: Result): readonly Goal[];
}

/** A figure that must not be exceeded. */
export interface Goal {
  /** In the words of the page: `bytes allocated by a warm call, over bare axios`. */
  readonly what: string;
  readonly unit: 'x' | 'bytes' | 'µs' | 's' | 'count';
  readonly atMost: number;
  readonly measured: number;
}
