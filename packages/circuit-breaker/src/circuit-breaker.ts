import {
  CircuitOpenError,
  POLICY,
  count,
  currentCall,
  func,
  having,
  milliseconds,
  outcomeOfError,
  outcomeOfResponse,
  ratio,
  readOptions,
  retryDelayOf,
  systemClock,
  type Clock,
  type Interceptor,
} from '@holdfast/core';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import type { Circuit, CircuitStateChange } from './circuit.js';
import { Circuits } from './circuits.js';
import { summaryOfError, summaryOfResponse } from './failure-summary.js';
import type { Admission } from './trial.js';

/** Options of {@link circuitBreaker}. */
export interface CircuitBreakerOptions {
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
   * Milliseconds that it stays open at first; doubled while probes fail; up to a fifth more by chance. A Retry-After is a
   * lower bound. Default: 1,000. Too long, a service that is back is still refused.
   */
  readonly openMs?: number;
  /** Milliseconds up to which doubling goes. Default: 60,000. Too short, a service that is down long is probed without end. */
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
   * What shares a circuit. Default: the origin that the request goes to. Wider, a dead service blocks a healthy one; as
   * narrow as a whole URL, no circuit ever sees enough. 10,000 keys are kept; the idlest is forgotten.
   */
  readonly key?: (config: InternalAxiosRequestConfig) => string;
  /** Is told each change of state. Default: nobody. What it throws changes nothing. */
  readonly onStateChange?: (event: CircuitStateChange) => void;
  /** Where time comes from, but for opossum's reset timer, which is the global one. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Where chance comes from: numbers from 0 up to 1. Default: `Math.random`. */
  readonly random?: () => number;
}

const schemas = {
  windowMs: count(10_000, 1),
  minimumAttempts: count(20, 1),
  failureRatio: ratio(0.5),
  consecutiveFailures: count(10, 1),
  consecutiveSpanMs: milliseconds(500),
  openMs: milliseconds(1_000),
  maxOpenMs: milliseconds(60_000),
  probes: count(3, 1),
  probesToClose: count(2, 1),
  probeTimeoutMs: count(10_000, 1),
  rampMs: milliseconds(3_000),
  key: func<(config: InternalAxiosRequestConfig) => string>((config) => currentCall(config).target.origin),
  onStateChange: func<(event: CircuitStateChange) => void>(() => undefined),
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
  random: func<() => number>(Math.random),
};

/**
 * Fails fast while a service is down, by the outcome table of the architecture: a call that would only fail is refused
 * with {@link CircuitOpenError} before any token or wait. Counts attempts: place it inside the retries, and inside a
 * throttle gate, which then answers for 429 and for 503 with Retry-After.
 *
 * Guidance: https://learn.microsoft.com/azure/architecture/patterns/circuit-breaker
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function circuitBreaker(options: CircuitBreakerOptions = {}): Interceptor {
  const { key, ...rules } = readOptions('circuitBreaker', schemas, options);
  const { clock, probes, probesToClose } = rules;
  if (probesToClose > probes) {
    throw new TypeError(
      `circuitBreaker(): the option "probesToClose" must be at most "probes" (${probes}), and is ${probesToClose}`,
    );
  }
  const circuits = new Circuits(rules);

  return (next) =>
    function breaking(config): Promise<AxiosResponse> {
      const circuit = circuits.of(key(config), config);
      const admission = circuit.admit();
      if (admission === undefined) return Promise.reject(refusalBy(circuit, config));
      return next(config).then(
        (response) => {
          recordResponse(circuit, admission, response, config, clock.now());
          return response;
        },
        (error: unknown) => {
          recordError(circuit, admission, error, clock.now());
          throw error;
        },
      );
    };
}

function recordResponse(
  circuit: Circuit,
  admission: Admission,
  response: AxiosResponse,
  config: InternalAxiosRequestConfig,
  now: number,
): void {
  const outcome = outcomeOfResponse(response, now);
  if (POLICY[outcome].health === 'success') {
    circuit.succeeded(admission, now);
    return;
  }
  const failure = summaryOfResponse(response, now);
  const delayMs = retryDelayOf(response.headers, now);
  const notBefore = delayMs === undefined ? undefined : now + delayMs;
  if (outcome === 'throttled' || outcome === 'busy') {
    circuit.throttled(admission, failure, notBefore, currentCall(config).gated);
  } else {
    circuit.failed(admission, failure, notBefore);
  }
}

function recordError(circuit: Circuit, admission: Admission, error: unknown, now: number): void {
  if (POLICY[outcomeOfError(error)].health === 'failure')
    circuit.failed(admission, summaryOfError(error, now));
  else circuit.unrecorded(admission);
}

function refusalBy(circuit: Circuit, config: InternalAxiosRequestConfig): CircuitOpenError {
  const call = currentCall(config);
  const retryAfterMs = circuit.retryAfterMs();
  call.note(`refused: circuit open, next try in ${Math.ceil(retryAfterMs)} ms`);
  const { service } = call;
  return new CircuitOpenError({ service, config, retryAfterMs, cause: circuit.lastFailure });
}
