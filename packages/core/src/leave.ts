import { isCancel, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import { shared } from './calls.js';
import type { CurrentCall } from './current-call.js';
import { hide } from './hide.js';

export type ValidateStatus = InternalAxiosRequestConfig['validateStatus'];

/** The request leaves the pipeline as it came; `error`, where there is one, as its keeper tells it. */
export function leave(
  call: CurrentCall,
  config: InternalAxiosRequestConfig,
  own: boolean,
  validateStatus: ValidateStatus | undefined,
  error?: unknown,
): unknown {
  restore(config, own, validateStatus);
  call.takeHeadersBack(config);
  return call.keeper === undefined ? error : call.keeper.release(call, config, error);
}

function restore(
  config: { validateStatus?: ValidateStatus | undefined },
  own: boolean,
  validateStatus: ValidateStatus | undefined,
): void {
  if (own) config.validateStatus = validateStatus;
  else delete config.validateStatus;
}

/**
 * An adapter that answers with a copy of the request has copied what we had put on it as well. A copy is told by that: the
 * request of another call, which an interceptor may have failed with, is not ours to touch.
 */
export function adopt(
  outcome: unknown,
  acceptAll: ValidateStatus,
  config: InternalAxiosRequestConfig,
  call: CurrentCall,
): void {
  const copy = (outcome as Partial<AxiosResponse> | undefined)?.config;
  if (copy === undefined || copy === config || copy.validateStatus !== acceptAll) return;
  for (const name of ['validateStatus', 'signal'] as const) {
    // A frozen copy keeps them; that is no reason to lose the answer.
    if (name in config) Reflect.set(copy, name, config[name]);
    else Reflect.deleteProperty(copy, name);
  }
  call.takeHeadersBack(copy);
  shared.putCallOn(copy, call);
}

/** Axios's adapters drop the reason that was given to `abort(reason)`. A cancelToken's error is not this call's alone. */
export function tellReason(error: unknown, { signal, cancelToken }: InternalAxiosRequestConfig): void {
  if (!isCancel(error) || error === cancelToken?.reason || (error as Error).cause !== undefined) return;
  const reason: unknown = signal?.aborted ? (signal as { reason?: unknown }).reason : undefined;
  if (reason instanceof Error) hide(error as object, 'cause', reason);
}
