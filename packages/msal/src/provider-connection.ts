import { install, outcomeOfError, type Clock } from '@holdfast/core';
import { attemptTimeout } from '@holdfast/timeout';
import { Axios, type AxiosInstance, type AxiosResponse, type GenericAbortSignal } from 'axios';
import type { ConnectionOptions } from './connection.js';

/** By what requests for tokens go out. */
export interface NetworkSettings {
  readonly timeoutMs: number | false;
  readonly clock: Clock;
  readonly axios: ConnectionOptions | undefined;
}

/** One request of MSAL's. */
export interface ProviderRequest {
  readonly method: 'get' | 'post';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly data?: string;
}

// Metadata of Microsoft's are 2 kB, tokens with every group of a user some 20.
const LARGEST_ANSWER_BYTES = 1_000_000;

/** An axios client for requests for tokens, under a pipeline of its own: whatever is answered, the answer is text. */
export class ProviderConnection {
  readonly #client: Axios;

  constructor({ timeoutMs, clock, axios }: NetworkSettings) {
    // Not by `axios.create()`: that starts from `axios.defaults`, in which an app may have the headers, the base URL and
    // the mocks of its own API. Without an adapter of its own a request would take the one that is there.
    this.#client = new Axios({
      ...axios,
      adapter: 'http',
      responseType: 'text',
      transformResponse: [(body: unknown) => body],
      validateStatus: () => true,
      maxContentLength: LARGEST_ANSWER_BYTES,
      // A redirect would carry the secret in the body to wherever it points.
      maxRedirects: 0,
    });
    // What is installed on is never called as a function.
    install(this.#client as AxiosInstance, [attemptTimeout({ timeoutMs, clock })], { clock });
  }

  async send(
    request: ProviderRequest,
    signal: GenericAbortSignal | undefined,
  ): Promise<AxiosResponse<unknown>> {
    const headers = { Accept: 'application/json', ...request.headers };
    const config = { ...request, headers, ...(signal !== undefined && { signal }) };
    try {
      return await this.#client.request(config);
    } catch (error) {
      // The connection was closed at the other end while it was not in use: this request was not seen there.
      if (outcomeOfError(error) === 'stale-socket') return await this.#client.request(config);
      throw error;
    }
  }
}
