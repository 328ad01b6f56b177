import {
  TokenOriginError,
  accepted,
  currentCall,
  described,
  discard,
  flag,
  headerKey,
  isCanceled,
  isSecure,
  isText,
  quotable,
  readOptions,
  required,
  warning,
  type CurrentCall,
  type Interceptor,
} from '@holdfast/core';
import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { failureForCall } from './acquisition-failure.js';
import { CACHE_OPTIONS, type CachedCredentialOptions, type TokenCache } from './cached-credential.js';
import type { CachedToken } from './cached-token.js';
import { CredentialCaches } from './credential-caches.js';
import { tellFinalUrl } from './final-url.js';
import { inheritedBy } from './inherited-credential.js';
import { RedirectGuard } from './redirect-guard.js';
import { isScopes, listOf } from './scopes.js';
import { putOn, stripError, stripResponse, takeOff } from './sent-token.js';
import { isTokenCredential, type TokenCredential } from './token-credential.js';
import type { TokenEntry } from './token-entry.js';

/** Options of {@link attachToken}; those of the cache hold for credentials that are not cached yet. */
export interface AttachTokenOptions extends CachedCredentialOptions {
  /** What the token is for: `api://orders/.default`. Required. With the wrong one the API answers 401. */
  readonly scopes: string | readonly string[];
  /** The tenant to ask. Default: the credential's own. */
  readonly tenantId?: string;
  /**
   * Origins that get the token beside the client's own: `https://files.example`. Default: none. Whoever runs such an origin
   * can use the token in your app's name.
   */
  readonly origins?: readonly string[];
  /**
   * Whether to ask for tokens that the API can revoke by a claims challenge. Default: false. Without an interceptor that
   * answers challenges, a revoked token of that kind is refused for up to 28 hours.
   */
  readonly enableCae?: boolean;
  /**
   * Headers that are secret beside `Authorization`: `x-api-key`. Default: none. One that is not named follows a redirect to
   * another origin; one that is named makes fetch, which cannot leave it out, refuse every redirect.
   */
  readonly sensitiveHeaders?: readonly string[];
  /**
   * Whether calls inside of {@link withCredential} carry the token of that credential. Default: true. With `false` they go
   * out as the app, also for a user who may not do what the app may.
   */
  readonly inheritCredential?: boolean;
}

declare module '@holdfast/core' {
  interface RequestOptions {
    /** `false`: this request goes out without a token. */
    readonly token?: false;
    /** Whose token this request carries, in place of the client's. An instance of a class, not a plain object with state. */
    readonly credential?: TokenCredential;
    /** What this request's token is for, in place of the client's. */
    readonly scopes?: string | readonly string[];
    /** The tenant to ask for this request's token. */
    readonly tenantId?: string;
  }
}

// RFC 9110, section 5.1.
const HEADER_NAME = /^[!#$%&'*+.^`|~\w-]+$/;

const schemas = {
  ...CACHE_OPTIONS,
  scopes: quotable(required<string | readonly string[]>(isScopes, 'a scope, or a list of scopes')),
  tenantId: quotable(accepted<string | undefined>(isText, 'a tenant', undefined)),
  origins: quotable(
    accepted<readonly string[]>(
      isOrigins,
      'a list of origins such as "https://files.example", by https or on loopback',
      [],
    ),
  ),
  enableCae: flag(false),
  sensitiveHeaders: quotable(accepted<readonly string[]>(isHeaderNames, 'a list of header names', [])),
  inheritCredential: flag(true),
};

/**
 * Puts a current token on every attempt, as `Authorization: Bearer …`, while the transport runs, and takes it off again.
 *
 * The token goes to the client's own origin and base path, and to `origins`, by https or on loopback. A request that goes
 * elsewhere is refused before it is sent, unless it says `holdfast: { token: false }`. A request with an Authorization
 * header of its own keeps it; one with `false` in that place goes without. Neither token nor header goes along when a
 * redirect leads to another origin.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function attachToken(credential: TokenCredential, options: AttachTokenOptions): Interceptor {
  if (!isTokenCredential(credential))
    throw new TypeError('attachToken(): the credential must be an object with getToken()');
  const settings = readOptions('attachToken', schemas, options);
  const { tenantId, enableCae, inheritCredential, clock } = settings;
  const scopes = listOf(settings.scopes);
  const origins: ReadonlySet<string> = new Set(settings.origins.map((origin) => new URL(origin).origin));
  const caches = new CredentialCaches(settings);
  const ownCache = caches.of(credential);
  let ownEntry = ownCache.entry(scopes, tenantId, enableCae);
  let turn = ownCache.turn;
  const redirects = new RedirectGuard(settings.sensitiveHeaders, origins);

  function cacheOf(wanted: TokenCredential | undefined, call: CurrentCall): TokenCache {
    if (wanted !== undefined) return caches.ofRequest(wanted);
    const inherited = inheritCredential ? inheritedBy(call) : undefined;
    return inherited === undefined ? ownCache : caches.of(inherited);
  }

  /** Looked up once, and again when its credential has come to stand for somebody else. */
  function entryOfOwn(): TokenEntry {
    if (turn === ownCache.turn) return ownEntry;
    turn = ownCache.turn;
    return (ownEntry = ownCache.entry(scopes, tenantId, enableCae));
  }

  function entryOf({ holdfast: wanted }: InternalAxiosRequestConfig, call: CurrentCall): TokenEntry {
    const cache = cacheOf(wanted?.credential, call);
    if (wanted?.scopes === undefined && wanted?.tenantId === undefined)
      return cache === ownCache ? entryOfOwn() : cache.entry(scopes, tenantId, enableCae);
    checkWanted('scopes', wanted.scopes, isScopes, 'a scope, or a list of scopes');
    checkWanted('tenantId', wanted.tenantId, isText, 'a tenant');
    return cache.entry(
      wanted.scopes === undefined ? scopes : listOf(wanted.scopes),
      wanted.tenantId ?? tenantId,
      enableCae,
    );
  }

  const interceptor: Interceptor = (next) => {
    const send = tellFinalUrl(next);
    // Here, so that it is told of each client: several may share what this factory returned.
    const warnOfOwnHeader = warning(
      'OWN_AUTHORIZATION',
      'A request came with an Authorization header of its own, and went out with that: remove what else sets it on this client, or say holdfast: { token: false }',
    );

    return function withToken(config): Promise<AxiosResponse> {
      const call = currentCall(config);
      if (config.holdfast?.token === false) return sendWithout(next, redirects, config, call);
      // A header that is there while another send of the same request runs is ours.
      if (call.authorization === undefined && hasOwnAuthorization(config)) {
        warnOfOwnHeader(call.service);
        return sendWithout(next, redirects, config, call);
      }
      const obstacle = obstacleOf(config, call, origins);
      if (obstacle !== undefined) return Promise.reject(refusal(obstacle, config, call));

      const entry = entryOf(config, call);
      // Fresh at the deadline is fresh now, however long the call has waited: that saves reading the clock.
      const token = entry.fresh(call.deadlineAt) ?? entry.current(clock.now());
      return token === undefined
        ? acquireAndSend(entry, send, redirects, config, call)
        : sendWith(token, send, redirects, config, call);
    };
  };
  return described(interceptor, 'attachToken', { credential }, settings);
}

function acquireAndSend(
  entry: TokenEntry,
  send: AxiosAdapter,
  redirects: RedirectGuard,
  config: InternalAxiosRequestConfig,
  call: CurrentCall,
): Promise<AxiosResponse> {
  return entry.acquire(config, call).then(
    (acquired) => sendWith(acquired, send, redirects, config, call),
    (error: unknown) => {
      throw noToken(error, config, call);
    },
  );
}

function sendWith(
  token: CachedToken,
  send: AxiosAdapter,
  redirects: RedirectGuard,
  config: InternalAxiosRequestConfig,
  call: CurrentCall,
): Promise<AxiosResponse> {
  putOn(token, config, call);
  redirects.putOn(config, call, true);
  return send(config).then(
    (response) => {
      const refused = redirects.takeOff(config, call, response);
      // Before what was thrown away meanwhile: the caller can still read this one.
      stripResponse(response, config);
      takeOff(config, call);
      return refused === undefined ? response : thrownAway(response, refused);
    },
    (error: unknown) => {
      redirects.takeOffFailed(config, error);
      takeOff(config, call);
      stripError(error, config);
      throw error;
    },
  );
}

function sendWithout(
  send: AxiosAdapter,
  redirects: RedirectGuard,
  config: InternalAxiosRequestConfig,
  call: CurrentCall,
): Promise<AxiosResponse> {
  redirects.putOn(config, call, false);
  return send(config).then(
    (response) => {
      const refused = redirects.takeOff(config, call, response);
      return refused === undefined ? response : thrownAway(response, refused);
    },
    (error: unknown) => {
      redirects.takeOffFailed(config, error);
      throw error;
    },
  );
}

function thrownAway(response: AxiosResponse, refused: TokenOriginError): never {
  discard(response);
  throw refused;
}

/** A caller's own header wins: ours is taken off after each send, so what is there on entry is his. So does `false`: none. */
function hasOwnAuthorization({ headers }: InternalAxiosRequestConfig): boolean {
  const key = headerKey(headers, 'authorization');
  if (key === undefined) return false;
  if (headers[key] !== undefined && headers[key] !== null) return true;
  // Axios does not send it; it would be in the way of ours.
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a header's name in the caller's own case
  delete headers[key];
  return false;
}

/** Why the token must not go along, and what to do; `undefined` when it may. */
function obstacleOf(
  config: InternalAxiosRequestConfig,
  { target }: CurrentCall,
  origins: ReadonlySet<string>,
): string | undefined {
  if (target.secure && !target.userinfo && !config.auth && (target.withinBase || origins.has(target.origin)))
    return undefined;
  if (config.auth) return 'axios would send `auth` in its place: remove `auth`';
  if (target.userinfo)
    return 'axios would send the user name in the URL in its place: remove it from the URL';
  if (target.origin === '')
    return 'it cannot be told where the request goes: give its URL a scheme, or the client a baseURL';
  if (!target.secure) return `${target.origin} is neither https nor loopback`;
  return `${target.origin} is not below the client's base URL: add it to the \`origins\` of attachToken()`;
}

function refusal(obstacle: string, config: InternalAxiosRequestConfig, call: CurrentCall): TokenOriginError {
  call.note(`no token: ${obstacle}`);
  const message = `The token of this client was not sent, nor the request: ${obstacle}, or send it without a token (holdfast: { token: false })`;
  return new TokenOriginError({ service: call.service, config, message });
}

function noToken(error: unknown, config: InternalAxiosRequestConfig, call: CurrentCall): unknown {
  if (isCanceled(config)) return error;
  const failure = failureForCall(error, call.service, config);
  call.note(failure instanceof Error ? failure.message : 'no token');
  return failure;
}

function checkWanted(
  name: 'scopes' | 'tenantId',
  value: unknown,
  accepts: (value: unknown) => boolean,
  allowed: string,
): void {
  if (value !== undefined && !accepts(value))
    throw new TypeError(`The option "${name}" of a request (holdfast: { ${name} }) must be ${allowed}`);
}

function isHeaderNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string' && HEADER_NAME.test(one));
}

function isOrigins(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string' && isOrigin(one));
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  // No token goes anywhere else, and no browser's pattern is meant.
  return isSecure(url) && !url.hostname.includes('*') && url.href === `${url.origin}/`;
}
