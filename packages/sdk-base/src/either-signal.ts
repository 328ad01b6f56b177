import type { GenericAbortSignal } from 'axios';

type Listener = (...args: never[]) => unknown;

/**
 * Two signals as one: the first to end counts. It is nothing but the two, so that the one of a whole SDK has no more listeners than calls
 * under way: what `AbortSignal.any()` makes is never forgotten by a signal that goes on (Node 20 and 22).
 */
export class EitherSignal implements GenericAbortSignal {
  readonly #both: readonly [GenericAbortSignal, GenericAbortSignal];

  constructor(one: GenericAbortSignal, other: GenericAbortSignal) {
    this.#both = [one, other];
  }

  get aborted(): boolean {
    return this.#both.some(({ aborted }) => aborted);
  }

  get reason(): unknown {
    const ended = this.#both.find(({ aborted }) => aborted);
    return (ended as { readonly reason?: unknown } | undefined)?.reason;
  }

  addEventListener(type: 'abort', listener: Listener): void {
    for (const signal of this.#both) signal.addEventListener?.(type, listener);
  }

  removeEventListener(type: 'abort', listener: Listener): void {
    for (const signal of this.#both) signal.removeEventListener?.(type, listener);
  }
}
