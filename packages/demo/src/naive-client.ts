import { ConfidentialClientApplication } from '@azure/msal-node';
import axios, {
  type AxiosError,
  type AxiosInstance,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import axiosRetry, { exponentialDelay } from 'axios-retry';
import CircuitBreaker from 'opossum';
import type { Contestant, Place } from './stage.js';

/**
 * The stack that people write today, each part as its own documentation shows it: a token interceptor that asks MSAL per
 * call, axios-retry, opossum around the adapter, and a 401 handler.
 */
export function naiveClient({ app, baseURL, scopes }: Place): Contestant {
  const msal = new ConfidentialClientApplication({
    auth: {
      clientId: app.clientId,
      clientSecret: app.clientSecret,
      authority: app.authority,
      authorityMetadata: app.authorityMetadata,
      clientCapabilities: ['cp1'],
    },
  });
  const client: AxiosInstance = axios.create({ baseURL });

  client.interceptors.request.use(async (config) => {
    const result = await msal.acquireTokenByClientCredential({ scopes: [...scopes] });
    config.headers.Authorization ??= `Bearer ${result?.accessToken}`;
    return config;
  });

  client.interceptors.response.use(undefined, async (error: AxiosError) => {
    const request = error.config as (InternalAxiosRequestConfig & { _retry?: boolean }) | undefined;
    if (error.response?.status !== 401 || request === undefined || request._retry) throw error;
    request._retry = true;
    const challenge = String(error.response.headers['www-authenticate']);
    const encoded = /claims="([^"]+)"/.exec(challenge)?.[1];
    const claims = encoded && Buffer.from(encoded, 'base64').toString();
    const result = await msal.acquireTokenByClientCredential({
      scopes: [...scopes],
      skipCache: true,
      ...(claims && { claims }),
    });
    request.headers.Authorization = `Bearer ${result?.accessToken}`;
    return client(request);
  });

  axiosRetry(client, { retries: 3, retryDelay: exponentialDelay });

  const send = axios.getAdapter(axios.defaults.adapter);
  const breaker = new CircuitBreaker<[InternalAxiosRequestConfig], AxiosResponse>((config) => send(config), {
    volumeThreshold: 20,
    errorFilter: (error: AxiosError) => (error.response?.status ?? 500) < 500,
  });
  client.defaults.adapter = (config) => breaker.fire(config);

  return {
    client,
    close: () => {
      breaker.shutdown();
    },
  };
}
