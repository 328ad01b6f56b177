import type { AxiosResponse } from 'axios';
import { OperationError } from './operation-error.js';

/**
 * Where its state is looked up: at a status monitor, at a `Location` that leads to the result in the end, or at the resource itself.
 */
export type OperationMode = 'monitor' | 'location' | 'resource';

/** How an operation stands: everything that is no end is `running`. */
export type OperationStatus = 'running' | 'succeeded' | 'failed' | 'canceled';

/** What the last look at an operation has shown. */
export interface OperationState {
  readonly status: OperationStatus;
  /** The service's own word: `Succeeded`, `Provisioning`. Not there where the service says it by the HTTP status alone. */
  readonly serviceStatus?: string;
  /** From 0 to 100, where the service tells. */
  readonly percentComplete?: number;
  /** What the service answered last; not enumerable, since it leads to headers. Not there before the first answer. */
  readonly response?: AxiosResponse;
}

/** Says what the service calls the state of an operation, where it stands somewhere else than in `status`. */
export type StatusOf = (response: AxiosResponse) => string | undefined;

// In lower case. `completed` is what OneDrive and the calls of Microsoft Graph say for `succeeded`.
const ENDS: ReadonlyMap<string, OperationStatus> = new Map([
  ['succeeded', 'succeeded'],
  ['completed', 'succeeded'],
  ['failed', 'failed'],
  ['canceled', 'canceled'],
  ['cancelled', 'canceled'],
]);

/** Of what a service may put there. */
const LONGEST_STATUS = 200;

/**
 * The state that an answer tells.
 *
 * https://github.com/microsoft/api-guidelines/blob/vNext/azure/Guidelines.md#long-running-operations--jobs,
 * https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations
 *
 * @throws {OperationError} for a status monitor whose status is no text.
 */
export function stateIn(
  mode: OperationMode,
  response: AxiosResponse,
  statusOf: StatusOf | undefined,
): OperationState {
  const asked = statusOf?.(response);
  const told: unknown = asked ?? toldIn(mode, response.data);
  if (told !== undefined && typeof told !== 'string')
    throw new OperationError(
      'The status of the operation is no text: say with the option `statusOf` where the service tells it',
      response,
    );
  const end = told === undefined ? undefined : (ENDS.get(told.toLowerCase()) ?? 'running');
  // What `Location` leads to in the end is the result, and a `status` in that is its own matter.
  const isResult = mode === 'location' && response.status !== 202 && asked === undefined;
  const byHttp = response.status === 202 ? 'running' : 'succeeded';
  return stateOf(isResult ? byHttp : (end ?? byHttp), told, response);
}

/** The state of an operation that was done when its start was answered. */
export function doneIn(response: AxiosResponse): OperationState {
  return stateOf('succeeded', undefined, response);
}

/** The state of a resource, as its own body tells it; `undefined` where it tells none. */
export function provisioningStateIn(data: unknown): unknown {
  return memberOf(memberOf(data, 'properties'), 'provisioningState') ?? memberOf(data, 'provisioningState');
}

function toldIn(mode: OperationMode, data: unknown): unknown {
  if (mode === 'resource') return provisioningStateIn(data);
  const status = memberOf(data, 'status');
  if (mode === 'monitor') return status ?? provisioningStateIn(data);
  return typeof status === 'string' ? status : undefined;
}

function stateOf(
  status: OperationStatus,
  serviceStatus: string | undefined,
  response: AxiosResponse,
): OperationState {
  const percentComplete = percentIn(response.data);
  const state: OperationState = {
    status,
    ...(serviceStatus !== undefined && { serviceStatus: serviceStatus.slice(0, LONGEST_STATUS) }),
    ...(percentComplete !== undefined && { percentComplete }),
  };
  return Object.freeze(Object.defineProperty(state, 'response', { value: response }));
}

function percentIn(data: unknown): number | undefined {
  return [
    memberOf(data, 'percentComplete'),
    memberOf(data, 'percentageComplete'),
    memberOf(memberOf(data, 'properties'), 'percentComplete'),
  ].find((value): value is number => typeof value === 'number' && value >= 0 && value <= 100);
}

/** A member of a body; `undefined` for null as well. */
export function memberOf(data: unknown, name: string): unknown {
  if (typeof data !== 'object' || data === null || !Object.hasOwn(data, name)) return undefined;
  return (data as Readonly<Record<string, unknown>>)[name] ?? undefined;
}
