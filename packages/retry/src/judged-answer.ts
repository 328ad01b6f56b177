import { outcomeOfResponse, statusError, type CurrentCall, type Failure } from '@holdfast/core';
import type { AxiosResponse } from 'axios';
import type { Rules } from './verdict.js';

/**
 * What an answer is by the caller's own `validateResponse`: a failure, or `undefined` for the success that it is then,
 * whatever its status. By the status alone where it does not say, because it threw.
 */
export function judge(
  response: AxiosResponse,
  validate: (response: AxiosResponse) => boolean,
  call: CurrentCall,
  { clock }: Rules,
): Failure | undefined {
  let valid: boolean;
  try {
    valid = validate(response);
  } catch {
    call.note('validateResponse threw: the status counts');
    return response.status < 400 ? undefined : { response };
  }
  if (valid) takeForSuccess(response, call);
  return valid ? undefined : failureWith(response, call, clock.now());
}

/** Nobody asks `validateStatus` about an answer that the pipeline takes for unasked. */
function takeForSuccess(response: AxiosResponse, call: CurrentCall): void {
  if (call.rejected?.response === response) call.rejected = undefined;
  call.unasked = response;
}

/** The caller gets axios's error for it, and everybody in between can tell by `outcome` what it stands for. */
function failureWith(response: AxiosResponse, call: CurrentCall, now: number): Failure {
  const { status } = response;
  const outcome = status < 400 ? 'unavailable' : outcomeOfResponse(response, now);
  const error = Object.defineProperty(statusError(response), 'outcome', { value: outcome });
  // As a success it stands in no journal, and is not what a later refusal has to leave in its place.
  if (!call.journaled) {
    call.record({ number: call.sends, startedAt: call.startedAt, endedAt: now, status, code: undefined });
  }
  call.lastFailure = { error };
  return { error };
}
