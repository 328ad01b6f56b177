import { TokenOriginError, baseOf, callOf, targetOf, type Base } from '@holdfast/core';
import axios, { AxiosHeaders, type AxiosRequestConfig, type AxiosResponse } from 'axios';

const NO_PLACE = new URL('about:blank');

/** Where the pages of a list may be. A link is a server's word: the token, and headers that may be as secret, go no further. */
export class PageBounds {
  readonly #base: Base;
  readonly #origins: ReadonlySet<string>;

  /** The client's own base URL where the first page is below it, and else the first page's origin. */
  constructor(client: string | undefined, first: AxiosRequestConfig, origins: ReadonlySet<string>) {
    const base = baseOf(client);
    const { origin, withinBase } = targetOf({ ...first, headers: new AxiosHeaders() }, base);
    this.#base = withinBase ? base : baseOf(origin);
    this.#origins = origins;
  }

  /**
   * Where a link leads, as it is sent.
   *
   * @throws {TokenOriginError} when it leads out of the bounds; nothing is sent there.
   */
  follow(link: string, page: AxiosResponse | undefined): string {
    const from = page === undefined ? undefined : urlOf(page);
    const url = URL.canParse(link, from) ? new URL(link, from) : NO_PLACE;
    const obstacle = this.#obstacleTo(url);
    if (obstacle !== undefined) throw this.#refusal(obstacle, page);
    url.hash = '';
    return url.href;
  }

  #obstacleTo(url: URL): string | undefined {
    // A `blob:` has the origin of what is inside of it.
    if (!/^https?:$/.test(url.protocol)) return 'does not lead to a place by https or http';
    if (url.username !== '' || url.password !== '') return 'has a user name in it';
    if (this.#base.home.origin === '' && this.#origins.size === 0)
      return 'cannot be compared with where the list is: give its URL a scheme, or the client a baseURL';
    const { origin, withinBase } = targetOf({ url: url.href, headers: new AxiosHeaders() }, this.#base);
    if (withinBase || this.#origins.has(origin)) return undefined;
    const outside =
      origin === this.#base.home.origin
        ? 'out of the base path of the client'
        : 'another origin than that of the list';
    return `leads to ${origin}, ${outside}: add it to the \`origins\` of paginate() if it is to be trusted`;
  }

  #refusal(obstacle: string, page: AxiosResponse | undefined): TokenOriginError {
    const call = page === undefined ? undefined : callOf(page);
    return new TokenOriginError({
      service: call?.service ?? this.#base.home.origin,
      config: page?.config,
      message: `The next page was not asked for: its link ${obstacle}`,
    });
  }
}

/** Where a page came from in the end: links are relative to that. */
function urlOf({ request, config }: AxiosResponse): string | undefined {
  const told: unknown =
    (request as Sent | undefined)?.res?.responseUrl ?? (request as Sent | undefined)?.responseURL;
  if (typeof told === 'string' && URL.canParse(told)) return told;
  const { url = '', baseURL = '', allowAbsoluteUrls = true } = config;
  const asked = axios.getUri({ url, baseURL, allowAbsoluteUrls });
  return URL.canParse(asked) ? asked : undefined;
}

/** What Node's request and a browser's say about where the answer came from. */
interface Sent {
  readonly res?: { readonly responseUrl?: unknown } | null;
  readonly responseURL?: unknown;
}
