import { retoldFailure } from '@holdfast/core';
import { isInvalidClient } from './acquisition-error.js';
import type { Proof, ProofNeed, ProofSource } from './proof.js';

/** Sends with a proof; one that is refused is replaced at once, where there is another by now. */
export async function sendProven<T>(
  source: ProofSource,
  proof: Proof,
  need: ProofNeed,
  send: (proof: Proof) => Promise<T>,
): Promise<T> {
  try {
    return await send(proof);
  } catch (failure) {
    if (!isInvalidClient(failure)) throw failure;
    const other = await source.otherThan(proof, need);
    if (other === undefined) throw remarked(source, proof, failure);
    return await send(other).catch((later: unknown) => {
      throw remarked(source, other, later);
    });
  }
}

/** With what there is to say of the proof that was refused. */
function remarked(source: ProofSource, proof: Proof, failure: unknown): unknown {
  const remark = isInvalidClient(failure) ? source.remarkOn(proof) : undefined;
  if (remark === undefined || !isInvalidClient(failure)) return failure;
  return retoldFailure(failure, { message: `${failure.message}; ${remark}`, cause: failure.cause });
}
