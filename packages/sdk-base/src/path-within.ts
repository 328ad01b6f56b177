import { baseOf, isText, targetOf } from '@holdfast/core';
import { AxiosHeaders, type AxiosInstance } from 'axios';

/** Words between slashes lead nowhere else. */
const PLAIN = /^(?:\/[\w@:~-]+)+$/;
const NO_PATH_BEHIND = /[?#]/;

/**
 * The path of a request, as it is given: an SDK's requests stay below its client's base URL, or what a client carries beside the token, and
 * what a user may reach by an id, would go elsewhere.
 *
 * @throws {TypeError} for one that leads out of it, and for a base URL with a query or a fragment. Neither is quoted.
 */
export function pathWithin(caller: string, { defaults }: AxiosInstance, path: string): string {
  if (!isText(path)) throw new TypeError(`${caller}(): the path must be a text that is not empty`);
  const { baseURL, allowAbsoluteUrls = true } = defaults;
  // Axios appends the path to it, and so every call would ask for the same resource.
  if (NO_PATH_BEHIND.test(baseURL ?? ''))
    throw new TypeError(
      `${caller}(): the base URL of the client has a query or a fragment, behind which a path would be a part of that: give the query as \`axios: { params: { … } }\``,
    );
  if (PLAIN.test(path)) return path;
  const base = baseOf(baseURL);
  const request = { url: path, baseURL: baseURL ?? '', allowAbsoluteUrls, headers: new AxiosHeaders() };
  // Without a base URL there is nothing to stay below.
  if (base.home.origin === '' || targetOf(request, base).withinBase) return path;
  throw new TypeError(
    `${caller}(): the path leads out of the base URL of the client; make it by path\`/…/\${id}\` where a part of it is not the SDK's own`,
  );
}
