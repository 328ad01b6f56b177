import { followLink, type TokenCredential } from '@holdfast/client';
import { headerOf, inScope, inherited, type Clock } from '@holdfast/core';
import type { AxiosRequestConfig, AxiosResponse, GenericAbortSignal } from 'axios';
import type { SdkConnection } from './connection.js';
import { elsewhere } from './operation-elsewhere.js';
import { OperationError } from './operation-error.js';
import { send } from './send.js';
import { USER } from './user-scope.js';

/** How what an operation was started at is asked for once more, by a GET. */
export type OriginalRequest = Pick<AxiosRequestConfig, 'url' | 'params' | 'paramsSerializer'>;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** As many as fetch follows, quartered: a monitor has no reason for more. */
const MOST_REDIRECTS = 5;

/**
 * Looks where an operation leads, by GET alone: below the client's base URL, or on an origin that gets its token, by the client, and
 * anywhere else without token, headers and parameters. Redirects are followed here, so that each is judged in the same way.
 */
export class OperationClient {
  readonly #connection: SdkConnection;
  /** What the caller asks of each look: headers, limits, credential. */
  readonly #request: AxiosRequestConfig;
  readonly #clock: Clock;
  #credential: TokenCredential | undefined;
  /** In whose scope it was begun; who waits for it may be in another one, or in none. */
  readonly #inherited = inherited(USER);
  #elsewhere: SdkConnection | undefined = undefined;

  /** `credential`: whose looks they are, where the caller says so of this operation. */
  constructor(
    connection: SdkConnection,
    request: AxiosRequestConfig,
    clock: Clock,
    credential: TokenCredential | undefined,
  ) {
    this.#connection = connection;
    this.#request = request;
    this.#clock = clock;
    this.#credential = credential;
  }

  /** Nobody else is to look, unless the caller says so: another identity may see what this one must not. */
  startedBy({ holdfast }: AxiosRequestConfig): void {
    this.#credential ??= holdfast?.credential;
  }

  /**
   * Where a link of an answer leads.
   *
   * @throws {TokenOriginError} when nobody should follow it.
   */
  resolve(link: string, from: AxiosResponse | undefined): string {
    return followLink(this.#connection.client, link, from).url;
  }

  /** What a link leads to. */
  async ask(url: string, signal: GenericAbortSignal | undefined): Promise<AxiosResponse> {
    return this.#redirected(await this.#send(url, signal), signal);
  }

  /** What the operation was started at. */
  async askOriginal(
    url: string,
    request: OriginalRequest,
    signal: GenericAbortSignal | undefined,
  ): Promise<AxiosResponse> {
    if (!followLink(this.#connection.client, url).within) return this.ask(url, signal);
    return this.#redirected(await this.#sendHome(request, signal), signal);
  }

  async #redirected(first: AxiosResponse, signal: GenericAbortSignal | undefined): Promise<AxiosResponse> {
    let answer = first;
    for (let redirects = 0; REDIRECTS.has(answer.status); redirects += 1) {
      const to = headerOf(answer.headers, 'location');
      if (to === undefined || redirects === MOST_REDIRECTS)
        throw new OperationError('A look at the operation was redirected to nowhere, or for ever', answer);
      answer = await this.#send(this.resolve(to, answer), signal);
    }
    return answer;
  }

  #send(url: string, signal: GenericAbortSignal | undefined): Promise<AxiosResponse> {
    const link = followLink(this.#connection.client, url);
    if (link.within) return this.#sendHome(link.request, signal);
    this.#elsewhere ??= elsewhere(this.#connection, this.#clock);
    const { deadlineMs, attemptTimeoutMs, retry } = this.#request.holdfast ?? {};
    return send(this.#elsewhere, {
      ...LOOK,
      url: link.url,
      ...(signal && { signal }),
      holdfast: {
        key: link.origin,
        ...(deadlineMs !== undefined && { deadlineMs }),
        ...(attemptTimeoutMs !== undefined && { attemptTimeoutMs }),
        ...(retry !== undefined && { retry }),
      },
    });
  }

  #sendHome(request: AxiosRequestConfig, signal: GenericAbortSignal | undefined): Promise<AxiosResponse> {
    const credential = this.#credential;
    const holdfast = { ...this.#request.holdfast, ...(credential && { credential }) };
    const look = () =>
      send(this.#connection, {
        ...this.#request,
        ...request,
        ...LOOK,
        ...(signal && { signal }),
        holdfast,
      });
    // Not so the deadline: that of whoever has begun it may be over, and the operation is not.
    return inherited(USER) === this.#inherited ? look() : inScope(USER, this.#inherited, look);
  }
}

/** A redirect is an answer. The fetch adapter of older axios does not go by `maxRedirects`, and would take secret headers along. */
const LOOK = {
  method: 'get',
  maxRedirects: 0,
  fetchOptions: { redirect: 'manual' },
  validateStatus: (status: number) => (status >= 200 && status < 300) || REDIRECTS.has(status),
} as const satisfies AxiosRequestConfig;
