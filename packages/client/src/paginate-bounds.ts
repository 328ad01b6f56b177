import { TokenOriginError, baseOf, callOf, targetOf, type Base } from '@holdfast/core';
import { AxiosHeaders, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { isWithin, linkedFrom, obstacleIn } from './follow-link.js';

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
    const url = linkedFrom(link, page);
    const obstacle = this.#obstacleTo(url);
    if (obstacle !== undefined) throw this.#refusal(obstacle, page);
    return url.href;
  }

  #obstacleTo(url: URL): string | undefined {
    const obstacle = obstacleIn(url);
    if (obstacle !== undefined) return obstacle;
    if (this.#base.home.origin === '' && this.#origins.size === 0)
      return 'cannot be compared with where the list is: give its URL a scheme, or the client a baseURL';
    if (isWithin(url, this.#base, this.#origins)) return undefined;
    const outside =
      url.origin === this.#base.home.origin
        ? 'out of the base path of the client'
        : 'another origin than that of the list';
    return `leads to ${url.origin}, ${outside}: add it to the \`origins\` of paginate() if it is to be trusted`;
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
