import {
  AuthError,
  type INetworkModule,
  type NetworkRequestOptions,
  type NetworkResponse,
} from '@azure/msal-node';
import { install, retryDelayOf, type Clock } from '@holdfast/core';
import { attemptTimeout } from '@holdfast/timeout';
import axios, { type AxiosInstance, type AxiosResponse, type GenericAbortSignal } from 'axios';
import { AsyncLocalStorage } from 'node:async_hooks';

/** What is known of a request to the identity provider that failed. */
export interface ProviderFailureInit {
  /** The OAuth error (RFC 6749, section 5.2), or a code of our own. */
  readonly code: string;
  readonly message: string;
  readonly correlationId: string | undefined;
  readonly status?: number | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly transient: boolean;
}

/**
 * A request to the identity provider that failed in a way MSAL would misread. Of MSAL's own kind, because any other error
 * loses everything but its name on the way through; and without the request, where the secret is.
 */
export class ProviderFailure extends AuthError {
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly transient: boolean;

  constructor({ code, message, correlationId, status, retryAfterMs, transient }: ProviderFailureInit) {
    super(code, correlationId ?? '', message);
    // AuthError's constructor makes every instance a plain AuthError.
    Object.setPrototypeOf(this, ProviderFailure.prototype);
    this.name = 'ProviderFailure';
    this.status = status;
    this.retryAfterMs = retryAfterMs;
    this.transient = transient;
  }
}

/** By what MSAL's requests go out. */
export interface NetworkSettings {
  readonly timeoutMs: number | false;
  readonly clock: Clock;
}

/**
 * MSAL's way to the network: an axios client under a pipeline of its own. What MSAL 7 would answer by locking the request
 * out for a minute (429, 5xx, any error with Retry-After), or take for a token (HTML, `{}`), is thrown as a
 * {@link ProviderFailure} before MSAL sees it.
 */
export class PipelineNetwork implements INetworkModule {
  readonly #client: AxiosInstance;
  readonly #clock: Clock;
  /** MSAL hands no signal on to its network module. */
  readonly #signal = new AsyncLocalStorage<GenericAbortSignal | undefined>();

  constructor({ timeoutMs, clock }: NetworkSettings) {
    this.#client = axios.create({
      responseType: 'text',
      transformResponse: [(body: unknown) => body],
      validateStatus: () => true,
      // A redirect would carry the secret in the body to wherever it points.
      maxRedirects: 0,
    });
    install(this.#client, [attemptTimeout({ timeoutMs, clock })], { clock });
    this.#clock = clock;
  }

  /** Does what makes requests of MSAL's, which end with this signal. */
  endingWith<T>(signal: GenericAbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    return this.#signal.run(signal, work);
  }

  async sendGetRequestAsync<T>(
    url: string,
    options: NetworkRequestOptions = {},
  ): Promise<NetworkResponse<T>> {
    return this.#read<T>(await this.#send('get', url, options), options);
  }

  async sendPostRequestAsync<T>(
    url: string,
    options: NetworkRequestOptions = {},
  ): Promise<NetworkResponse<T>> {
    const answer = this.#read<T>(await this.#send('post', url, options), options);
    if (answer.status >= 400 && oauthErrorOf(answer.body) === undefined) {
      throw new ProviderFailure({
        code: `http_${answer.status}`,
        message: `answered ${answer.status} without an OAuth error`,
        correlationId: options.correlationId,
        status: answer.status,
        transient: false,
      });
    }
    return answer;
  }

  async #send(method: string, url: string, options: NetworkRequestOptions): Promise<AxiosResponse<unknown>> {
    const { headers, body, correlationId } = options;
    const signal = this.#signal.getStore();
    try {
      return await this.#client.request({
        method,
        url,
        ...(body !== undefined && { data: body }),
        ...(headers !== undefined && { headers }),
        ...(signal !== undefined && { signal }),
      });
    } catch (error) {
      // By its code alone: an AxiosError carries the request's body, and a mock's message may as well.
      const { code } = error as { code?: unknown };
      throw new ProviderFailure({
        code: typeof code === 'string' ? code : 'network_error',
        message: `gave no answer (${typeof code === 'string' ? code : 'the connection failed'})`,
        correlationId,
        transient: true,
      });
    }
  }

  #read<T>(response: AxiosResponse<unknown>, { correlationId }: NetworkRequestOptions): NetworkResponse<T> {
    const { status } = response;
    const body = objectOf(response.data);
    if (status === 408 || status === 429 || status >= 500) {
      throw new ProviderFailure({
        code: oauthErrorOf(body) ?? `http_${status}`,
        message: `answered ${status}`,
        correlationId,
        status,
        retryAfterMs: retryDelayOf(response.headers, this.#clock.now()),
        transient: true,
      });
    }
    if (body === undefined) {
      throw new ProviderFailure({
        code: 'unreadable_answer',
        message: `answered ${status} with a body that is no JSON object, or an empty one`,
        correlationId,
        status,
        transient: true,
      });
    }
    return { status, headers: headersOf(response, status), body: body as T };
  }
}

function objectOf(text: unknown): object | undefined {
  try {
    const value: unknown = JSON.parse(String(text));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject && Object.keys(value).length > 0 ? value : undefined;
  } catch {
    return undefined;
  }
}

function oauthErrorOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('error' in body)) return undefined;
  return typeof body.error === 'string' && body.error !== '' ? body.error : undefined;
}

function headersOf(response: AxiosResponse, status: number): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) headers[name.toLowerCase()] = String(value);
  // On an error of whatever kind MSAL would lock the request out for as long as this says.
  if (status >= 300) delete headers['retry-after'];
  return headers;
}
