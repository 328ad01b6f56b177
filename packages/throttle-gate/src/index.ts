export type { Closure, GateStore } from './gate-store.js';
export { throttleGate, type ThrottleGateOptions } from './throttle-gate.js';
