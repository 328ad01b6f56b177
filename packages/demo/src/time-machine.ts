const RealDate = Date;
let aheadMs = 0;

/** Nobody waits an hour for a token to expire: from here on everybody's clock, ours and MSAL's, runs that much ahead. */
export function travelTo(ms: number): void {
  aheadMs = Math.max(aheadMs, ms);
}

/** How far the clock is ahead by now. */
export function travelled(): number {
  return aheadMs;
}

/** Puts the clock that can be moved in the place of the global one. */
export function installTimeMachine(): void {
  globalThis.Date = class extends RealDate {
    constructor(...args: [] | ConstructorParameters<typeof Date>) {
      if (args.length === 0) super(RealDate.now() + aheadMs);
      else super(...args);
    }

    static override now(): number {
      return RealDate.now() + aheadMs;
    }
  } as DateConstructor;
}
