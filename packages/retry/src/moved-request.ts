import { movedTarget, type CurrentCall } from '@holdfast/core';
import { AxiosHeaders, type InternalAxiosRequestConfig } from 'axios';

/**
 * Tells the call where its request goes by now: a callback may have sent it elsewhere, and by the target of the call others
 * decide whether a token may go along, and which gate and circuit it passes.
 */
export function follow(config: InternalAxiosRequestConfig, call: CurrentCall): void {
  call.target = movedTarget(config, call.target);
  // `{ ...config.headers, mine }` is how it is done with axios-retry, which makes headers of it again.
  config.headers = AxiosHeaders.from(config.headers);
}
