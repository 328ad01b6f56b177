/** How many timers there are, whether they keep the process alive or not. */
export interface RunningTimers {
  readonly timeouts: number;
  readonly intervals: number;
}

// Those that were started and have neither run out nor been cancelled.
const timeouts = new Set<unknown>();
const intervals = new Set<unknown>();

/** For `timersSince()`. */
export function runningTimers(): ReadonlySet<unknown> {
  return new Set([...timeouts, ...intervals]);
}

/** Those that run now and did not then. */
export function timersSince(before: ReadonlySet<unknown>): RunningTimers {
  const started = (timers: ReadonlySet<unknown>): number =>
    [...timers].filter((timer) => !before.has(timer)).length;
  return { timeouts: started(timeouts), intervals: started(intervals) };
}

// A program imports this before all else.
globalThis.setTimeout = new Proxy(setTimeout, {
  apply(start, self, [callback, ...rest]: Parameters<typeof setTimeout>): unknown {
    const ended = (...args: never[]): void => {
      timeouts.delete(timer);
      (callback as (...args: never[]) => void)(...args);
    };
    const timer: unknown = Reflect.apply(start, self, [ended, ...rest]);
    timeouts.add(timer);
    return timer;
  },
});
globalThis.setInterval = new Proxy(setInterval, {
  apply(start, self, args): unknown {
    const timer: unknown = Reflect.apply(start, self, args);
    intervals.add(timer);
    return timer;
  },
});
globalThis.clearTimeout = cancelling(clearTimeout);
globalThis.clearInterval = cancelling(clearInterval);

/** Each of the two cancels what the other one's are. */
function cancelling<Cancel extends typeof clearTimeout>(cancel: Cancel): Cancel {
  return new Proxy(cancel, {
    apply(target, self, args): unknown {
      timeouts.delete(args[0]);
      intervals.delete(args[0]);
      return Reflect.apply(target, self, args);
    },
  });
}
