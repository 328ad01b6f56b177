import { TokenOriginError, headerKey, headerOf, removeHeader, type CurrentCall } from '@holdfast/core';
import { isAxiosError, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';

type BeforeRedirect = NonNullable<InternalAxiosRequestConfig['beforeRedirect']>;
type FetchOptions = NonNullable<InternalAxiosRequestConfig['fetchOptions']>;

/** What a hook for redirects goes by. */
interface Journey {
  /** The caller's own hook. */
  readonly plain: BeforeRedirect | undefined;
  /** Where the request is sent. */
  readonly origin: string;
  /** The client's, where the request stays below that; its own may be another one. */
  readonly basePath: string;
  readonly baseURL: string | undefined;
  readonly carriesToken: boolean;
}

/** What the caller had in the place of ours. */
interface Replaced<T> {
  readonly plain: T | undefined;
}

/**
 * Keeps what is secret off the requests that a redirect leads to. With the http adapter by a hook that axios calls before
 * it follows one. With fetch, which follows them by itself, by not having it follow any.
 */
export class RedirectGuard {
  /** In lower case. */
  readonly #named: readonly string[];
  /** Those, and the one that the oldest axios takes to a subdomain, and from http to https. */
  readonly #homebound: readonly string[];
  readonly #origins: ReadonlySet<string>;
  readonly #hooks = new WeakMap<BeforeRedirect, Replaced<BeforeRedirect>>();
  readonly #fetchOptions = new WeakMap<FetchOptions, Replaced<FetchOptions>>();
  /** Requests with more than one send under way at once, and how many. */
  readonly #overlapping = new WeakMap<InternalAxiosRequestConfig, number>();
  /** Mostly it is the one of the request before. */
  #last: { readonly journey: Journey; readonly hook: BeforeRedirect } | undefined = undefined;

  constructor(sensitiveHeaders: readonly string[], origins: ReadonlySet<string>) {
    this.#named = sensitiveHeaders.map((name) => name.toLowerCase());
    this.#homebound = ['authorization', ...this.#named];
    this.#origins = origins;
  }

  /** Guards a request that is about to be sent. */
  putOn(config: InternalAxiosRequestConfig, call: CurrentCall, carriesToken: boolean): void {
    const plain = config.beforeRedirect;
    if (plain !== undefined && this.#hooks.has(plain)) {
      this.#overlapping.set(config, (this.#overlapping.get(config) ?? 1) + 1);
      return;
    }
    config.beforeRedirect = this.#hookFor(plain, call.target, config.baseURL, carriesToken);
    // Few name any, and a search makes an object.
    if (this.#named.length > 0 && this.#carriedBy(config) !== undefined) this.#keepFetchFromFollowing(config);
  }

  /**
   * Takes the guard off a request that was answered, with the last of its sends. What it returns is to be thrown in place of
   * an answer that is a redirect which fetch was kept from following.
   */
  takeOff(
    config: InternalAxiosRequestConfig,
    call: CurrentCall,
    response: AxiosResponse,
  ): TokenOriginError | undefined {
    const refused = this.#refusalOf(response, config, call);
    // An adapter may answer with a copy of the request.
    if (response.config !== config) this.#restore(response.config);
    this.#end(config);
    return refused;
  }

  /** The same where no answer came. */
  takeOffFailed(config: InternalAxiosRequestConfig, error: unknown): void {
    if (isAxiosError(error)) {
      if (error.config !== config) this.#restore(error.config);
      if (error.response !== undefined && error.response.config !== config)
        this.#restore(error.response.config);
    }
    this.#end(config);
  }

  #end(config: InternalAxiosRequestConfig): void {
    const sends = this.#overlapping.get(config);
    if (sends === undefined) this.#restore(config);
    else if (sends > 2) this.#overlapping.set(config, sends - 1);
    else this.#overlapping.delete(config);
  }

  #hookFor(
    plain: BeforeRedirect | undefined,
    { origin, basePath }: CurrentCall['target'],
    baseURL: string | undefined,
    carriesToken: boolean,
  ): BeforeRedirect {
    const last = this.#last;
    if (
      last !== undefined &&
      last.journey.plain === plain &&
      last.journey.origin === origin &&
      last.journey.basePath === basePath &&
      last.journey.baseURL === baseURL &&
      last.journey.carriesToken === carriesToken
    )
      return last.hook;
    const journey = { plain, origin, basePath, baseURL, carriesToken };
    const hook: BeforeRedirect = (options, response, request) => {
      this.#onRedirect(journey, options, response, request);
    };
    this.#hooks.set(hook, { plain });
    this.#last = { journey, hook };
    return hook;
  }

  #onRedirect(
    { plain, origin, basePath, baseURL, carriesToken }: Journey,
    ...[options, response, request]: Parameters<BeforeRedirect>
  ): void {
    const headers = options['headers'] as Record<string, unknown>;
    const to = urlOf(options['href'] as string | undefined);
    const isAtHome = urlOf(request.url)?.origin === origin;
    const stays = isAtHome && to?.origin === origin;
    const losesToken = carriesToken && !(stays && this.#mayHaveToken(to, basePath, baseURL));
    if (!stays) for (const name of this.#homebound) removeHeader(headers, name);
    plain?.(options, response, request);
    // Not before: a hook that hands on what the request before had, as many do, would hand on the token.
    const sent = headerOf(request.headers, 'authorization');
    if (losesToken && isAtHome && sent !== undefined && headerOf(headers, 'authorization') === sent)
      removeHeader(headers, 'authorization');
  }

  #mayHaveToken(to: URL, basePath: string, baseURL: string | undefined): boolean {
    if (this.#origins.has(to.origin)) return true;
    const base = urlOf(baseURL);
    if (base?.origin !== to.origin) return false;
    const path = base.pathname.endsWith('/') ? base.pathname : `${base.pathname}/`;
    // Two dots that are left in a path climb behind a proxy that decodes the slash beside them.
    const pathname = `${to.pathname}/`;
    return pathname.startsWith(path) && pathname.startsWith(basePath) && !/(?:\.|%2e){2}/i.test(to.pathname);
  }

  /** The first of the named headers that is on a request. */
  #carriedBy({ headers }: InternalAxiosRequestConfig): string | undefined {
    return this.#named.find((name) => {
      const key = headerKey(headers, name);
      const value: unknown = key === undefined ? undefined : headers[key];
      return value !== undefined && value !== null && value !== false;
    });
  }

  #keepFetchFromFollowing(config: InternalAxiosRequestConfig): void {
    const plain = config.fetchOptions;
    const wanted: unknown = plain === undefined ? undefined : Reflect.get(plain, 'redirect');
    if (wanted === 'manual' || wanted === 'error') return;
    const options: FetchOptions = { ...plain, redirect: 'manual' };
    this.#fetchOptions.set(options, { plain });
    config.fetchOptions = options;
  }

  #refusalOf(
    response: AxiosResponse,
    config: InternalAxiosRequestConfig,
    call: CurrentCall,
  ): TokenOriginError | undefined {
    const { fetchOptions, maxRedirects } = config;
    // Who wants none followed gets the redirect itself: on the oldest axios, fetch would not know.
    if (fetchOptions === undefined || !this.#fetchOptions.has(fetchOptions) || maxRedirects === 0)
      return undefined;
    if (!isUnfollowed(response)) return undefined;
    const name = this.#carriedBy(config) ?? 'a secret header';
    call.note(`redirect not followed: fetch would take ${name} along`);
    const message =
      `${call.service} answered with a redirect, which was not followed: fetch would take ${name} along to wherever it ` +
      "leads. Use axios's http adapter, which can leave it out, or set fetchOptions: { redirect: 'manual' } and follow it yourself";
    return new TokenOriginError({ service: call.service, config, message });
  }

  #restore(config: Partial<InternalAxiosRequestConfig> | undefined): void {
    if (config === undefined) return;
    const { beforeRedirect, fetchOptions } = config;
    const hook = beforeRedirect === undefined ? undefined : this.#hooks.get(beforeRedirect);
    if (hook !== undefined) {
      if (hook.plain === undefined) delete config.beforeRedirect;
      else config.beforeRedirect = hook.plain;
    }
    const options = fetchOptions === undefined ? undefined : this.#fetchOptions.get(fetchOptions);
    if (options !== undefined) {
      if (options.plain === undefined) delete config.fetchOptions;
      else config.fetchOptions = options.plain;
    }
  }
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Of fetch only: other adapters that follow no redirects may answer with one. One by the book hides the redirect's status. */
function isUnfollowed({ request, status, headers }: AxiosResponse): boolean {
  if ((request as { readonly redirect?: unknown } | null | undefined)?.redirect !== 'manual') return false;
  return status === 0 || (REDIRECTS.has(status) && headerOf(headers, 'location') !== undefined);
}

function urlOf(text: string | undefined): URL | undefined {
  return text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
}
