import { createDefaultHttpClient, createHttpHeaders, type HttpClient } from '@azure/core-rest-pipeline';
import { Agent } from 'node:http';
import type { AxiosAdapter, CreateAxiosDefaults } from 'axios';
import { seen } from './seen.js';
import type { Tokens } from './tokens.js';

/** Where the calls of every stack go, and where its tokens are from. */
export interface Place {
  readonly tokens: Tokens;
  readonly baseURL: string;
  /** For `axios.create`, made anew for each stack: connections are not shared. */
  readonly axiosDefaults: () => Pick<CreateAxiosDefaults, 'adapter' | 'httpAgent'>;
  /** What `@azure/core-rest-pipeline` sends with. */
  readonly httpClient: HttpClient;
}

/** Its bearer policy takes https alone. */
export const SECURE = 'https://orders.example';
const BODY = '{"id":7}';

/** The answer is there at once, and nothing leaves the process. `see` gets to know the token of each request. */
export function inMemory(tokens: Tokens, see?: (authorization: unknown) => void): Place {
  const adapter: AxiosAdapter = (config) => {
    seen.sends += 1;
    see?.(config.headers.get('authorization'));
    return Promise.resolve({ status: 200, statusText: 'OK', data: BODY, headers: {}, config });
  };
  const httpClient: HttpClient = {
    sendRequest: (request) => {
      seen.sends += 1;
      see?.(request.headers.get('authorization'));
      return Promise.resolve({ request, status: 200, headers: createHttpHeaders(), bodyAsText: BODY });
    },
  };
  return { tokens, baseURL: SECURE, axiosDefaults: () => ({ adapter }), httpClient };
}

/** A server on loopback, over connections that are kept. */
export function overLoopback(tokens: Tokens, baseURL: string): Place {
  const client = createDefaultHttpClient();
  const httpClient: HttpClient = {
    sendRequest: (request) => {
      const known = request.url;
      request.url = known.replace(SECURE, baseURL);
      return client.sendRequest(request).finally(() => (request.url = known));
    },
  };
  return {
    tokens,
    baseURL,
    axiosDefaults: () => ({ httpAgent: new Agent({ keepAlive: true }) }),
    httpClient,
  };
}
