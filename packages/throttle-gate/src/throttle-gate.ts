import {
  count,
  currentCall,
  func,
  having,
  milliseconds,
  readOptions,
  retryDelayOf,
  systemClock,
  type CurrentCall,
  type Clock,
  type Interceptor,
} from '@holdfast/core';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import type { Gate } from './gate.js';
import { Gates } from './gates.js';

/** Options of {@link throttleGate}. */
export interface ThrottleGateOptions {
  /**
   * Milliseconds for which it closes at most, whatever the service asks for; then one probe tries. Default: 300,000. Too
   * short, the service is asked again before it wants to; too long, one wrong header silences it for a day.
   */
  readonly maxClosedMs?: number;
  /**
   * Calls that may wait at a closed gate; the others are refused at once. Those that were throttled themselves always may,
   * and count. Default: 32. With many, the herd that is let out is the next overload.
   */
  readonly maxWaiters?: number;
  /**
   * Milliseconds after the probe's answer within which those who wait come out. Default: 1,000. With 0 they come out at
   * once and are throttled again; too long, they wait although the service is ready.
   */
  readonly rampMs?: number;
  /** Milliseconds after which the next one in line tries for a probe without an answer. Default: 10,000. */
  readonly probeTimeoutMs?: number;
  /**
   * What shares a gate. Default: the origin that the request goes to. Wider, one service's throttle holds up another;
   * narrower than the service counts, others go on calling it.
   */
  readonly key?: (config: InternalAxiosRequestConfig) => string;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Where chance comes from: numbers from 0 up to 1. Default: `Math.random`. */
  readonly random?: () => number;
}

const schemas = {
  maxClosedMs: count(300_000, 1),
  maxWaiters: count(32),
  rampMs: milliseconds(1_000),
  probeTimeoutMs: count(10_000, 1),
  key: func<(config: InternalAxiosRequestConfig) => string>((config) => currentCall(config).target.origin),
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
  const { key, ...rules } = readOptions('throttleGate', schemas, options);
  const { clock } = rules;
  const gates = new Gates(rules);

  return (next) => {
    return function passing(config): Promise<AxiosResponse> {
      const call = currentCall(config);
      call.gated = true;
      const reserved = call.heldUntil !== undefined;
      call.heldUntil = undefined;
      const gate = gates.size === 0 ? undefined : gates.of(key(config));
      return gate === undefined ? send(config, call) : enter(gate, config, call, reserved);
    };

    function enter(
      gate: Gate,
      config: InternalAxiosRequestConfig,
      call: CurrentCall,
      reserved: boolean,
    ): Promise<AxiosResponse> {
      return gate.enter({ call, config, reserved, send: () => send(config, call) });
    }

    function send(config: InternalAxiosRequestConfig, call: CurrentCall): Promise<AxiosResponse> {
      return next(config).then((response) => {
        if (response.status === 429 || response.status === 503) heed(response, config, call);
        return response;
      });
    }
  };

  function heed(response: AxiosResponse, config: InternalAxiosRequestConfig, call: CurrentCall): void {
    const now = clock.now();
    const delayMs = retryDelayOf(response.headers, now);
    // "Retry-After: 0" names no instant to wait for: that call's own backoff is enough.
    if (delayMs === undefined || delayMs === 0) return;
    const { until } = gates.close(key(config), call.service, now + delayMs, now);
    call.heldUntil = until;
    call.note(`throttled: the gate is closed for ${Math.ceil(until - now)} ms`);
  }
}
