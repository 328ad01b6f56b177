import { inScope, inherited } from '@holdfast/core';

/** Who is being asked here, and who had asked for what he does. */
interface Answering {
  readonly who: object;
  readonly outer: Answering | undefined;
}

const SCOPE = 'fallback';

/** Asks somebody for an answer. What is called for it meanwhile can tell. */
export function ask<T>(who: object, answer: () => T): T {
  const outer = inherited(SCOPE) as Answering | undefined;
  return inScope(SCOPE, { who, outer } satisfies Answering, answer);
}

/**
 * Whether the call is made by the very one who would answer for it. He would be asked about his own failures without an end:
 * while the circuit is open and nothing is waited for, the process would do nothing else any more.
 */
export function isAnswering(who: object): boolean {
  let one = inherited(SCOPE) as Answering | undefined;
  while (one !== undefined && one.who !== who) one = one.outer;
  return one !== undefined;
}
