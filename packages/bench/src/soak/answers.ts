import type { Caller } from './identities.js';
import type { Ledger } from './ledger.js';

/** What one answer must be. */
export interface Expected {
  readonly id: string;
  readonly caller: Caller;
  readonly api: string;
}

/** `success`, or what came in its place. What is another call's goes into the ledger. */
export function judgeAnswer(data: unknown, expected: Expected, ledger: Ledger): string {
  const { id, caller, api } = expected;
  // Half of an answer, or no JSON: what there is of it is still this call's.
  if (typeof data === 'string') {
    if (!data.includes(id)) ledger.foreign.push(`${id} got a text without its id`);
    return 'garbage';
  }
  const answer = Object(data) as Partial<Record<'id' | 'who' | 'api' | 'elsewhere', unknown>>;
  if (answer.id !== id) ledger.foreign.push(`${id} got the answer of ${String(answer.id)}`);
  if (answer.elsewhere === true) return 'success elsewhere';
  if (answer.who !== caller.name)
    ledger.foreign.push(`${id} was made as ${caller.name} and answered as ${String(answer.who)}`);
  if (answer.api !== api)
    ledger.foreign.push(`${id} was made to ${api} and answered by ${String(answer.api)}`);
  return 'success';
}

/** The code or the status of what a call failed with. Its answer, if there was one, must be that of the call as well. */
export function judgeError(error: unknown, id: string, ledger: Ledger): string {
  if (!(error instanceof Error)) return 'no error';
  const { response, code } = error as Error & {
    readonly code?: string;
    readonly response?: { readonly status: number; readonly data?: unknown };
  };
  const body = Object(response?.data) as { readonly id?: unknown };
  if (typeof body.id === 'string' && !body.id.startsWith(id))
    ledger.foreign.push(`${id} failed with the answer of ${body.id}`);
  if (code === 'ERR_BAD_REQUEST' || code === 'ERR_BAD_RESPONSE' || code === undefined)
    return response === undefined ? error.name : `status ${response.status}`;
  return code;
}
