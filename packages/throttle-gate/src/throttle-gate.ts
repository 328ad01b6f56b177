import {
  accepted,
  answerOf,
  count,
  currentCall,
  described,
  flag,
  func,
  having,
  keyOf,
  milliseconds,
  outcomeOf,
  quotable,
  readOptions,
  retryDelayOf,
  systemClock,
  type CurrentCall,
  type Clock,
  type Failure,
  type Interceptor,
} from '@holdfast/core';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import type { Gate } from './gate.js';
import { MemoryStore, type GateStore } from './gate-store.js';
import { Gates } from './gates.js';
import { allowanceIn } from './rate-limit.js';

/** Options of {@link throttleGate}. */
export interface ThrottleGateOptions {
  /**
   * Milliseconds for which it closes at most, whatever the service asks for; then one probe tries. Default: 300,000. Too
   * short, the service is asked again before it wants to; too long, one wrong header silences it for a day.
   */
  readonly maxClosedMs?: number;
  /**
   * Calls that may wait at a closed gate; the others are refused at once. Those that were throttled themselves always may,
   * and count. Default: 32; `Infinity`: all of them. With many, the herd that is let out is the next overload.
   */
  readonly maxWaiters?: number;
  /**
   * Milliseconds after the probe's answer within which those who wait do not all come out: at least so long. The ramp lasts
   * longer where many calls came while it was closed. Default: 1,000. With 0 a few come out at once and are throttled again;
   * too long, they wait although the service is ready.
   */
  readonly rampMs?: number;
  /** Milliseconds after which the next one in line tries for a probe without an answer. Default: 10,000. */
  readonly probeTimeoutMs?: number;
  /**
   * What shares a gate; a request's own `holdfast.key` goes before it. Default: the service and its origin. Wider, one service's throttle holds up another; narrower than the service counts, others go on calling it.
   */
  readonly key?: (config: InternalAxiosRequestConfig) => string;
  /**
   * With `observe` nothing waits and nothing is refused: what would be stands in the journal and in the events. Default:
   * `enforce`. Left on `observe`, a service that throttles is called all the same.
   */
  readonly mode?: 'enforce' | 'observe';
  /**
   * Where closures are kept. Default: the memory of this gate. One that several processes share makes what one was told hold
   * for all of them; one that is slow to answer holds up each attempt.
   */
  readonly store?: GateStore;
  /**
   * Whether calls are spread before they are throttled, by what the service says is left: `RateLimit`, `x-ratelimit-remaining`
   * and their like. Default: false. With a service whose figures are for somebody else, calls wait for nothing.
   */
  readonly pace?: boolean;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Where chance comes from: numbers from 0 up to 1. Default: `Math.random`. */
  readonly random?: () => number;
}

const isWholeOrAll = (value: unknown): boolean =>
  value === Infinity || (Number.isSafeInteger(value) && Number(value) >= 0);
const isMode = (value: unknown): boolean => value === 'enforce' || value === 'observe';

const schemas = {
  maxClosedMs: count(300_000, 1),
  maxWaiters: accepted<number>(isWholeOrAll, 'a whole number, 0 or more, or Infinity', 32),
  rampMs: milliseconds(1_000),
  probeTimeoutMs: count(10_000, 1),
  key: accepted<((config: InternalAxiosRequestConfig) => string) | undefined>(
    (value) => typeof value === 'function',
    'a function',
    undefined,
  ),
  mode: quotable(accepted<'enforce' | 'observe'>(isMode, '"enforce" or "observe"', 'enforce')),
  pace: flag(false),
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
  random: func<() => number>(Math.random),
};

/**
 * A Retry-After told to one call holds for all of them: a 429 or 503 that carries one closes the gate of its service
 * until that instant. Who may wait waits, who may not gets {@link ThrottledError} at once. Place it outside a circuit
 * breaker and inside the retries: the throttled call's next attempt waits here, in a place kept for it.
 *
 * RFC 9110, section 10.2.3, and RFC 6585, section 4; https://learn.microsoft.com/graph/throttling
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function throttleGate(options: ThrottleGateOptions = {}): Interceptor {
  const { store: given, ...others } = options;
  const read = readOptions('throttleGate', schemas, others);
  const { key: own, pace, ...rules } = read;
  const { clock, mode, rampMs } = rules;
  const kept = readOptions(
    'throttleGate',
    // Not among the others: each value of this factory has a memory of its own.
    { store: having<GateStore>(['get', 'set'], new MemoryStore(clock, rampMs)) },
    { store: given },
  );
  const gates = new Gates(rules, kept.store);
  const enforces = mode === 'enforce';

  const interceptor: Interceptor = (next) => {
    return function passing(config): Promise<AxiosResponse> {
      const call = currentCall(config);
      // Asked before anything is sent, and not once more for the answer: it is the user's, and may throw.
      const key = keyOf(config, own);
      const reserved = enforces && call.heldUntil !== undefined;
      if (enforces) {
        call.gated = true;
        call.heldUntil = undefined;
      }
      const gate = gates.of(key, call.service);
      return gate === undefined ? send(config, call, key) : enter(gate, config, call, key, reserved);
    };

    function enter(
      gate: Gate,
      config: InternalAxiosRequestConfig,
      call: CurrentCall,
      key: string,
      reserved: boolean,
    ): Promise<AxiosResponse> {
      return gate.enter({ call, config, reserved, send: () => send(config, call, key) });
    }

    function send(
      config: InternalAxiosRequestConfig,
      call: CurrentCall,
      key: string,
    ): Promise<AxiosResponse> {
      const sent = next(config);
      return sent.then(
        (response) => {
          if (!call.isPlainSuccess(response)) heed({ response }, call, key);
          if (pace) keepPace(response, call, key);
          return response;
        },
        (error: unknown) => {
          // An interceptor inside may fail with the answer of another service, which this one is not to be punished for.
          if (answerOf({ error })?.config === config) heed({ error }, call, key);
          // As it came: in an outage most calls are refused inside, and to throw costs several times as much.
          return sent;
        },
      );
    }
  };
  return described(interceptor, 'throttleGate', read, kept);

  function heed(failure: Failure, call: CurrentCall, key: string): void {
    const response = answerOf(failure);
    if (response === undefined) return;
    const now = clock.now();
    const outcome = outcomeOf(call, failure, now);
    if (outcome !== 'throttled' && outcome !== 'busy') return;
    const delayMs = retryDelayOf(response.headers, now);
    // "Retry-After: 0" names no instant to wait for: that call's own backoff is enough.
    if (delayMs === undefined || delayMs === 0) return;
    const gate = gates.close(key, call.service, now + delayMs, now);
    if (gate === undefined) return;
    if (enforces) call.heldUntil = gate.until;
    const closed = enforces ? 'is closed' : 'would be closed';
    call.note(`throttled: the gate ${closed} for ${Math.ceil(gate.until - now)} ms`);
  }

  function keepPace(response: AxiosResponse, call: CurrentCall, key: string): void {
    const now = clock.now();
    const allowance = allowanceIn(response.headers, now);
    if (allowance !== undefined) gates.keepPace(key, call.service, allowance, now);
  }
}
