import {
  claimsOf,
  currentCall,
  discard,
  flag,
  headerLines,
  isCanceled,
  isHoldfastError,
  isReplayable,
  orCanceled,
  parseChallenges,
  publish,
  readOptions,
  type Challenge,
  type ChallengeEvent,
  type CurrentCall,
  type Interceptor,
} from '@holdfast/core';
import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios';

/** Options of {@link claimsChallenge}. */
export interface ClaimsChallengeOptions {
  /**
   * Whether `error="invalid_token"` without claims is answered by one forced refresh as well (RFC 6750, section 3.1).
   * Default: true. Switched off, a call whose token was revoked without a claims challenge fails until that token expires.
   */
  readonly refreshOnInvalidToken?: boolean;
}

const schemas = { refreshOnInvalidToken: flag(true) };

/**
 * Answers a claims challenge: acquires a token with the claims and sends once more, within the same attempt. Stands inside
 * the interceptor that attaches the token; without one every 401 goes to the caller as it came.
 *
 * Microsoft identity platform, "Claims challenges, claims requests, and client capabilities".
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function claimsChallenge(options: ClaimsChallengeOptions = {}): Interceptor {
  const { refreshOnInvalidToken } = readOptions('claimsChallenge', schemas, options);

  return (next) =>
    function answeringChallenge(config): Promise<AxiosResponse> {
      return next(config).then((response) =>
        response.status === 401 ? answer(response, next, config, refreshOnInvalidToken) : response,
      );
    };
}

async function answer(
  response: AxiosResponse,
  next: AxiosAdapter,
  config: InternalAxiosRequestConfig,
  refreshOnInvalidToken: boolean,
): Promise<AxiosResponse> {
  const call = currentCall(config);
  const { authorization } = call;
  if (authorization === undefined) return response;

  const challenges = parseChallenges(headerLines(response.headers, 'www-authenticate'));
  const claims = claimsOf(challenges);
  if (claims === undefined && !(refreshOnInvalidToken && challenges.some(isInvalidToken))) return response;
  const challenge = claims === undefined ? 'invalid_token' : 'insufficient_claims';

  const doubt = doubtAbout(response, call.target.origin);
  if (doubt !== undefined) {
    tell(call, challenge, doubt);
    return response;
  }
  if (!isReplayable(config)) {
    tell(call, challenge, 'the body is a stream, and gone');
    return response;
  }

  let renewed: boolean;
  try {
    renewed = await orCanceled(authorization.renew(config, claims), config);
  } catch (error) {
    const canceled = isCanceled(config);
    // The caller gets an error in place of this response.
    if (canceled || isHoldfastError(error, 'ERR_INTERACTION_REQUIRED')) {
      tell(call, challenge, canceled ? 'given up meanwhile' : 'a user is needed');
      discard(response);
      // Nor may it be brought up by whoever resends: its body is gone, and it does not say what to ask the user.
      if (!canceled) call.lastFailure = { error };
      throw error;
    }
    tell(call, challenge, error instanceof Error ? error.message : 'no token');
    return response;
  }
  if (!renewed) {
    tell(call, challenge, 'there is no other token');
    return response;
  }

  tell(call, challenge);
  discard(response);
  return next(config);
}

/** Writes down what became of a challenge, and tells observers. `unanswered`: why the request was not sent once more. */
function tell(call: CurrentCall, error: ChallengeEvent['error'], unanswered?: string): void {
  const challenge = error === 'insufficient_claims' ? 'claims challenge' : error;
  call.note(
    unanswered === undefined
      ? `${challenge} answered: sent once more with another token`
      : `${challenge} not answered: ${unanswered}`,
  );
  const answered = unanswered === undefined;
  publish('challenge', () => ({ call: call.shown, error, answered, reason: unanswered }));
}

function isInvalidToken({ scheme, params }: Challenge): boolean {
  return scheme === 'bearer' && params['error']?.toLowerCase() === 'invalid_token';
}

/**
 * Why a challenge may not be that of the API: after a redirect the answer is of where that led to, and no token went to
 * another origin. A fetch request follows redirects without a word, unless it was sent by an `attachToken()`.
 */
function doubtAbout(response: AxiosResponse, origin: string): string | undefined {
  const request = (response.request ?? {}) as {
    readonly res?: { readonly responseUrl?: unknown } | null;
    readonly redirect?: unknown;
  };
  const url = request.res?.responseUrl;
  if (typeof url !== 'string' || !URL.canParse(url))
    return request.redirect === 'follow' ? 'fetch does not tell where it came from' : undefined;
  return new URL(url).origin === origin ? undefined : 'it came from another origin than the token went to';
}
