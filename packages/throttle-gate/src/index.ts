export { throttleGate, type ThrottleGateOptions } from './throttle-gate.js';
