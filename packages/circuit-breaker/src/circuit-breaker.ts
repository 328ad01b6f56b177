import {
  CircuitOpenError,
  POLICY,
  accepted,
  answerOf,
  currentCall,
  described,
  func,
  having,
  keyOf,
  outcomeOf,
  readOptions,
  retryDelayOf,
  systemClock,
  type Clock,
  type Failure,
  type FailureSummary,
  type Interceptor,
} from '@holdfast/core';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { Breakers, circuitsOf } from './breakers.js';
import {
  checkProbes,
  settings,
  type CircuitOptions,
  type CircuitRules,
  type CircuitStateChange,
} from './circuit-options.js';
import type { Circuit } from './circuit.js';
import { summaryOfError, summaryOfResponse } from './failure-summary.js';
import type { Admission } from './trial.js';

/** Options of {@link circuitBreaker}. */
export interface CircuitBreakerOptions extends CircuitOptions {
  /**
   * What shares a circuit. Default: the service and its origin. Wider, a dead service blocks a healthy one; as narrow as a
   * whole URL, no circuit ever sees enough. One that throws, or says no text, fails the call. `holdfast.key` of a request
   * comes first.
   */
  readonly key?: (config: InternalAxiosRequestConfig) => string;
  /**
   * Where the circuits are kept, for those who operate them. Default: one of its own. One that several interceptors share
   * makes them share the circuits of the same key; of their options, those count that were given last.
   */
  readonly breakers?: Breakers;
  /** Is told each change of state. Default: nobody. What it throws changes nothing. */
  readonly onStateChange?: (event: CircuitStateChange) => void;
  /** Where time comes from, but for opossum's reset timer, which is the global one. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Where chance comes from: numbers from 0 up to 1. Default: `Math.random`. */
  readonly random?: () => number;
}

/** What {@link circuitBreaker} returns. */
export type CircuitBreakerInterceptor = Interceptor & { readonly breakers: Breakers };

type Key = (config: InternalAxiosRequestConfig) => string;

const schemas = {
  ...settings,
  key: accepted<Key | undefined>((value) => typeof value === 'function', 'a function', undefined),
  breakers: accepted<Breakers | undefined>((value) => value instanceof Breakers, 'a Breakers', undefined),
  onStateChange: func<(event: CircuitStateChange) => void>(() => undefined),
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
  random: func<() => number>(Math.random),
};

/** As long as a throttle gate believes a service by default: one wrong header must not keep everybody from it for a year. */
const LONGEST_TOLD_MS = 300_000;

let interceptorsMade = 0;

/**
 * Fails fast while a service is down, by the outcome table of the architecture: a call that would only fail is refused
 * with {@link CircuitOpenError} before any token or wait. Counts attempts: place it inside the retries, and inside a
 * throttle gate, which then answers for 429 and for 503 with Retry-After.
 *
 * Guidance: https://learn.microsoft.com/azure/architecture/patterns/circuit-breaker
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function circuitBreaker(options: CircuitBreakerOptions = {}): CircuitBreakerInterceptor {
  const read = readOptions('circuitBreaker', schemas, options);
  const { key, breakers = new Breakers(), ...circuitSettings } = read;
  checkProbes('circuitBreaker', circuitSettings);
  interceptorsMade += 1;
  const rules: CircuitRules = Object.freeze({ ...circuitSettings, generation: interceptorsMade });
  const { clock } = rules;
  const circuits = circuitsOf(breakers);
  circuits.clock = clock;

  const interceptor: Interceptor = (next) =>
    function breaking(config): Promise<AxiosResponse> {
      const circuit = circuits.of(keyOf(config, key), config, rules);
      const admission = circuit.admit();
      if (admission === undefined) {
        if (circuit.refuses) return Promise.reject(refusalBy(circuit, config));
        currentCall(config).note('circuit open, and only observed');
        return next(config);
      }
      const sendsBefore = circuit.rules.slowMs === false ? 0 : currentCall(config).sends;
      return next(config).then(
        (response) => {
          const now = clock.now();
          const isWell = circuit.rules.slowMs === false && currentCall(config).isPlainSuccess(response);
          // An answer that needs no looking at: mostly it is one.
          if (isWell) circuit.succeeded(admission, now);
          else record(circuit, admission, { response }, config, sendsBefore, now);
          return response;
        },
        (error: unknown) => {
          record(circuit, admission, { error }, config, sendsBefore, clock.now());
          throw error;
        },
      );
    };
  return Object.assign(described(interceptor, 'circuitBreaker', read), { breakers });
}

function record(
  circuit: Circuit,
  admission: Admission,
  failure: Failure,
  config: InternalAxiosRequestConfig,
  sendsBefore: number,
  now: number,
): void {
  const call = currentCall(config);
  const outcome = outcomeOf(call, failure, now);
  const { health } = POLICY[outcome];
  const isThrottled = outcome === 'throttled' || outcome === 'busy';
  if (health === 'ignored' && !isThrottled) {
    circuit.unrecorded(admission);
    return;
  }
  const slowForMs = slownessOf(circuit, config, sendsBefore, now);
  if (health === 'success') {
    circuit.succeeded(
      admission,
      now,
      slowForMs === undefined ? undefined : summaryOf(failure, now, slowForMs),
    );
    return;
  }
  const summary = summaryOf(failure, now);
  const delayMs = retryDelayOf(answerOf(failure)?.headers, now);
  const notBefore = delayMs === undefined ? undefined : now + Math.min(delayMs, LONGEST_TOLD_MS);
  const slow = slowForMs !== undefined;
  if (isThrottled) circuit.throttled(admission, summary, notBefore, call.gated, slow);
  else circuit.failed(admission, summary, notBefore, slow);
}

function summaryOf({ response, error }: Failure, now: number, slowForMs?: number): FailureSummary {
  return response === undefined ? summaryOfError(error, now) : summaryOfResponse(response, now, slowForMs);
}

/** How many milliseconds the service has taken, if that was too long. What came before the send is not its fault. */
function slownessOf(
  circuit: Circuit,
  config: InternalAxiosRequestConfig,
  sendsBefore: number,
  now: number,
): number | undefined {
  const { slowMs } = circuit.rules;
  if (slowMs === false) return undefined;
  const { sends, lastSentAt } = currentCall(config);
  const tookMs = now - lastSentAt;
  // An answer that somebody inside had at hand tells nothing of the service's pace.
  return sends > sendsBefore && tookMs >= slowMs ? tookMs : undefined;
}

function refusalBy(circuit: Circuit, config: InternalAxiosRequestConfig): CircuitOpenError {
  const call = currentCall(config);
  const { service } = call;
  const { cause } = circuit;
  const retryAfterMs = circuit.retryAfterMs();
  call.note(`refused: circuit open, next try in ${Math.ceil(retryAfterMs)} ms`);
  return new CircuitOpenError({ service, config, retryAfterMs, cause });
}
