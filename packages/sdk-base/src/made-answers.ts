// Failed calls, as axios tells them.
import { createServiceClient, type ServiceClientOptions } from '@holdfast/client';
import { scriptedTransport, type Step } from '@holdfast/testing';
import axios, { AxiosError, AxiosHeaders, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import type { AnsweredError } from './status-error.js';

/** What a call ends with that fails. */
export function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => Promise.reject(new Error('The call has succeeded')),
    (error: unknown) => error,
  );
}

/** The error of a call over a standard pipeline. */
export function failedCall(step: Step, options: Partial<ServiceClientOptions> = {}): Promise<unknown> {
  const { adapter } = scriptedTransport([step]);
  const client = createServiceClient({
    name: 'orders',
    baseURL: 'https://orders.test',
    credential: false,
    retry: false,
    axios: { adapter },
    ...options,
  });
  return failureOf(client.get('/orders/7'));
}

/** The error of a call over bare axios. */
export async function bareFailure(step: Step): Promise<AnsweredError> {
  const { adapter } = scriptedTransport([step]);
  return (await failureOf(axios.get('https://orders.test/orders/7', { adapter }))) as AnsweredError;
}

/** An error as axios makes it, with this for the body. */
export function errorWith(
  data: unknown,
  request: Partial<InternalAxiosRequestConfig> = {},
  status = 409,
): AnsweredError {
  const config: InternalAxiosRequestConfig = { headers: new AxiosHeaders(), ...request };
  const response: AxiosResponse = { status, statusText: '', headers: {}, data, config };
  const message = `Request failed with status code ${status}`;
  return new AxiosError(message, 'ERR_BAD_REQUEST', config, {}, response) as AnsweredError;
}
