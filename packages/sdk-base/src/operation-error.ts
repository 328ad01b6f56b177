import { odataErrorOf, type ODataError } from '@holdfast/client';
import type { AxiosResponse } from 'axios';
import { SdkError, type SdkErrorInit } from './sdk-error.js';

/** What the last look was answered with, where there was one. */
interface Looked {
  readonly response?: AxiosResponse;
}

/**
 * An answer that an operation cannot be followed by: accepted, and nowhere to look; a status that is none; a result that is not where
 * it should be. Nothing says that the operation has failed.
 */
export class OperationError extends SdkError {
  declare readonly code: 'ERR_OPERATION';

  constructor(message: string, response: AxiosResponse | undefined) {
    super('OperationError', { ...answered(response), message, code: 'ERR_OPERATION' });
  }
}

/** The operation has ended without a result: it has failed, or was canceled. To start it once more is the caller's to decide. */
export class OperationFailedError extends SdkError {
  declare readonly code: 'ERR_OPERATION_FAILED';
  /** How it ended. */
  readonly operationStatus: 'failed' | 'canceled';
  readonly #odata: ODataError | undefined;

  constructor(operationStatus: 'failed' | 'canceled', { response }: Looked) {
    const ended = operationStatus === 'failed' ? 'has failed' : 'was canceled';
    super('OperationFailedError', {
      ...answered(response),
      message: `The operation ${ended}; what the service says of it is in \`odata\``,
      code: 'ERR_OPERATION_FAILED',
    });
    this.operationStatus = operationStatus;
    this.#odata = odataErrorOf(response);
  }

  /** What the service says of it: a code to branch on, and a message, which may hold what belongs to a user. */
  get odata(): ODataError | undefined {
    return this.#odata;
  }
}

/** The operation was not done within `withinMs`. It may still be running, and `pollUntilDone()` goes on with it. */
export class OperationTimeoutError extends SdkError {
  declare readonly code: 'ERR_OPERATION_TIMEOUT';
  /** The limit, in milliseconds. */
  readonly withinMs: number;

  constructor(withinMs: number, { response }: Looked) {
    super('OperationTimeoutError', {
      ...answered(response),
      message: `The operation was not done within ${withinMs} ms, and may still be running: pollUntilDone() goes on, in another process by the text of serialize()`,
      code: 'ERR_OPERATION_TIMEOUT',
    });
    this.withinMs = withinMs;
  }
}

function answered(
  response: AxiosResponse | undefined,
): Pick<SdkErrorInit, 'config' | 'request' | 'response'> {
  return { config: response?.config, request: response?.request as unknown, response };
}
