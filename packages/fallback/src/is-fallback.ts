import { callOf } from '@holdfast/core';

/** Whether a response is the reduced answer that somebody gave in the place of a failure, and not the service's own. */
export function isFallback(response: unknown): boolean {
  return callOf(response)?.fallbackFor !== undefined;
}
