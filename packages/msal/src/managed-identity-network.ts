import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from '@azure/msal-node';
import { retryDelayOf, systemClock, type Clock } from '@holdfast/core';
import type { GenericAbortSignal } from 'axios';
import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { endpointErrorOf, readEndpointToken } from './managed-identity-answer.js';
import { isPassing } from './managed-identity-verdict.js';
import {
  ProviderFailure,
  currentExchange,
  duringExchange,
  headersOf,
  unanswered,
  type Exchange,
} from './network.js';
import { ProviderConnection, type ProviderRequest } from './provider-connection.js';
import { objectOf } from './token-answer.js';

/** What one acquisition sends that MSAL does not, and takes that is no token. */
export interface EndpointTerms {
  /** The SHA-256 of a token that is not good enough, in hexadecimal: the platform is to have another one. */
  readonly rejectedSha256: string | undefined;
  /** Whether the endpoint answers 401 first, and names a file with a secret: Azure Arc's. MSAL reads it. */
  readonly challenges: boolean;
}

/** An endpoint is on this machine, or next to it: there is no proxy on the way, whatever the environment says. */
export function endpointConnection(timeoutMs: number | false, clock: Clock): ProviderConnection {
  // The global ones may be an app's, which lead through a proxy.
  const agents = {
    httpAgent: new Agent({ keepAlive: true }),
    httpsAgent: new SecureAgent({ keepAlive: true }),
  };
  return new ProviderConnection({ timeoutMs, clock, axios: { proxy: false, ...agents } });
}

/**
 * The way of one credential to the endpoint for managed identities. All that MSAL would ask for again by itself (404, 410, 429,
 * 5xx), or take for a token, is thrown as a {@link ProviderFailure} before MSAL sees it.
 */
export class ManagedIdentityNetwork {
  readonly #connection: ProviderConnection;
  readonly #clock: Clock;

  constructor(timeoutMs: number | false, clock: Clock) {
    this.#connection = endpointConnection(timeoutMs, clock);
    this.#clock = clock;
  }

  /** Does what makes the requests of one acquisition, which end with this signal. */
  during<T>(
    signal: GenericAbortSignal | undefined,
    terms: EndpointTerms,
    work: (exchange: Exchange) => Promise<T>,
  ): Promise<T> {
    const send = <Body>(method: 'get' | 'post', url: string, options: NetworkRequestOptions = {}) =>
      this.#send<Body>(exchange, terms, requestOf(method, url, options));
    const network: INetworkModule = {
      sendGetRequestAsync: (url, options) => send('get', url, options),
      sendPostRequestAsync: (url, options) => send('post', url, options),
    };
    const exchange: Exchange = { correlationId: randomUUID(), signal, network };
    return duringExchange(exchange, () => work(exchange));
  }

  async #send<Body>(
    exchange: Exchange,
    terms: EndpointTerms,
    request: ProviderRequest,
  ): Promise<NetworkResponse<Body>> {
    const { correlationId, signal } = exchange;
    if (!URL.canParse(request.url)) {
      const message = 'has an address in the environment that is no URL';
      throw new ProviderFailure({ code: 'no_url', message, correlationId, transient: false });
    }
    const sent = {
      ...request,
      url: withRejected(request.url, terms),
      headers: { ...request.headers, 'x-ms-client-request-id': correlationId },
    };
    const response = await this.#connection.send(sent, signal).catch((error: unknown) => {
      throw unanswered(exchange, error);
    });
    const { status } = response;
    const body = objectOf(response.data);
    const headers = headersOf(response);
    const failed = (code: string, message: string, isRefusal: boolean) =>
      new ProviderFailure({
        code,
        message,
        correlationId,
        status,
        retryAfterMs: retryDelayOf(response.headers, this.#clock.now()),
        transient: isPassing(status) || status < 400,
        isRefusal,
      });

    if (status === 401 && terms.challenges && request.headers['Authorization'] === undefined)
      return { status, headers, body: (body ?? {}) as Body };
    if (status >= 400) {
      const error = endpointErrorOf(body);
      const isFault = !isPassing(status);
      const message = isFault && error !== undefined ? `says ${error}` : `answered ${status}`;
      throw failed(error ?? `http_${status}`, message, isFault);
    }
    if (status >= 300) throw failed('elsewhere', `answered ${status} which leads elsewhere`, false);
    const token =
      body === undefined ? 'a body that is no JSON object' : readEndpointToken(body, this.#clock.now());
    if (typeof token === 'string') throw failed('unusable_token', `answered ${status} with ${token}`, false);
    return { status, headers, body: token as Body };
  }
}

/**
 * MSAL keeps the first network module that it is given, for the process and for all identities: so there is one, which finds
 * the way of the acquisition that asks. An acquisition by an application of MSAL's that is not ours goes its own.
 */
export const networkOfProcess: INetworkModule = {
  sendGetRequestAsync: (url, options) => networkNow().sendGetRequestAsync(url, options),
  sendPostRequestAsync: (url, options) => networkNow().sendPostRequestAsync(url, options),
};

function networkNow(): INetworkModule {
  return currentExchange()?.network ?? (plain ??= plainNetwork());
}

let plain: INetworkModule | undefined;

/** As MSAL's own: it decides nothing. */
function plainNetwork(): INetworkModule {
  const connection = endpointConnection(false, systemClock);
  const send = async <Body>(request: ProviderRequest): Promise<NetworkResponse<Body>> => {
    const response = await connection.send(request, undefined).catch((error: unknown) => {
      // MSAL makes its own error of it. Not this one, which carries the request.
      const { code } = error as { readonly code?: unknown };
      throw new Error(`The request failed (${typeof code === 'string' ? code : 'unknown'})`);
    });
    const body = (objectOf(response.data) ?? {}) as Body;
    return { status: response.status, headers: headersOf(response), body };
  };
  return {
    sendGetRequestAsync: (url, options) => send(requestOf('get', url, options)),
    sendPostRequestAsync: (url, options) => send(requestOf('post', url, options)),
  };
}

function requestOf(
  method: 'get' | 'post',
  url: string,
  { headers = {}, body }: NetworkRequestOptions = {},
): ProviderRequest {
  return { method, url, headers, ...(body !== undefined && { data: body }) };
}

/** MSAL does so for Service Fabric only, for claims only, and only where the token is in its cache. */
function withRejected(url: string, { rejectedSha256 }: EndpointTerms): string {
  if (rejectedSha256 === undefined) return url;
  return `${url}${url.includes('?') ? '&' : '?'}token_sha256_to_refresh=${rejectedSha256}`;
}
