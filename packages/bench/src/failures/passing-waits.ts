/** What is longer than this is a limit, and no wait. */
const LONGEST_WAIT_MS = 1_000;

/**
 * From now on waits pass at once, with one turn of the event loop, so that what is seen is the work and not the wait: those of
 * everybody who waits by the global timer.
 */
export function letWaitsPass(): void {
  globalThis.setTimeout = new Proxy(setTimeout, {
    apply(target, self, args: Parameters<typeof setTimeout>): unknown {
      const [callback, delayMs = 0] = args;
      if (delayMs > LONGEST_WAIT_MS) return Reflect.apply(target, self, args);
      return setImmediate(callback);
    },
  });
}
