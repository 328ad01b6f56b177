import axios, {
  type AxiosError,
  type AxiosInstance,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import axiosRetry, { exponentialDelay } from 'axios-retry';
import CircuitBreaker from 'opossum';
import type { Place } from './place.js';
import { axiosStack, type Stack } from './stack.js';
import { SCOPE } from './tokens.js';

export type GetToken = () => Promise<string>;

/** One that is asked for once, and kept in a variable. */
export function inVariable({ tokens }: Place): GetToken {
  let token: string | undefined;
  return async () => (token ??= (await tokens.getToken(SCOPE))?.token ?? '');
}

export function perCall({ tokens }: Place): GetToken {
  return async () => (await tokens.getToken(SCOPE))?.token ?? '';
}

export function useToken(client: AxiosInstance, getToken: GetToken): void {
  client.interceptors.request.use(async (config) => {
    config.headers.Authorization ??= `Bearer ${await getToken()}`;
    return config;
  });
}

/** The stack that people write, each part as its own documentation shows it. */
export function naiveStack(place: Place, getToken: GetToken): Stack {
  const { client, breaker } = opossumClient(place);
  useToken(client, getToken);
  client.interceptors.response.use(undefined, async (error: AxiosError) => {
    const request = error.config as (InternalAxiosRequestConfig & { _retry?: boolean }) | undefined;
    if (error.response?.status !== 401 || request === undefined || request._retry === true) throw error;
    request._retry = true;
    request.headers.Authorization = `Bearer ${await getToken()}`;
    return client(request);
  });
  axiosRetry(client, { retries: 3, retryDelay: exponentialDelay });
  return axiosStack(client, () => {
    breaker.shutdown();
  });
}

/** Only what goes around the adapter. */
export function opossumStack(place: Place): Stack {
  const { client, breaker } = opossumClient(place);
  return axiosStack(client, () => {
    breaker.shutdown();
  });
}

function opossumClient({ baseURL, axiosDefaults }: Place) {
  const client = axios.create({ baseURL, ...axiosDefaults() });
  const send = axios.getAdapter(client.defaults.adapter ?? axios.defaults.adapter);
  const breaker = new CircuitBreaker<[InternalAxiosRequestConfig], AxiosResponse>((config) => send(config), {
    volumeThreshold: 20,
    errorFilter: (error: AxiosError) => (error.response?.status ?? 500) < 500,
  });
  client.defaults.adapter = (config) => breaker.fire(config);
  return { client, breaker };
}
