/** What a body says, when it is the text of a JSON object with something in it. */
export function objectOf(text: unknown): object | undefined {
  try {
    const value: unknown = JSON.parse(String(text));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject && Object.keys(value).length > 0 ? value : undefined;
  } catch {
    return undefined;
  }
}

// RFC 6749, section 5.2. It goes into messages: no line breaks, and nothing that quotes what was sent.
const OAUTH_ERROR = /^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,100}$/;

/** The OAuth error in an answer; `undefined` where there is none, or none by the book. */
export function oauthErrorOf(body: object | undefined): string | undefined {
  if (body === undefined || !('error' in body)) return undefined;
  return typeof body.error === 'string' && OAUTH_ERROR.test(body.error) ? body.error : undefined;
}

/** The members of a token answer that are looked at (RFC 6749, section 5.1). */
interface TokenAnswer {
  readonly access_token?: unknown;
  readonly token_type?: unknown;
  readonly expires_in?: unknown;
  readonly refresh_in?: unknown;
}

// What a Date can tell.
const LONGEST_SECONDS = 1e12;

/**
 * A token answer as MSAL needs it, or what is wrong with it: MSAL makes an empty token of one without a token, one that
 * has expired of one without a lifetime, and reads `"12abc"` as 12.
 */
export function readToken(body: object): object | string {
  const { access_token: token, token_type: type, expires_in, refresh_in, ...others } = body as TokenAnswer;
  if (typeof token !== 'string' || token === '') return 'no token';
  if (type !== undefined && !isBearer(type)) return 'a token that is no bearer token';
  const expiresIn = secondsOf(expires_in);
  if (expiresIn === undefined) return 'a token without a lifetime';
  const refreshIn = secondsOf(refresh_in);
  return {
    ...others,
    access_token: token,
    token_type: 'Bearer',
    expires_in: expiresIn,
    // A token is not to be renewed after its end.
    ...(refreshIn !== undefined && refreshIn < expiresIn && { refresh_in: refreshIn }),
  };
}

export function isBearer(type: unknown): boolean {
  return typeof type === 'string' && type.toLowerCase() === 'bearer';
}

/** Seconds above 0. Some providers send them as text. */
export function secondsOf(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof seconds === 'number' && seconds > 0 && seconds <= LONGEST_SECONDS ? seconds : undefined;
}
