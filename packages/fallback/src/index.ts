export { fallback, type FallbackOptions } from './fallback.js';
export { isFallback } from './is-fallback.js';
export type { FallbackAnswer, FallbackRespond } from './fallback-answer.js';
export type { FallbackReason } from './fallback-reason.js';
