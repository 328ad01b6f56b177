import type { Counts } from '../measuring/counts.js';
import type { Figures } from './figures.js';
import type { Seen } from './seen.js';
import type { StackName } from './stack-names.js';

export type StackCounts = Counts & Seen;

/** Of a look-up, by the number of tokens that are held. */
export type LookUp = Readonly<Record<string, { readonly ns: number; readonly bytes: number }>>;

export interface OverheadResult {
  /** Wall time of a call in memory, over bare axios's. */
  readonly memory: Figures;
  readonly bytes: { readonly over: Figures; readonly whole: Figures };
  readonly counts: Readonly<Partial<Record<StackName, StackCounts>>>;
  /** Microseconds of what is around the adapter. */
  readonly layer: Figures;
  /** CPU of the client for a call on loopback, over bare axios's. */
  readonly loopback: Figures;
  readonly lookUps: Readonly<Record<string, LookUp>>;
  /** Microseconds of MSAL's, by the number of tokens that it holds. */
  readonly msal: Readonly<Record<string, number>>;
  /** Bytes of one more call, by the way it may be ended and the number of those in flight. */
  readonly inFlight: Readonly<Record<string, { readonly bytes: Readonly<Record<string, number>> }>>;
}
