import { isHoldfastError, orCanceled, unavailableReasons, type Cancelable } from '@holdfast/core';
import type { AccessToken, TokenCredential } from '@holdfast/token';

/** One that may be elected. */
export interface Candidate {
  readonly credential: TokenCredential;
  /** In messages. */
  readonly name: string;
}

/** One that is not available. */
export interface Loser {
  readonly name: string;
  /** One line. */
  readonly reason: string;
  /** Whether asking again later may help: it has not said that it does not. */
  readonly transient: boolean;
  /** What it threw, as far as that is no place for a secret. */
  readonly error: Error;
}

/** What became of an election: the token of the winner's probe, or why there is no winner. */
export type Elected =
  | { readonly winner: TokenCredential; readonly token: AccessToken }
  | { readonly winner: undefined; readonly losers: readonly Loser[] };

/** One probe of each candidate, for all who wait: it ends when they have all left. */
export class Election {
  /** What the probes ask for; `undefined` when only who began it can tell. */
  readonly request: string | undefined;
  readonly #ending = new AbortController();
  readonly #elected: Promise<Elected>;
  #waiting = 0;
  #isOver = false;

  /** `ask` is how a candidate is asked. Who has lost before is not, and who loses here is added to them. */
  constructor(
    candidates: readonly Candidate[],
    losers: Loser[],
    request: string | undefined,
    ask: (credential: TokenCredential, abortSignal: AbortSignal) => Promise<AccessToken | null>,
  ) {
    this.request = request;
    const { signal } = this.#ending;
    this.#elected = elect(candidates, losers, (credential) => ask(credential, signal), signal).finally(() => {
      this.#isOver = true;
    });
  }

  /** Nobody can join it any more. */
  get isOver(): boolean {
    return this.#isOver || this.#ending.signal.aborted;
  }

  /** What becomes of it, for one of those who wait: he can leave. Rejects as the candidate does that is there, and failed. */
  waitFor(caller: Cancelable): Promise<Elected> {
    this.#waiting += 1;
    return orCanceled(this.#elected, caller).finally(() => {
      this.#waiting -= 1;
      if (this.#waiting === 0 && !this.#isOver) this.#ending.abort();
    });
  }
}

async function elect(
  candidates: readonly Candidate[],
  losers: Loser[],
  ask: (credential: TokenCredential) => Promise<AccessToken | null>,
  signal: AbortSignal,
): Promise<Elected> {
  for (const { credential, name } of candidates.slice(losers.length)) {
    const outcome = await probe(name, () => ask(credential));
    // What one says that was told to stop is no answer.
    signal.throwIfAborted();
    if ('token' in outcome) return { winner: credential, token: outcome.token };
    losers.push(outcome);
  }
  // A machine may still be starting: the next time all of them are asked again.
  return { winner: undefined, losers: losers.splice(0) };
}

async function probe(
  name: string,
  ask: () => Promise<AccessToken | null>,
): Promise<Loser | { readonly token: AccessToken }> {
  try {
    const token = await ask();
    if (token !== null) return { token };
    return { name, transient: true, ...told('it answered with nothing') };
  } catch (error) {
    const reasons = unavailableReasons(error);
    // It is there: in its place, another one would be somebody else.
    if (reasons === undefined) throw error;
    const reason = reasons.join('; ');
    return isHoldfastError(error, 'ERR_TOKEN_ACQUISITION')
      ? { name, reason, transient: error.transient, error }
      : { name, transient: true, ...told(reason) };
  }
}

/** Again, since a foreign error can carry whatever its maker had at hand. */
function told(reason: string): Pick<Loser, 'reason' | 'error'> {
  return { reason, error: Object.assign(new Error(reason), { name: 'CredentialUnavailableError' }) };
}
