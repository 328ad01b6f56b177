import type { Violations } from './server-record.js';

/** What a soak was asked for. */
export interface SoakOptions {
  readonly seconds: number;
  readonly seed: number;
  readonly callsAtOnce: number;
}

/** What came of it. It goes through JSON. */
export interface SoakResult extends SoakOptions {
  readonly calls: number;
  /** Requests that the APIs have read. */
  readonly requests: number;
  /** By kind and service: `get from orders`. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly outcomes: Readonly<Record<string, number>>;
  /** How often each fault was met. */
  readonly faults: Readonly<Record<string, number>>;
  /** The most sends of one call. */
  readonly mostSends: number;
  /** Calls that have not settled, by their kind and age. */
  readonly unsettled: readonly string[];
  /** Calls that have settled too late. */
  readonly late: number;
  /** Answers that were another call's. The first few, in words. */
  readonly foreign: readonly string[];
  readonly foreignCount: number;
  readonly violations: Violations;
  /** Rejections that nobody has handled, and warnings of Node. */
  readonly complaints: readonly string[];
  /** Calls that failed once all faults were over, and how they did. */
  readonly failedInQuiet: readonly string[];
  /** Calls that were made then. */
  readonly quietCalls: number;
  /** What is held at the end and was not before. */
  readonly leftOver: Readonly<Record<string, number>>;
  /** Bytes on the heap for each call since the warm-up, once all calls had settled. */
  readonly heapBytesPerCall: number;
  /** Calls since the warm-up, for which they were measured. */
  readonly weighedCalls: number;
}

/** More for each call, and something is kept of it. */
const MOST_BYTES_PER_CALL = 150;

/** Compiled code, and what MSAL keeps of its last 25,000 lines of log: that much may come, whatever the number of calls. */
const HEAP_SLACK_BYTES = 5_000_000;

/** Why it has failed; nothing when it has not. */
export function reasonsOf(result: SoakResult): readonly string[] {
  const { violations, weighedCalls } = result;
  const grown = result.heapBytesPerCall * weighedCalls - HEAP_SLACK_BYTES;
  const unmet = Object.entries(result.faults).filter(([, times]) => times === 0);
  const wrong = Object.entries(violations).filter(([, times]: [string, number]) => times > 0);
  return [
    ...result.unsettled.map((call) => `not settled: ${call}`),
    ...(result.late > 0 ? [`${result.late} calls settled too late`] : []),
    ...result.foreign.map((answer) => `another's answer: ${answer}`),
    ...wrong.map(([name, times]: [string, number]) => `${name}: ${times}`),
    ...result.complaints.map((complaint) => `the process complained: ${complaint}`),
    ...result.failedInQuiet.map((call) => `failed when all was quiet: ${call}`),
    ...Object.entries(result.leftOver).map(([kind, count]) => `left over: ${count} × ${kind}`),
    ...(grown > MOST_BYTES_PER_CALL * weighedCalls
      ? [`${Math.round(result.heapBytesPerCall)} bytes are kept of each of ${weighedCalls} calls`]
      : []),
    ...unmet.map(([fault]) => `never met: ${fault}`),
  ];
}
