import {
  outcomeOf,
  outcomeOfResponse,
  statusError,
  type CurrentCall,
  type Failure,
  type Outcome,
} from '@holdfast/core';
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
  const outcome = failureClassOf(response, call, now);
  const error = Object.defineProperty(statusError(response), 'outcome', { value: outcome });
  // As a success it stands in no journal, and is not what a later refusal has to leave in its place.
  call.writeDown(response, now);
  call.lastFailure = { error };
  return { error };
}

/** A failure of which class, since it is one: by the hook of the call, by the status, or as if the service had failed. */
function failureClassOf(response: AxiosResponse, call: CurrentCall, now: number): Outcome {
  const classes = [outcomeOf(call, { response }, now), outcomeOfResponse(response, now)];
  return classes.find((outcome) => outcome !== 'success') ?? 'unavailable';
}
