import {
  isCanceled,
  orCanceled,
  statusError,
  type Cancelable,
  type CurrentCall,
  type Failure,
} from '@holdfast/core';
import type { AxiosError, AxiosResponse } from 'axios';

const made = new WeakMap<AxiosResponse, AxiosError>();

/** What a callback is given for a failed attempt: axios's error, also for a status, made once and only for a callback. */
export function errorOf({ response, error }: Failure, call: CurrentCall): AxiosError {
  if (response === undefined) return error as AxiosError;
  if (call.rejected?.response === response) return call.rejected.error;
  const ours = made.get(response) ?? statusError(response);
  made.set(response, ours);
  return ours;
}

/**
 * What a condition says. As axios-retry takes it: a promise says no by `false` alone, anything else by being falsy. What it
 * throws means no, and so does a request that is given up meanwhile.
 */
export async function isConfirmed(ask: () => unknown, request: Cancelable): Promise<boolean> {
  try {
    const answer = ask();
    if (!isThenable(answer)) return Boolean(answer);
    return (await orCanceled(Promise.resolve(answer), request)) !== false;
  } catch {
    return false;
  }
}

/** Tells an observer, and waits for it while the request is not given up. What it throws changes nothing. */
export async function tell(observer: () => unknown, request: Cancelable): Promise<void> {
  if (isCanceled(request)) return;
  try {
    const told = observer();
    if (isThenable(told)) await orCanceled(Promise.resolve(told), request);
  } catch {
    // Somebody who looks on.
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}
