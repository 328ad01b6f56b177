import type { CurrentCall } from '@holdfast/core';

/** Calls with more than one send under way at once, and how many: an interceptor that hedges sends one request twice. */
export const overlapping: WeakMap<CurrentCall, number> = new WeakMap();
