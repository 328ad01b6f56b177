import { isHoldfastError, outcomeOfError, outcomeOfResponse, type Outcome } from '@holdfast/core';
import { isAxiosError } from 'axios';
import { DownloadError } from './download-error.js';

/** What may be another way the next time. A deadline is that of one answer's headers. */
const PASSING: ReadonlySet<Outcome> = new Set([
  'unavailable',
  'throttled',
  'busy',
  'not-sent',
  'stale-socket',
  'lost',
  'deadline',
]);

/** Whether it makes sense to ask for the rest of a download after this. `now` is epoch milliseconds. */
export function isPassing(error: unknown, now: number): boolean {
  if (error instanceof DownloadError) return error.code === 'ERR_DOWNLOAD_TRUNCATED';
  if (isHoldfastError(error, 'ERR_CIRCUIT_OPEN', 'ERR_THROTTLED')) return true;
  if (isHoldfastError(error, 'ERR_TOKEN_ACQUISITION')) return error.transient;
  const response = isAxiosError(error) ? error.response : undefined;
  return PASSING.has(response === undefined ? outcomeOfError(error) : outcomeOfResponse(response, now));
}
