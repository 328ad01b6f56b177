import {
  AxiosError,
  AxiosHeaders,
  CanceledError,
  type AxiosAdapter,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import type { Clock } from '@holdfast/core';
import type { ServerAnswer } from './server-model.js';

/**
 * Sends requests to a service in memory. Timeout, signal and status end a request as in axios's own adapters; the service is not
 * told who has given up.
 */
export function serverAdapter(
  request: (answer: (answer: ServerAnswer) => void) => void,
  clock: Clock,
): AxiosAdapter {
  return (config) =>
    new Promise<AxiosResponse>((resolve, reject) => {
      const { signal, timeout = 0 } = config;
      if (signal?.aborted === true) {
        reject(new CanceledError(undefined, config));
        return;
      }
      const end = (): void => {
        timer?.cancel();
        signal?.removeEventListener?.('abort', canceled);
      };
      const canceled = (): void => {
        end();
        reject(new CanceledError(undefined, config));
      };
      const expired = (): void => {
        end();
        reject(timeoutError(config, timeout));
      };
      const timer = timeout > 0 ? clock.setTimeout(expired, timeout) : undefined;
      signal?.addEventListener?.('abort', canceled);
      request((answer) => {
        end();
        settle(responseOf(answer, config), resolve, reject);
      });
    });
}

function responseOf({ status, retryAfter }: ServerAnswer, config: InternalAxiosRequestConfig): AxiosResponse {
  const headers = new AxiosHeaders(retryAfter === undefined ? {} : { 'retry-after': retryAfter });
  return { data: '', status, statusText: '', headers, config };
}

function settle(
  response: AxiosResponse,
  resolve: (response: AxiosResponse) => void,
  reject: (error: unknown) => void,
): void {
  const { status, config } = response;
  if (config.validateStatus?.(status) ?? true) resolve(response);
  else
    reject(
      new AxiosError(
        `Request failed with status code ${status}`,
        AxiosError.ERR_BAD_RESPONSE,
        config,
        undefined,
        response,
      ),
    );
}

function timeoutError(config: InternalAxiosRequestConfig, ms: number): AxiosError {
  const isClear = config.transitional?.clarifyTimeoutError === true;
  const code = isClear ? AxiosError.ETIMEDOUT : AxiosError.ECONNABORTED;
  return new AxiosError(`timeout of ${ms}ms exceeded`, code, config);
}
