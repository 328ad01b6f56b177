import axios, {
  type AxiosAdapter,
  type AxiosError,
  type AxiosInstance,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import axiosRetry from 'axios-retry';
import CircuitBreaker from 'opossum';
import { BASE_URL } from './orders.js';

export type Opossum = CircuitBreaker<[InternalAxiosRequestConfig], AxiosResponse>;

/** As it is written everywhere: `fire()` around what sends. */
export function opossumAround(adapter: AxiosAdapter, options: CircuitBreaker.Options = {}): Opossum {
  return new CircuitBreaker<[InternalAxiosRequestConfig], AxiosResponse>(
    (config) => adapter(config),
    options,
  );
}

/** A client whose adapter opossum goes around: that of the moment. */
export function opossumClient(breaker: () => Opossum): AxiosInstance {
  return axios.create({ baseURL: BASE_URL, adapter: (config) => breaker().fire(config) });
}

/** The stack that people write: a token interceptor, a handler of 401, axios-retry, and opossum around the adapter. */
export function naiveClient(breaker: () => Opossum, getToken: () => Promise<string>): AxiosInstance {
  const client = opossumClient(breaker);
  client.interceptors.request.use(async (config) => {
    config.headers.Authorization = `Bearer ${await getToken()}`;
    return config;
  });
  client.interceptors.response.use(undefined, async (error: AxiosError) => {
    const request = error.config as (InternalAxiosRequestConfig & { _retry?: boolean }) | undefined;
    if (error.response?.status !== 401 || request === undefined || request._retry === true) throw error;
    request._retry = true;
    return client(request);
  });
  axiosRetry(client);
  return client;
}
