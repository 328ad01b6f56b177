import {
  LinkedSignal,
  cancellationOf,
  isCanceled,
  wait,
  type Cancelable,
  type Clock,
  type CurrentCall,
} from '@holdfast/core';

/** How many may wait. */
export interface WaitSettings {
  readonly maxWaiters: number;
  readonly clock: Clock;
}

/** The calls that wait until a source may be asked again: none that has not the time for it, and few that were never sent. */
export class AcquisitionWaits {
  readonly #settings: WaitSettings;
  readonly #waiting = new Set<LinkedSignal>();
  /** How many of them were never sent. */
  #unsent = 0;

  constructor(settings: WaitSettings) {
    this.#settings = settings;
  }

  /**
   * The wait of a call, by itself and its request, or `undefined`: it does not fit its deadline, or there is no room. One whose
   * token was rejected has been on its way, and keeps its place: its fellows may all come back in the same moment.
   */
  begin(
    delayMs: number,
    call: CurrentCall,
    caller: Cancelable,
    wasRejected: boolean,
  ): Promise<void> | undefined {
    const { clock, maxWaiters } = this.#settings;
    const ms = `${Math.ceil(delayMs)} ms`;
    const hasTime = call.deadlineAt < Infinity && clock.now() + delayMs < call.deadlineAt;
    if (!hasTime || (!wasRejected && this.#unsent >= maxWaiters)) {
      call.note(
        `does not wait ${ms} for a token: ${hasTime ? `${maxWaiters} calls do` : 'it has not the time'}`,
      );
      return undefined;
    }
    call.note(`waits ${ms}: a token could not be had, and may be asked for again then`);
    const wait = this.#wait(delayMs, caller);
    if (wasRejected) return wait;
    this.#unsent += 1;
    return wait.finally(() => (this.#unsent -= 1));
  }

  /** There is a token before it was expected. */
  end(): void {
    for (const early of this.#waiting) early.abort();
  }

  async #wait(delayMs: number, caller: Cancelable): Promise<void> {
    const { signal, cancelToken } = caller;
    const early = new LinkedSignal(signal);
    this.#waiting.add(early);
    try {
      const ends = { signal: early, ...(cancelToken !== undefined && { cancelToken }) };
      await wait(Math.ceil(delayMs), ends, this.#settings.clock);
    } catch (error) {
      if (isCanceled(caller)) throw cancellationOf(caller);
      if (!early.abortedHere) throw error;
    } finally {
      this.#waiting.delete(early);
    }
  }
}
