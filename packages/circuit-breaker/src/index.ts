export { circuitBreaker, type CircuitBreakerOptions } from './circuit-breaker.js';
export type { CircuitState, CircuitStateChange } from './circuit.js';
