import { install } from '@holdfast/core';
import axios, { type AxiosInstance, type CreateAxiosDefaults } from 'axios';
import { standardInterceptors, type StandardInterceptorsOptions } from './standard-interceptors.js';

/** Options of {@link createServiceClient}, beside those of the standard pipeline. */
export interface ServiceClientOptions extends StandardInterceptorsOptions {
  /** Where the service is: https, or loopback. Its token goes nowhere else. Required. */
  readonly baseURL: string;
  /** Whatever else `axios.create` takes: `headers`, `httpAgent`, `adapter`, … */
  readonly axios?: Omit<CreateAxiosDefaults, 'baseURL'>;
}

/**
 * An axios client for one service, with the standard pipeline: an ordinary `AxiosInstance`.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function createServiceClient(options: ServiceClientOptions): AxiosInstance {
  const { baseURL, axios: others, ...standard } = options;
  if (typeof baseURL !== 'string' || !URL.canParse(baseURL)) {
    throw new TypeError('createServiceClient(): the option "baseURL" must be an absolute URL');
  }
  const client = axios.create({ ...others, baseURL });
  install(client, standardInterceptors(standard), standard.clock && { clock: standard.clock });
  return client;
}
