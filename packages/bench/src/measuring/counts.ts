/** What a program has made since it was started, where its first argument is `counts`; else nothing is counted. */
export interface Counts {
  timers: number;
  abortControllers: number;
  errors: number;
  /** Stacks that were taken for an error. */
  stacks: number;
  urls: number;
}

export const counts: Counts = { timers: 0, abortControllers: 0, errors: 0, stacks: 0, urls: 0 };

// A program imports this before all else: a class keeps the parent that it was made with.
if (process.argv[2] === 'counts') {
  globalThis.setTimeout = counted(setTimeout, 'timers');
  globalThis.setInterval = counted(setInterval, 'timers');
  globalThis.AbortController = counted(AbortController, 'abortControllers');
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is put back where it was
  Error.captureStackTrace = counted(Error.captureStackTrace, 'stacks');
  globalThis.Error = counted(Error, 'errors');
  globalThis.URL = counted(URL, 'urls');
}

function counted<T extends object>(made: T, name: keyof Counts): T {
  const handler = {
    apply(target: T, self: unknown, args: unknown[]): unknown {
      counts[name] += 1;
      return Reflect.apply(target as never, self, args);
    },
    construct(target: T, args: unknown[], newTarget: never): object {
      counts[name] += 1;
      return Reflect.construct<unknown[], object>(target as never, args, newTarget);
    },
  };
  return new Proxy(made, handler);
}

/** Everything counts from zero again. */
export function resetCounts(): void {
  for (const name of Object.keys(counts) as (keyof Counts)[]) counts[name] = 0;
}
