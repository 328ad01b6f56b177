import type { GenericAbortSignal } from 'axios';

interface AbortEvent {
  readonly type: 'abort';
  readonly target: LinkedSignal;
}

type Listener = (this: LinkedSignal, event: AbortEvent) => void;

/**
 * An abort signal that costs one small object: aborted by us, or by the signal of the caller that it stands in for. It
 * listens to that one only while somebody listens to it, so that a signal shared by many calls collects no listeners.
 */
export class LinkedSignal implements GenericAbortSignal {
  onabort: ((event: unknown) => unknown) | null = null;
  readonly #parent: GenericAbortSignal | undefined;
  #aborted = false;
  #reason: unknown = undefined;
  /** Mostly there is one, and a set for it would be dearer than the signal. One signal for ten thousand calls has as many. */
  #listeners: Listener | Set<Listener> | undefined = undefined;
  #follow: (() => void) | undefined = undefined;

  constructor(parent: GenericAbortSignal | undefined) {
    this.#parent = parent;
  }

  /** Aborted by {@link abort}, not by the caller. */
  get abortedHere(): boolean {
    return this.#aborted;
  }

  get aborted(): boolean {
    return this.#aborted || this.#parent?.aborted === true;
  }

  get reason(): unknown {
    return this.#aborted ? this.#reason : (this.#parent as { reason?: unknown } | undefined)?.reason;
  }

  abort(reason?: unknown): void {
    if (this.aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    this.#notify();
  }

  addEventListener(_type: 'abort', listener: (...args: never[]) => unknown): void {
    if (this.aborted) return;
    const others = this.#listeners;
    if (others !== undefined) {
      if (others instanceof Set) others.add(listener as Listener);
      else this.#listeners = new Set([others, listener as Listener]);
      return;
    }
    this.#listeners = listener as Listener;
    if (this.#parent === undefined) return;
    this.#follow ??= () => {
      this.#notify();
    };
    this.#parent.addEventListener?.('abort', this.#follow);
  }

  removeEventListener(_type: 'abort', listener: (...args: never[]) => unknown): void {
    const listeners = this.#listeners;
    if (
      listeners instanceof Set
        ? listeners.delete(listener as Listener) && listeners.size === 0
        : listeners === listener
    )
      this.#takeListeners();
  }

  /** Lets go of everybody who listens, and of the signal it stands in for. */
  release(): void {
    this.#takeListeners();
  }

  #notify(): void {
    const listeners = this.#takeListeners();
    const event = { type: 'abort', target: this } as const;
    for (const listener of listeners) this.#tell(listener, event);
    if (this.onabort !== null) this.#tell(this.onabort, event);
  }

  #tell(listener: (this: LinkedSignal, event: AbortEvent) => unknown, event: AbortEvent): void {
    try {
      // `this` matters: the signal that axios's fetch adapter composes reads its reason from there.
      listener.call(this, event);
    } catch (error) {
      // As the platform does it: what one listener throws is nobody else's loss.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  #takeListeners(): Iterable<Listener> {
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (this.#follow !== undefined) this.#parent?.removeEventListener?.('abort', this.#follow);
    return typeof listeners === 'function' ? [listeners] : (listeners ?? []);
  }
}
