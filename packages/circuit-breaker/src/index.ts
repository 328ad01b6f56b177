export {
  circuitBreaker,
  type CircuitBreakerInterceptor,
  type CircuitBreakerOptions,
} from './circuit-breaker.js';
export { Breakers } from './breakers.js';
export type { Breaker, BreakerWindow, ForcedStateOptions } from './breaker.js';
export type { CircuitMode, CircuitOptions, CircuitState, CircuitStateChange } from './circuit-options.js';
export type { BreakerSnapshot, BreakersSnapshot, Forced } from './snapshot.js';
export type { Bucket, WindowContent } from './window.js';
