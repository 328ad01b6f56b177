import axios, { type InternalAxiosRequestConfig } from 'axios';

/** Where one request goes. */
export interface Target {
  /** Scheme, host and port; empty when the URL cannot be told. */
  readonly origin: string;
  /** Whether it stays on the client's own origin and below its base path. */
  readonly withinBase: boolean;
  /** The client's base path, with a slash at the end: below it a request that was redirected is still within. */
  readonly basePath: string;
  /** Whether a token may go there: https, or a loopback host. */
  readonly secure: boolean;
  /** Whether the URL carries a user name or password, which axios would send in place of a bearer token. */
  readonly userinfo: boolean;
}

/** A client's base URL: read once per client, because `new URL()` costs more than a whole layer may. */
export interface Base {
  /** As the client has it. */
  readonly baseURL: string | undefined;
  /** With a slash at the end. */
  readonly path: string;
  /** Where its requests go that stay below it. */
  readonly home: Target;
}

/** Of a URL that cannot be told. */
export const NOWHERE: Target = {
  origin: '',
  withinBase: false,
  basePath: '/',
  secure: false,
  userinfo: false,
};

/** Reads a client's base URL. */
export function baseOf(baseURL: string | undefined): Base {
  const url = baseURL === undefined ? null : urlOf(baseURL);
  if (url === null) return { baseURL, path: '/', home: NOWHERE };
  const path = url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`;
  return { baseURL, path, home: targetAt(url, true, path) };
}

// Not in the function: a literal there is a new object at each call.
const PLAIN = /^(?:\/(?![/\\])|[^/\\:?#]+(?:[/?#]|$)|[?#]|$)/;
const CLIMBING = /\.\.|%2e|\\|\p{Cc}/iu;

/**
 * Whether a request can only end below the client's base: its own base URL, and a URL that neither names another place
 * (`https://…`, `//host`, a backslash, a control character) nor climbs (`..`, also when percent-encoded).
 */
export function staysHome(config: InternalAxiosRequestConfig, base: Base): boolean {
  const url = config.url ?? '';
  return config.baseURL === base.baseURL && PLAIN.test(url) && !CLIMBING.test(url);
}

/** Where a request goes, worked out in full. */
export function targetOf(config: InternalAxiosRequestConfig, { home, path }: Base): Target {
  const url = fullUrlOf(config);
  if (url === null) return NOWHERE;
  return targetAt(url, home.origin !== '' && url.origin === home.origin && isBelow(url.pathname, path), path);
}

/**
 * Where a request goes by now, for who lets others change it on its way. What was outside of the client's base does not come
 * back into it.
 */
export function movedTarget(
  config: InternalAxiosRequestConfig,
  { origin, basePath, ...before }: Target,
): Target {
  const url = fullUrlOf(config);
  if (url === null) return { ...NOWHERE, basePath };
  const withinBase = before.withinBase && url.origin === origin && isBelow(url.pathname, basePath);
  return targetAt(url, withinBase, basePath);
}

function targetAt(url: URL, withinBase: boolean, basePath: string): Target {
  const userinfo = url.username !== '' || url.password !== '';
  return { origin: url.origin, withinBase, basePath, secure: isSecure(url), userinfo };
}

/**
 * Dots beside a slash that is percent-encoded climb as well, behind a proxy that decodes it; and dots with a path parameter,
 * at a server that leaves that out before it climbs.
 */
function isBelow(pathname: string, path: string): boolean {
  return (
    `${pathname}/`.startsWith(path) &&
    !/(?:\.|%2e){2}(?:%2f|%5c|;|%3b)|(?:%2f|%5c)(?:\.|%2e){2}/i.test(pathname)
  );
}

// Without the query: it changes nothing about where a request goes, and a serializer of the caller's own may have side
// effects. An empty base URL keeps the one out that somebody may have set on axios itself.
function fullUrlOf({
  url = '',
  baseURL = '',
  allowAbsoluteUrls = true,
}: InternalAxiosRequestConfig): URL | null {
  try {
    return urlOf(axios.getUri({ url, baseURL, allowAbsoluteUrls }));
  } catch {
    // What axios cannot make a URL of, its adapter will say in its own words.
    return null;
  }
}

function urlOf(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

const LOOPBACK = /^(?:localhost|(?:[^.]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

export function isSecure({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
}
