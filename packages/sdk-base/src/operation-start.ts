import { requestOf } from './call-options-request.js';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { CallOptions, CheckedBy } from './call-options.js';
import type { CallPromise } from './call-promise.js';
import type { SdkConnection } from './connection.js';
import { Operation, type OperationStart } from './operation.js';
import { OperationClient, type OriginalRequest } from './operation-client.js';
import { pollSettings, type PollOptions } from './operation-options.js';
import { parsePosition, type OperationPosition } from './operation-position.js';

/**
 * Follows an operation: one that a call has started, or one that was serialized. Nothing of the start is ever sent twice.
 *
 * @throws {TypeError} for a bad option, naming it, and for what is neither a call nor a text of `serialize()`.
 */
export function startOperation<T>(
  connection: SdkConnection,
  start: CallPromise<unknown> | string,
  options: PollOptions<unknown> & Partial<CheckedBy<StandardSchemaV1>> = {},
): Operation<T> {
  const begun = typeof start === 'string' ? resumed(connection, start, options.query) : startedBy(start);
  // A bad option is thrown, and leaves nobody to hear of a start that fails.
  begun.catch(() => undefined);
  const { intervalMs, withinMs, failures, onProgress, resultOf, statusOf, clock, schema, ...call } = options;
  const own = { intervalMs, withinMs, failures, onProgress, resultOf, statusOf, clock, schema };
  const settings = pollSettings(own as typeof options, connection.pipeline.clock);
  const request = requestOf('http.poll', connection, ofEachLook(call));
  const { signal } = request;
  return new Operation<T>({
    client: new OperationClient(connection, request, settings.clock, call.credential),
    settings,
    signal,
    start: begun,
  });
}

const OF_START: ReadonlySet<string> = new Set([
  'query',
  'ifMatch',
  'ifNoneMatch',
  'idempotencyKey',
] satisfies (keyof CallOptions)[]);

function ofEachLook(call: CallOptions): CallOptions {
  return Object.fromEntries(Object.entries(call).filter(([name]) => !OF_START.has(name)));
}

function resumed(
  connection: SdkConnection,
  text: string,
  query: PollOptions<unknown>['query'],
): Promise<OperationStart> {
  const position = parsePosition(text);
  if (position === undefined) throw noOperation('another text');
  return Promise.resolve({ position, original: originalOf(connection, position, query) });
}

/** An async method that returns a call returns a promise of its data, and that leads nowhere. */
function startedBy(start: CallPromise<unknown>): Promise<OperationStart> {
  if (typeof (start as Partial<CallPromise<unknown>> | undefined)?.withResponse === 'function')
    return start.withResponse();
  throw noOperation('neither: an async method, for one, does not hand its call on');
}

function noOperation(what: string): TypeError {
  return new TypeError(
    `http.poll(): the operation must be a call of this SDK, or the text of serialize(), and is ${what}`,
  );
}

function originalOf(
  connection: SdkConnection,
  { original }: OperationPosition,
  query: PollOptions<unknown>['query'],
): OriginalRequest {
  const { params, paramsSerializer } = requestOf(
    'http.poll',
    connection,
    query === undefined ? {} : { query },
  );
  return { url: original, params: params as unknown, ...(paramsSerializer && { paramsSerializer }) };
}
