import { cancellationOf, isCanceled, onCancel, type Cancelable } from '@holdfast/core';

/** Those of one process who want the same thing, one after the other, in the order in which they came. */
export class StoreTurns {
  /** Those who wait, by key. A key that is here is taken. */
  readonly #waiting = new Map<string, (() => void)[]>();

  /** Waits for a turn; resolves to what ends it. Rejects when the caller has given up before. */
  take(key: string, caller: Cancelable): Promise<() => void> {
    if (isCanceled(caller)) return Promise.reject(cancellationOf(caller));
    const end = () => {
      const next = waiting.shift();
      if (next === undefined) this.#waiting.delete(key);
      else next();
    };
    const waiting = this.#waiting.get(key) ?? [];
    if (!this.#waiting.has(key)) {
      this.#waiting.set(key, waiting);
      return Promise.resolve(end);
    }
    return new Promise((resolve, reject) => {
      const turn = () => {
        off();
        resolve(end);
      };
      const off = onCancel(caller, () => {
        off();
        waiting.splice(waiting.indexOf(turn), 1);
        reject(cancellationOf(caller));
      });
      waiting.push(turn);
    });
  }
}
