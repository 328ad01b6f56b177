import FakeTimers from '@sinonjs/fake-timers';
import type { Clock } from '@holdfast/core';
import { chanceOf } from './chance.js';

// Taken while it is the real one.
const nextTurn = setImmediate;

/** Any day. */
const START = Date.UTC(2025, 0, 1);

/** Time that is made of events: nothing happens between two of them. */
export interface Simulation {
  readonly clock: Clock;
  /** Ends when `isOver` says so, which is asked after each event. */
  readonly run: (isOver: () => boolean) => Promise<void>;
}

/** One may wish for more, to see that it changes nothing. */
export interface SimulationOptions {
  /** Turns of the event loop that promise chains have after each event. */
  readonly turns: number;
}

/**
 * Runs `play` in a world of its own: the global timers, `Date` and `Math.random` are the simulation's until it has ended, so that
 * also what takes neither clock nor chance lives in it.
 *
 * @throws {TypeError} when something else has faked the globals already, another simulation say.
 */
export async function simulate<T>(
  seed: number,
  play: (simulation: Simulation) => Promise<T>,
  { turns }: SimulationOptions = { turns: 1 },
): Promise<T> {
  const timers = FakeTimers.install({
    now: START,
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
  });
  const { random } = Math;
  Math.random = chanceOf(seed);
  try {
    return await play({ clock: clockOf(timers), run: (isOver) => run(timers, turns, isOver) });
  } finally {
    Math.random = random;
    timers.uninstall();
  }
}

function clockOf(timers: FakeTimers.Clock): Clock {
  return {
    now: () => timers.now,
    setTimeout: (callback, delayMs) => {
      const id = timers.setTimeout(callback, delayMs);
      return {
        cancel: () => {
          // The two kinds of clock differ in the type of their ids only.
          (timers.clearTimeout as (id: FakeTimers.TimerId) => void)(id);
        },
        unref: () => undefined,
      };
    },
  };
}

async function run(timers: FakeTimers.Clock, turns: number, isOver: () => boolean): Promise<void> {
  const { stackTraceLimit } = Error;
  // Errors are made by the thousand, and nobody reads where.
  Error.stackTraceLimit = 0;
  try {
    while (!isOver()) {
      timers.next();
      // One turn lets every promise chain run to its end, however long.
      for (let turn = 0; turn < turns; turn += 1)
        await new Promise<void>((resolve) => {
          nextTurn(resolve);
        });
    }
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
