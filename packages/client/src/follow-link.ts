import { TokenOriginError, baseOf, callOf, isSecure, targetOf, type Base } from '@holdfast/core';
import axios, { AxiosHeaders, type AxiosInstance, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { tokenOriginsOf } from './paginate-origins.js';

/** A link that a service has given, and what may be sent there. */
export interface FollowedLink {
  /** Whole, without a fragment. */
  readonly url: string;
  readonly origin: string;
  /** Whether it stays below the client's base URL, or on an origin that gets its token: nothing secret may go anywhere else. */
  readonly within: boolean;
  /** What asks for it by the client. */
  readonly request: Pick<AxiosRequestConfig, 'url' | 'allowAbsoluteUrls' | 'params'>;
}

const NO_PLACE = new URL('about:blank');

/**
 * Where a link leads that a service has given, as seen from a client; `from` is the answer it stood in, and it is relative to that. A
 * link is a server's word: what is not `within` is to be asked without the client's token and headers.
 *
 * @throws {TokenOriginError} when it has a user name in it, or leads elsewhere by another way than https; by http on loopback where the
 * client's own base URL is there.
 */
export function followLink(client: AxiosInstance, link: string, from?: AxiosResponse): FollowedLink {
  const url = linkedFrom(link, from);
  const base = baseOf(client.defaults.baseURL);
  const origins = new Set(tokenOriginsOf(client).map((origin) => new URL(origin).origin));
  const within = isWithin(url, base, origins);
  const obstacle = obstacleIn(url) ?? (within || isReachable(url, base) ? undefined : insecure(url));
  const { href, origin } = url;
  if (obstacle === undefined)
    return { url: href, origin, within, request: requestForLink(href, client.defaults.params) };
  throw new TokenOriginError({
    service: (from && callOf(from)?.service) ?? base.home.origin,
    config: from?.config,
    message: `A link was not followed: it ${obstacle}`,
  });
}

/** Where a link leads that stood in an answer: nowhere, when it cannot be read. */
export function linkedFrom(link: string, answer: AxiosResponse | undefined): URL {
  const from = answer === undefined ? undefined : urlOf(answer);
  const url = URL.canParse(link, from) ? new URL(link, from) : NO_PLACE;
  if (url !== NO_PLACE) url.hash = '';
  return url;
}

/** Why nobody should go there at all. */
export function obstacleIn(url: URL): string | undefined {
  // A `blob:` has the origin of what is inside of it.
  if (!/^https?:$/.test(url.protocol)) return 'does not lead to a place by https or http';
  if (url.username !== '' || url.password !== '') return 'has a user name in it';
  return undefined;
}

/** Whether it is below the base, or on one of the origins. */
export function isWithin(url: URL, base: Base, origins: ReadonlySet<string>): boolean {
  const { origin, withinBase } = targetOf({ url: url.href, headers: new AxiosHeaders() }, base);
  return withinBase || origins.has(origin);
}

/** A service somewhere else has no business with what listens on this machine alone. */
function isReachable(url: URL, { home }: Base): boolean {
  return url.protocol === 'https:' || (isSecure(url) && home.secure && home.origin.startsWith('http:'));
}

function insecure({ origin }: URL): string {
  return `leads to ${origin}, which is not https, nor on loopback as the client is`;
}

/** What asks for a link, which is whole: it has the parameters already, and those that the client adds to each request. */
export function requestForLink(url: string, defaultParams: unknown): FollowedLink['request'] {
  return { url, allowAbsoluteUrls: true, params: withoutAll(defaultParams) };
}

function withoutAll(defaults: unknown): object | undefined {
  if (typeof defaults !== 'object' || defaults === null) return undefined;
  if (defaults instanceof URLSearchParams) return new URLSearchParams();
  return Object.fromEntries(Object.keys(defaults).map((name) => [name, undefined]));
}

/** Where an answer came from in the end: links are relative to that. */
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
