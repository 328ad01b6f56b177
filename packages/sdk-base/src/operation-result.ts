import type { AxiosResponse } from 'axios';
import { contentOf } from './answer-content.js';
import { OperationError } from './operation-error.js';
import type { OperationPosition } from './operation-position.js';
import { memberOf } from './operation-state.js';

/** Where the result of an operation is, where the service does not follow the guidelines; a function makes it of the last answer. */
export type ResultOf<T> = 'location' | 'original' | 'monitor' | ((response: AxiosResponse) => T | Promise<T>);

/** What is left to do for a result: nothing, or to ask for it. */
export type ResultPlace = { readonly data: unknown } | { readonly link: string } | 'original';

/**
 * Where the result of an operation is that has succeeded: `resourceLocation`, else what a PUT or PATCH was for, else the `Location`
 * that a POST was answered with, else what the monitor has.
 *
 * @throws {OperationError} when it is to be at a `Location` that the service never named.
 */
export function resultPlace(
  position: OperationPosition,
  last: AxiosResponse,
  resultOf: 'location' | 'original' | 'monitor' | undefined,
): ResultPlace {
  const { mode, method, location } = position;
  if (resultOf === 'original') return 'original';
  if (mode !== 'monitor') return { data: contentOf(last) };
  if (resultOf === 'monitor') return { data: monitored(last.data) };
  if (resultOf === 'location') {
    if (location !== undefined) return { link: location };
    throw new OperationError(
      'The result is to be at a Location, and none came with the answer to the start: say with the option `resultOf` where it is',
      last,
    );
  }
  const resource = memberOf(last.data, 'resourceLocation');
  if (typeof resource === 'string' && resource !== '') return { link: resource };
  if (method === 'put' || method === 'patch') return 'original';
  if (method === 'delete' || location === undefined) return { data: monitored(last.data) };
  return { link: location };
}

/** What stands in a status monitor beside the status. */
function monitored(data: unknown): unknown {
  return memberOf(data, 'result') ?? memberOf(memberOf(data, 'properties'), 'output') ?? data;
}
