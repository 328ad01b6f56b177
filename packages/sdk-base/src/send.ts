import { callOf, statusError, type Call } from '@holdfast/core';
import { AxiosHeaders, type AxiosInstance, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { contentOf } from './answer-content.js';
import { hasDefaultHeader } from './call-options-headers.js';
import type { SdkConnection } from './connection.js';
import { toStatusError } from './status-errors.js';

/** Makes something of an answer; what it throws, the call rejects with. */
export type ReadAnswer = (response: AxiosResponse) => unknown;

/**
 * One request of an SDK. Rejects with an error by status where the service answered, and with what the pipeline threw where
 * it did not. 2xx is a success, whatever the client takes for one.
 */
export async function send(connection: SdkConnection, request: AxiosRequestConfig): Promise<AxiosResponse> {
  return (await sendAndRead(connection, request)).response;
}

/**
 * As {@link send}, the only place where a request is sent by the client of an SDK, and `data` is what `read` makes of the answer: to the
 * log, an answer that cannot be read is no success.
 */
export async function sendAndRead(
  connection: SdkConnection,
  request: AxiosRequestConfig,
  read?: ReadAnswer,
): Promise<{ readonly data: unknown; readonly response: AxiosResponse }> {
  const { pipeline, log } = connection;
  try {
    const { call, response } = await answered(connection, request);
    const data = read === undefined ? contentOf(response) : await read(response);
    log?.ended({ call, response });
    return { data, response };
  } catch (failure) {
    const error = await toStatusError(failure, pipeline.clock);
    log?.ended({ error });
    throw error;
  }
}

/** Makes something of an answer that the log knows already as a success: where that fails, it has a line of its own. */
export async function readLater<T>({ log }: SdkConnection, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    log?.ended({ error });
    throw error;
  }
}

async function answered(
  connection: SdkConnection,
  request: AxiosRequestConfig,
): Promise<{ readonly call: Call; readonly response: AxiosResponse }> {
  const { client } = connection;
  const validateStatus = request.validateStatus ?? isSuccess;
  const response: unknown = await client.request({
    ...request,
    validateStatus,
    headers: named(request, client, connection),
  });
  // An interceptor of the app's own may have made an answer of the failure: what does not exist would be empty, and no more.
  if (isResponse(response) && !validateStatus(response.status)) throw statusError(response);
  const call = callOf(response);
  if (call !== undefined && isResponse(response)) return { call, response };
  throw new TypeError(
    'The client of an SDK must answer with responses: take off the axios interceptor that unwraps `data`',
  );
}

/** With the SDK's User-Agent, unless the caller has one of his own, or the owner of the client. */
function named(
  { headers, method = 'get' }: AxiosRequestConfig,
  client: AxiosInstance,
  { userAgent }: SdkConnection,
): AxiosHeaders {
  const all = new AxiosHeaders(headers as AxiosHeaders | undefined);
  if (!all.has('User-Agent') && !hasDefaultHeader(client, method, 'user-agent'))
    all.set('User-Agent', userAgent);
  return all;
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function isResponse(answer: unknown): answer is AxiosResponse {
  return typeof answer === 'object' && answer !== null && 'status' in answer && 'headers' in answer;
}
