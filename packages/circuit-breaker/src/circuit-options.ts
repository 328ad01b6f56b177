import {
  accepted,
  count,
  limit,
  milliseconds,
  quotable,
  ratio,
  readOptions,
  type Clock,
  type Option,
} from '@holdfast/core';
import type { TrialRules } from './trial.js';

export type CircuitState = 'closed' | 'open' | 'half-open';

/** Whether a circuit refuses, or only tells what it would have refused. */
export type CircuitMode = 'enforce' | 'observe';

/** What an observer is told. Nothing of any call is in it. */
export interface CircuitStateChange {
  readonly service: string;
  /** What shares the circuit: by default the service and its origin. */
  readonly key: string;
  readonly state: CircuitState;
  /** With `observe` nothing is refused: it is what the circuit would do. */
  readonly mode: CircuitMode;
  /** Why, in words and figures: "10 of 20 attempts failed". */
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** The options of a circuit that can be changed while it lives. */
export interface CircuitOptions {
  /**
   * Milliseconds over which completed attempts are counted. Default: 10,000. Too short, a quiet service never has
   * `minimumAttempts` in it; too long, old successes hide that it fails now.
   */
  readonly windowMs?: number;
  /** Completed attempts in the window before their ratio counts. Default: 20. Too few, chance opens the circuit. */
  readonly minimumAttempts?: number;
  /** The share of failed attempts, from 0 to 1, at which it opens. Default: 0.5. Too low, it refuses what mostly works. */
  readonly failureRatio?: number;
  /**
   * Failures without a success between them, at which it opens whatever the ratio. Default: 10. Too many, a busy service
   * that goes down is sent as many failures as it had successes in the window. A run ten times as long opens it at once.
   */
  readonly consecutiveFailures?: number;
  /** Milliseconds that such a run must last. Default: 500. Too short, one reset connection's requests open the circuit. */
  readonly consecutiveSpanMs?: number;
  /**
   * Milliseconds from the send to the outcome from which an attempt counts as slow, or `false`: slowness is no failure.
   * Default: false. Too short, the circuit opens while the service does its usual work. A slow probe has failed.
   */
  readonly slowMs?: number | false;
  /** The share of slow attempts, from 0 to 1, at which it opens, with `slowMs`. Default: 0.5. Too low, rare reports open it. */
  readonly slowRatio?: number;
  /**
   * Milliseconds that it stays open at first; doubled while probes fail; up to a fifth more by chance. A Retry-After is a
   * lower bound, up to five minutes. Default: 1,000. Too long, a service that is back is still refused; 0 is not doubled, and
   * a dead service is probed without end.
   */
  readonly openMs?: number;
  /**
   * Milliseconds up to which doubling goes, where `openMs` is shorter. Default: 3,000. Too long, a service that is back
   * after a long outage is refused for that long; too short, a dead one is probed without end. By default each client
   * tries a dead one with three calls in about three seconds.
   */
  readonly maxOpenMs?: number;
  /** Calls that may try the service at once when the time is over. Default: 3. Many are a herd for a service half up. */
  readonly probes?: number;
  /** Of those, how many must succeed. Default: 2; at most `probes`. With 1, one lucky answer closes the circuit. */
  readonly probesToClose?: number;
  /** Milliseconds after which a probe without an answer makes room for another. Default: 10,000. Too short, slow is down. */
  readonly probeTimeoutMs?: number;
  /**
   * Milliseconds after closing during which a growing share of calls is let through. Default: 3,000. With 0 everybody
   * comes back at once, which is a second outage.
   */
  readonly rampMs?: number;
  /**
   * `observe` opens and closes as ever and tells of it, writes into the journal what it would have refused, and lets it
   * through. Default: enforce. Left at `observe`, a service that is down is sent everything; a forced state holds all the same.
   */
  readonly mode?: CircuitMode;
}

/** The options of a circuit, each with its value. */
export type CircuitSettings = Required<CircuitOptions>;

/** By what a circuit lives: the settings, and what its interceptor was given beside them. */
export interface CircuitRules extends CircuitSettings, TrialRules {
  readonly onStateChange: (event: CircuitStateChange) => void;
  readonly clock: Clock;
  readonly random: () => number;
  /** Grows from interceptor to interceptor: of several over one circuit, the one that was made last counts. */
  readonly generation: number;
}

/** What is known of a circuit before its interceptor has used it. */
export interface AnnouncedOptions extends CircuitOptions {
  /** Is told each change of state. Default: nobody. */
  readonly onStateChange?: (event: CircuitStateChange) => void;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Where chance comes from: numbers from 0 up to 1. Default: `Math.random`. */
  readonly random?: () => number;
}

const isMode = (value: unknown): boolean => value === 'enforce' || value === 'observe';

/** What is accepted, and what holds where nothing is said. */
export const settings: { readonly [Name in keyof CircuitSettings]: Option<CircuitSettings[Name]> } =
  settingsWith({
    windowMs: 10_000,
    minimumAttempts: 20,
    failureRatio: 0.5,
    consecutiveFailures: 10,
    consecutiveSpanMs: 500,
    slowMs: false,
    slowRatio: 0.5,
    openMs: 1_000,
    maxOpenMs: 3_000,
    probes: 3,
    probesToClose: 2,
    probeTimeoutMs: 10_000,
    rampMs: 3_000,
    mode: 'enforce',
  });

function settingsWith(usual: CircuitSettings): {
  readonly [Name in keyof CircuitSettings]: Option<CircuitSettings[Name]>;
} {
  return {
    windowMs: count(usual.windowMs, 1),
    minimumAttempts: count(usual.minimumAttempts, 1),
    failureRatio: ratio(usual.failureRatio),
    consecutiveFailures: count(usual.consecutiveFailures, 1),
    consecutiveSpanMs: milliseconds(usual.consecutiveSpanMs),
    slowMs: limit(usual.slowMs),
    slowRatio: ratio(usual.slowRatio),
    openMs: milliseconds(usual.openMs),
    maxOpenMs: milliseconds(usual.maxOpenMs),
    probes: count(usual.probes, 1),
    probesToClose: count(usual.probesToClose, 1),
    probeTimeoutMs: count(usual.probeTimeoutMs, 1),
    rampMs: milliseconds(usual.rampMs),
    mode: quotable(accepted<CircuitMode>(isMode, '"enforce" or "observe"', usual.mode)),
  };
}

/**
 * Other settings, and those that stay.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function changedRules(rules: CircuitRules, changes: CircuitOptions): CircuitRules {
  const read = readOptions('configure', settingsWith(rules), changes);
  checkProbes('configure', read);
  return Object.freeze({ ...rules, ...read });
}

/** @throws {TypeError} when more probes must succeed than there are. */
export function checkProbes(factory: string, { probes, probesToClose }: TrialRules): void {
  if (probesToClose <= probes) return;
  throw new TypeError(
    `${factory}(): the option "probesToClose" must be at most "probes" (${probes}), and is ${probesToClose}`,
  );
}
