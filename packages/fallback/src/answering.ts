import { inScope, inherited } from '@holdfast/core';
import type { AxiosError, InternalAxiosRequestConfig } from 'axios';
import type { FallbackRespond } from './fallback-answer.js';

/** Who is being asked here, and who had asked for what he does. */
interface Answering {
  readonly respond: FallbackRespond;
  readonly outer: Answering | undefined;
}

const SCOPE = 'fallback';

/** Asks for an answer. What is called for it meanwhile can tell. */
export function ask(
  respond: FallbackRespond,
  error: AxiosError,
  request: InternalAxiosRequestConfig,
): ReturnType<FallbackRespond> {
  const outer = inherited(SCOPE) as Answering | undefined;
  return inScope(SCOPE, { respond, outer } satisfies Answering, () => respond(error, request));
}

/**
 * Whether the call is made by the very one who would answer for it. He would be asked about his own failures without an end:
 * while the circuit is open and nothing is waited for, the process would do nothing else any more.
 */
export function isAnswering(respond: FallbackRespond): boolean {
  let one = inherited(SCOPE) as Answering | undefined;
  while (one !== undefined && one.respond !== respond) one = one.outer;
  return one !== undefined;
}
