import { readOptions } from '@holdfast/core';
import type { AxiosRequestConfig } from 'axios';
import { hasHeader, mergedHeaders } from './call-options-headers.js';
import { queryConfig } from './call-options-query.js';
import { CALL_SCHEMAS, type CallOptions } from './call-options.js';
import { mergedSettings } from './connection-settings.js';
import type { SdkConnection } from './connection.js';

/**
 * What the options of a call, over the settings of its SDK, ask of axios and of the pipeline: a request without method, URL and body.
 * `caller` is who is named where an option is bad: `http.get`.
 *
 * @throws {TypeError} for a bad option, naming it, and for one that the client has no interceptor for.
 */
export function requestOf(
  caller: string,
  connection: SdkConnection,
  options: CallOptions = {},
): AxiosRequestConfig {
  const { query, ifMatch, ifNoneMatch, idempotencyKey, correlationId, ...own } = readOptions(
    caller,
    CALL_SCHEMAS,
    options,
  );
  const { signal, headers, deadlineMs, attemptTimeoutMs, credential, retry } = mergedSettings(
    connection.settings,
    own,
  );
  const { pipeline, client } = connection;
  const holdfast = {
    ...(deadlineMs !== undefined && { deadlineMs }),
    ...(attemptTimeoutMs !== undefined && { attemptTimeoutMs }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(credential !== undefined && { credential }),
    ...(retry !== undefined && { retry }),
  };
  pipeline.refuseUnread(caller, { ...holdfast, correlationId });
  const { defaults } = client;
  // Also of those that axios keeps for one method: `defaults.headers.get`.
  const isOverruled = () =>
    [headers, defaults.headers, ...Object.values(defaults.headers)].some((some) =>
      hasHeader(some, 'authorization'),
    );
  // It would go in the place of the user's token: as somebody else.
  if (credential !== undefined && isOverruled())
    throw new TypeError(
      `${caller}(): the option "credential" has no effect beside an Authorization header, of the call, the SDK or its client: take that off`,
    );
  const { correlationHeader } = pipeline;
  return {
    headers: mergedHeaders(headers, {
      'If-Match': ifMatch,
      'If-None-Match': ifNoneMatch,
      ...(correlationHeader !== undefined && { [correlationHeader]: correlationId }),
    }),
    ...(signal && { signal }),
    ...(query && queryConfig(query, defaults)),
    ...(Object.keys(holdfast).length > 0 && { holdfast }),
  };
}
