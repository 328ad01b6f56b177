import { isSecure, type CurrentCall, type Target } from '@holdfast/core';
import axios, { AxiosHeaders, type InternalAxiosRequestConfig } from 'axios';

/**
 * Tells the call where its request goes by now: a callback may have sent it elsewhere, and by the target of the call others
 * decide whether a token may go along, and which gate and circuit it passes. Nothing that was outside of the client's base
 * comes back into it.
 */
export function follow(config: InternalAxiosRequestConfig, call: CurrentCall): void {
  const { url = '', baseURL = '', allowAbsoluteUrls = true } = config;
  call.target = targetOf({ url, baseURL, allowAbsoluteUrls }, call.target);
  // `{ ...config.headers, mine }` is how it is done with axios-retry, which makes headers of it again.
  config.headers = AxiosHeaders.from(config.headers);
}

function targetOf(place: object, before: Target): Target {
  const url = urlOf(place);
  if (url === undefined) return { ...before, origin: '', withinBase: false, secure: false, userinfo: false };
  return {
    origin: url.origin,
    withinBase: before.withinBase && url.origin === before.origin && isBelow(url.pathname, before.basePath),
    basePath: before.basePath,
    secure: isSecure(url),
    userinfo: url.username !== '' || url.password !== '',
  };
}

/** Dots beside a slash that is percent-encoded climb as well, behind a proxy that decodes it. */
function isBelow(pathname: string, basePath: string): boolean {
  return (
    `${pathname}/`.startsWith(basePath) &&
    !/(?:\.|%2e){2}(?:%2f|%5c)|(?:%2f|%5c)(?:\.|%2e){2}/i.test(pathname)
  );
}

function urlOf(place: object): URL | undefined {
  try {
    return new URL(axios.getUri(place));
  } catch {
    return undefined;
  }
}
