import { systemClock, type Clock } from '@holdfast/core';

/** The machine's clock, that counts how often it is asked what time it is. */
export class CountedClock implements Clock {
  readings = 0;
  readonly setTimeout: Clock['setTimeout'] = (callback, delayMs) => systemClock.setTimeout(callback, delayMs);

  now(): number {
    this.readings += 1;
    return Date.now();
  }
}
