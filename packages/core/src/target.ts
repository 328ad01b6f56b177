import axios, { type InternalAxiosRequestConfig } from 'axios';

/** Where a client's relative URLs go: worked out once per client, because `new URL()` costs more than a whole layer may. */
export interface Base {
  /** As the client has it. */
  readonly baseURL: string | undefined;
  /** Scheme, host and port; empty when the client has no base URL. */
  readonly origin: string;
  /** With a slash at the end. */
  readonly path: string;
  /** Whether a token may go there: https, or a loopback host. */
  readonly secure: boolean;
}

/** Where one request goes. */
export interface Target {
  /** Scheme, host and port; empty when the URL cannot be told. */
  readonly origin: string;
  /** Whether it stays on the client's own origin and below its base path. */
  readonly withinBase: boolean;
  /** Whether a token may go there: https, or a loopback host. */
  readonly secure: boolean;
  /** Whether the URL carries a user name or password, which axios would send in place of a bearer token. */
  readonly userinfo: boolean;
}

/** Reads a client's base URL. */
export function baseOf(baseURL: string | undefined): Base {
  const url = baseURL === undefined ? null : urlOf(baseURL);
  if (url === null) return { baseURL, origin: '', path: '/', secure: false };
  const path = url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`;
  return { baseURL, origin: url.origin, path, secure: isSecure(url) };
}

/** Where the requests of a client go that stay below its base. */
export function homeOf(base: Base): Target {
  return { origin: base.origin, withinBase: base.origin !== '', secure: base.secure, userinfo: false };
}

/**
 * Whether a request can only end below the client's base: its own base URL, and a URL that neither names another place
 * (`https://…`, `//host`, a backslash, a control character) nor climbs (`..`, also when percent-encoded).
 */
export function staysHome(config: InternalAxiosRequestConfig, base: Base): boolean {
  const url = config.url ?? '';
  return (
    config.baseURL === base.baseURL &&
    /^(?:\/(?![/\\])|[^/\\:?#]+(?:[/?#]|$)|[?#]|$)/.test(url) &&
    !/\.\.|%2e|\\|\p{Cc}/iu.test(url)
  );
}

/** Where a request goes, worked out in full. */
export function targetOf(config: InternalAxiosRequestConfig, base: Base): Target {
  const url = fullUrlOf(config);
  if (url === null) return { origin: '', withinBase: false, secure: false, userinfo: false };
  const withinBase =
    base.origin !== '' && url.origin === base.origin && `${url.pathname}/`.startsWith(base.path);
  return {
    origin: url.origin,
    withinBase,
    secure: isSecure(url),
    userinfo: url.username !== '' || url.password !== '',
  };
}

// The query changes nothing about where a request goes, and a serializer of the caller's own may have side effects.
function pick({ url, baseURL, allowAbsoluteUrls }: InternalAxiosRequestConfig): object {
  return {
    ...(url !== undefined && { url }),
    ...(baseURL !== undefined && { baseURL }),
    ...(allowAbsoluteUrls !== undefined && { allowAbsoluteUrls }),
  };
}

function fullUrlOf(config: InternalAxiosRequestConfig): URL | null {
  try {
    return urlOf(axios.getUri(pick(config)));
  } catch {
    // What axios cannot make a URL of, its adapter will say in its own words.
    return null;
  }
}

function urlOf(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

const LOOPBACK = /^(?:localhost|(?:[^.]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

function isSecure({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
}
