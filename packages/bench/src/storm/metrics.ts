import type { StormResult, StormSecond, StormSetting } from './storm-result.js';

/** A service is back when so many seconds in a row are so good. */
const GOOD_SECONDS = 5;
const GOOD_SHARE = 0.99;

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** What is counted while an outage is played, second by second. */
export class Metrics {
  readonly #setting: StormSetting;
  readonly #seconds: Writable<StormSecond>[];

  constructor(setting: StormSetting) {
    this.#setting = setting;
    const { beforeS, outageS, afterS } = setting;
    this.#seconds = Array.from({ length: beforeS + outageS + afterS }, (_, index) => ({
      second: index - beforeS,
      calls: 0,
      succeeded: 0,
      requests: 0,
    }));
  }

  /** Milliseconds after the start of it all. */
  called(atMs: number): void {
    const second = this.#at(atMs);
    if (second !== undefined) second.calls += 1;
  }

  /** `atMs`: when the call was made. */
  succeeded(atMs: number): void {
    const second = this.#at(atMs);
    if (second !== undefined) second.succeeded += 1;
  }

  requested(atMs: number): void {
    const second = this.#at(atMs);
    if (second !== undefined) second.requests += 1;
  }

  result(strategy: string, seed: number): StormResult {
    const setting = this.#setting;
    const { outageS, load, capacityPerSecond } = setting;
    const seconds = this.#seconds;
    const outage = seconds.filter(({ second }) => second >= 0 && second < outageS);
    const sinceOutage = seconds.filter(({ second }) => second >= 0);
    const most = Math.max(...sinceOutage.map(({ requests }) => requests));
    return {
      strategy,
      setting,
      seed,
      amplification: sum(outage, 'requests') / sum(outage, 'calls'),
      peak: most / (load * capacityPerSecond),
      recoveryS: recoveryOf(seconds.filter(({ second }) => second >= outageS)),
      success: sum(sinceOutage, 'succeeded') / sum(sinceOutage, 'calls'),
      seconds,
    };
  }

  #at(atMs: number): Writable<StormSecond> | undefined {
    return this.#seconds[Math.floor(atMs / 1_000)];
  }
}

function sum(seconds: readonly StormSecond[], name: 'calls' | 'succeeded' | 'requests'): number {
  return seconds.reduce((total, second) => total + second[name], 0);
}

/** The first second from which on all is well for long enough. */
function recoveryOf(after: readonly StormSecond[]): number | null {
  const good = after.map(({ calls, succeeded }) => succeeded >= GOOD_SHARE * calls);
  const first = good.findIndex(
    (_, index) =>
      index + GOOD_SECONDS <= good.length && good.slice(index, index + GOOD_SECONDS).every(Boolean),
  );
  return first === -1 ? null : first;
}
