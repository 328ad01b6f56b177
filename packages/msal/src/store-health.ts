/** When a store is left alone. */
export interface StoreHealthSettings {
  /** After so many failures in a row. */
  readonly failures: number;
  /** For so many milliseconds; then one may see how it is. */
  readonly pauseMs: number;
}

/** Whether a store is worth asking: a dead one is not waited for by everybody, again and again. */
export class StoreHealth {
  readonly #settings: StoreHealthSettings;
  #failures = 0;
  #pausedUntil = 0;

  constructor(settings: StoreHealthSettings) {
    this.#settings = settings;
  }

  /** Whether the last one that asked was answered. */
  get isWell(): boolean {
    return this.#failures === 0;
  }

  /** Whether it may be asked, at an instant in epoch milliseconds. After a pause, by one. */
  mayAsk(now: number): boolean {
    const { failures, pauseMs } = this.#settings;
    if (this.#failures < failures) return true;
    const leftMs = this.#pausedUntil - now;
    // More than a pause can be left only where the clock was set back.
    if (leftMs > 0 && leftMs <= pauseMs) return false;
    this.#pausedUntil = now + pauseMs;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(now: number): void {
    this.#failures += 1;
    this.#pausedUntil = now + this.#settings.pauseMs;
  }
}
