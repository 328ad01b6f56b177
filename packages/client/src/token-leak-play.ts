// One call with a token, and a search of everything that its caller gets to see of it.
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AxiosRequestConfig } from 'axios';
import { LIMITS_MS, type Case, type Make } from './token-leak-cases.js';
import { pathsToSecrets, type leaksIn } from './token-leak-search.js';
import { SECRETS, type Stage } from './token-leak-stage.js';

/** How a call ended, and where a secret can be read. */
export interface Found {
  /** Its status, its code and its message, as far as it has them. */
  readonly end: readonly unknown[];
  readonly leaks: readonly string[];
}

/** As {@link found}, with the shortest time limit within which this machine gets anything sent. */
export async function foundWhenSent(
  make: Make,
  adapter: NonNullable<AxiosRequestConfig['adapter']>,
  one: Case,
  stage: Stage,
  search: typeof leaksIn,
): Promise<Found> {
  const { limited } = one;
  if (limited === undefined) return found(make, adapter, one, stage, search);
  let last: Found | undefined;
  for (const limitMs of LIMITS_MS) {
    const before = stage.carried();
    last = await found(make, adapter, { ...one, config: limited(limitMs) }, stage, search);
    if (stage.carried() > before) break;
  }
  return last ?? { end: [], leaks: [] };
}

/** Makes the calls of a case, and looks at all that comes of the last one; at its outcome by `search`. */
export async function found(
  make: Make,
  adapter: NonNullable<AxiosRequestConfig['adapter']>,
  one: Case,
  stage: Stage,
  search: typeof leaksIn,
): Promise<Found> {
  const leaks: string[] = [];
  const look = (where: string, value: unknown, by = pathsToSecrets) => {
    leaks.push(...by(value, SECRETS).map((leak) => `${where}: ${leak}`));
  };
  const stray = (value: unknown) => {
    look('stray', value);
  };
  const controller = new AbortController();
  const request: AxiosRequestConfig = { url: one.url, adapter, signal: controller.signal, ...one.config };
  const baseURL = one.config?.baseURL ?? stage.url;
  const client = make(baseURL, stage.credential(one));
  for (let call = 0; call < (one.before ?? 0); call += 1)
    await client.request(request).catch(() => undefined);

  client.defaults.transformResponse = [
    function looking(this: unknown, data: unknown, headers: unknown): unknown {
      look('transformResponse', [this, data, headers]);
      return data;
    },
    ...[client.defaults.transformResponse ?? []].flat(),
  ];
  client.interceptors.response.use(
    (response) => {
      look('interceptor', response);
      return response;
    },
    (error: unknown) => {
      look('interceptor', error);
      throw error;
    },
  );
  stage.onWait = () => {
    if (one.gaveUp === 'waiting') controller.abort();
  };
  process.on('unhandledRejection', stray).on('warning', stray);
  const outcome: unknown = await client.request(request).catch((error: unknown) => error);
  look('outcome', outcome, search);
  const onPiece = () => {
    if (one.gaveUp === 'reading') controller.abort();
  };
  await read(outcome, onPiece, (error) => {
    look('stream', error, search);
  });
  await nextTurn();
  process.off('unhandledRejection', stray).off('warning', stray);
  // Once more, by the time that everything is over, and what the caller put in.
  look('outcome, later', outcome);
  look('request', request);
  const { code, status, message } = outcome as { code?: unknown; status?: unknown; message?: unknown };
  return { end: [status, code, message], leaks };
}

async function read(outcome: unknown, onPiece: () => void, onError: (error: unknown) => void): Promise<void> {
  const { data, response } = outcome as { data?: unknown; response?: { data?: unknown } };
  const body = data ?? response?.data;
  if (!(body instanceof Readable || body instanceof ReadableStream)) return;
  try {
    const pieces = (body as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    while ((await pieces.next()).done !== true) onPiece();
  } catch (error) {
    onError(error);
  }
}
