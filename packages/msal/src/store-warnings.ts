import { errorSummary, warning } from '@holdfast/core';
import { StoreFault } from './store-fault.js';

/** Who has a problem, in warnings. */
const STORE = 'token store';
const MOST_KINDS = 20;
const CODE = /^[A-Z][A-Z\d_]{1,40}$/;

/** What is told about one store: each kind of trouble once. */
export class StoreWarnings {
  readonly #kinds = new Map<string, (service: string) => void>();

  /** It does not answer as it should: `reason` is ours. */
  unavailable(reason: string): void {
    this.#tell(
      'STORE_UNAVAILABLE',
      `The token store ${reason}: what it would save is asked of the identity provider`,
    );
  }

  /** What it has is no good: `reason` is ours. */
  unreadable(reason: string): void {
    this.#tell(
      'STORE_UNREADABLE',
      `What the token store has cannot be read: ${reason}. It is taken for nothing`,
    );
  }

  #tell(code: 'STORE_UNAVAILABLE' | 'STORE_UNREADABLE', message: string): void {
    const known = this.#kinds.get(message);
    if (known === undefined && this.#kinds.size >= MOST_KINDS) return;
    const tell = known ?? warning(code, message);
    this.#kinds.set(message, tell);
    tell(STORE);
  }
}

/** How a store has failed. A foreign message may quote what was sent, or an address with a password in it. */
export function failureOf(error: unknown): string {
  if (error instanceof StoreFault) return `cannot be used: ${error.message}`;
  // Whatever it is: looking at it may throw.
  const { code } = errorSummary(error);
  return typeof code === 'string' && CODE.test(code) ? `fails (${code})` : 'fails';
}
