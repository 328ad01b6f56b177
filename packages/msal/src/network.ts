import {
  AuthError,
  type INetworkModule,
  type NetworkRequestOptions,
  type NetworkResponse,
} from '@azure/msal-node';
import { retryDelayOf, type Clock } from '@holdfast/core';
import type { AxiosResponse, GenericAbortSignal } from 'axios';
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { isSecureUrl } from './authority-metadata.js';
import { ProviderConnection, type NetworkSettings, type ProviderRequest } from './provider-connection.js';
import { oauthErrorOf, objectOf, readToken } from './token-answer.js';

/** What is known of a request to the identity provider that failed. */
export interface ProviderFailureInit {
  /** The OAuth error (RFC 6749, section 5.2), or a code of our own. */
  readonly code: string;
  readonly message: string;
  readonly correlationId: string;
  readonly status?: number | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly transient: boolean;
  /** Whether it is a no of the provider's own: it is there, and answers. Default: false. */
  readonly isRefusal?: boolean;
}

/**
 * A request to the identity provider that failed in a way MSAL would misread. Of MSAL's own kind, because any other error
 * loses everything but its name on the way through; and without the request, where the secret is.
 */
export class ProviderFailure extends AuthError {
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly transient: boolean;
  readonly isRefusal: boolean;

  constructor(init: ProviderFailureInit) {
    const { code, message, correlationId, status, retryAfterMs, transient, isRefusal = false } = init;
    super(code, correlationId, message);
    // AuthError's constructor makes every instance a plain AuthError.
    Object.setPrototypeOf(this, ProviderFailure.prototype);
    this.name = 'ProviderFailure';
    this.status = status;
    this.retryAfterMs = retryAfterMs;
    this.transient = transient;
    this.isRefusal = isRefusal;
  }

  /** Nobody waits for the answer any more. */
  get isCanceled(): boolean {
    return this.errorCode === 'ERR_CANCELED';
  }
}

/** What the requests of one acquisition share, and what became of them: MSAL keeps some of it for itself. */
export interface Exchange {
  /** By which the identity provider's support finds all of them. */
  readonly correlationId: string;
  readonly signal: GenericAbortSignal | undefined;
  /** Why the last one brought nothing that MSAL could use. */
  failure?: ProviderFailure | undefined;
  /** What the last one said of when to come back. */
  retryAfterMs?: number | undefined;
  /** Its own way to the network, where MSAL has one for the whole process. */
  readonly network?: INetworkModule | undefined;
}

/**
 * MSAL hands neither a signal nor, for metadata, an id on to its network module. One for all: in Node 20 each of them makes
 * every promise of the process dearer, for ever.
 */
const exchanges = new AsyncLocalStorage<Exchange>();

/** The acquisition in which this is called; `undefined` outside of any. */
export function currentExchange(): Exchange | undefined {
  return exchanges.getStore();
}

/** Does what makes the requests of one acquisition. */
export function duringExchange<T>(exchange: Exchange, work: () => Promise<T>): Promise<T> {
  return exchanges.run(exchange, work);
}

/**
 * MSAL's way to the network: an axios client under a pipeline of its own. What MSAL 7 would answer by locking the request
 * out for a minute (429, 5xx, any error with Retry-After), or take for a token (HTML, `{}`), is thrown as a
 * {@link ProviderFailure} before MSAL sees it.
 */
export class PipelineNetwork implements INetworkModule {
  readonly #connection: ProviderConnection;
  readonly #clock: Clock;

  constructor(settings: NetworkSettings) {
    this.#connection = new ProviderConnection(settings);
    this.#clock = settings.clock;
  }

  /** Does what makes the requests of one acquisition, which end with this signal. */
  during<T>(signal: GenericAbortSignal | undefined, work: (exchange: Exchange) => Promise<T>): Promise<T> {
    const exchange: Exchange = { correlationId: randomUUID(), signal };
    return duringExchange(exchange, () => work(exchange));
  }

  async sendGetRequestAsync<T>(
    url: string,
    options: NetworkRequestOptions = {},
  ): Promise<NetworkResponse<T>> {
    const exchange = this.#current();
    const headers = { ...options.headers, 'client-request-id': exchange.correlationId };
    const answer = await this.#send(exchange, { method: 'get', url, headers });
    const { status, body } = answer;
    const error = oauthErrorOf(body);
    // MSAL throws an error of its own, which says nothing of this.
    if (status >= 400 && error !== undefined)
      exchange.failure = refusal(exchange, error, status, retryDelayOf(answer.headers, this.#clock.now()));
    return { ...answer, body: body as T };
  }

  async sendPostRequestAsync<T>(
    url: string,
    options: NetworkRequestOptions = {},
  ): Promise<NetworkResponse<T>> {
    const exchange = this.#current();
    const { body: data = '' } = options;
    const asked = new URLSearchParams(data);
    // MSAL says in the body which acquisition it is, but for a refresh token.
    const id = asked.has('client-request-id') ? {} : { 'client-request-id': exchange.correlationId };
    const headers = { ...options.headers, ...id };
    const {
      status,
      headers: answered,
      body,
    } = await this.#send(exchange, { method: 'post', url, data, headers });
    const error = oauthErrorOf(body);
    if (status < 400) {
      // What has no grant asks for the code of a device, which is no token (RFC 8628, section 3.1).
      if (!asked.has('grant_type')) return { status, headers: answered, body: body as T };
      const token = error === undefined ? readToken(body) : body;
      if (typeof token === 'string') throw unusable(exchange, token, status);
      return { status, headers: answered, body: token as T };
    }
    exchange.retryAfterMs = retryDelayOf(answered, this.#clock.now());
    if (error === undefined || isTransient(error))
      throw (exchange.failure = refusal(exchange, error, status, exchange.retryAfterMs));
    // For this, on an error of whatever kind, MSAL would lock the request out.
    delete answered['retry-after'];
    return { status, headers: answered, body: body as T };
  }

  async #send(exchange: Exchange, request: ProviderRequest): Promise<NetworkResponse<object>> {
    exchange.failure = undefined;
    exchange.retryAfterMs = undefined;
    // A provider behind a proxy may not know that it is asked by https, and says so in its metadata.
    if (!isSecureUrl(request.url)) throw (exchange.failure = insecure(exchange));
    try {
      return this.#read(exchange, await this.#connection.send(request, exchange.signal));
    } catch (error) {
      throw (exchange.failure = error instanceof ProviderFailure ? error : unanswered(exchange, error));
    }
  }

  #read(exchange: Exchange, response: AxiosResponse<unknown>): NetworkResponse<object> {
    const { status } = response;
    const { correlationId } = exchange;
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
    const isElsewhere = status >= 300 && status < 400;
    if (body === undefined || isElsewhere) {
      const unreadable = 'with a body that is no JSON object, or an empty one';
      throw new ProviderFailure({
        code: 'unreadable_answer',
        message: `answered ${status} ${isElsewhere ? 'which leads elsewhere' : unreadable}`,
        correlationId,
        status,
        retryAfterMs: retryDelayOf(response.headers, this.#clock.now()),
        // A page of whoever stands in between comes with any other status.
        transient: status < 400,
      });
    }
    return { status, headers: headersOf(response), body };
  }

  #current(): Exchange {
    return currentExchange() ?? { correlationId: randomUUID(), signal: undefined };
  }
}

/** By its code alone: an AxiosError carries the request's body, and a mock's message may as well. */
export function unanswered({ correlationId }: Exchange, error: unknown): ProviderFailure {
  const { code } = error as { code?: unknown };
  return new ProviderFailure({
    code: typeof code === 'string' ? code : 'network_error',
    message: `gave no answer (${typeof code === 'string' ? code : 'the connection failed'})`,
    correlationId,
    transient: true,
  });
}

function refusal(
  { correlationId }: Exchange,
  error: string | undefined,
  status: number,
  retryAfterMs: number | undefined,
): ProviderFailure {
  return new ProviderFailure({
    code: error ?? `http_${status}`,
    message: error === undefined ? `answered ${status} without an OAuth error` : `says ${error}`,
    correlationId,
    status,
    retryAfterMs,
    transient: isTransient(error),
  });
}

function insecure({ correlationId }: Exchange): ProviderFailure {
  const message = 'says in its metadata that it is to be asked neither by https nor on loopback';
  return new ProviderFailure({ code: 'insecure_endpoint', message, correlationId, transient: false });
}

function unusable({ correlationId }: Exchange, reason: string, status: number): ProviderFailure {
  const message = `answered with ${reason}`;
  return new ProviderFailure({ code: 'unusable_token', message, correlationId, status, transient: true });
}

/** RFC 6749, section 4.1.2.1: for the token endpoint it names none, and Microsoft's sends these. */
function isTransient(error: string | undefined): boolean {
  return error === 'temporarily_unavailable' || error === 'server_error';
}

export function headersOf({ headers }: AxiosResponse): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}
