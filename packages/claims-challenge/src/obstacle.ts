import { isReplayable } from '@holdfast/core';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';

/** Why a request must not be sent once more, whatever its answer asks for; `undefined` when it may. */
export function obstacleTo(
  response: AxiosResponse,
  config: InternalAxiosRequestConfig,
  origin: string,
): string | undefined {
  const doubt = doubtAbout(response, origin);
  if (doubt !== undefined) return doubt;
  return isReplayable(config) ? undefined : 'the body is a stream, and gone';
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
