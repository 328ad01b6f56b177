import type { Breakers } from '@holdfast/client';
import type { Timer } from '@holdfast/core';
import type { SkippingClock } from './test-clock.js';

/** An opening ends by opossum's timer, which is the global one: what was skipped has to be taken off it. */
export function followTime(breakers: Breakers, clock: SkippingClock): void {
  let timer: Timer | undefined;

  function follow(): void {
    timer?.cancel();
    timer = undefined;
    const now = clock.now();
    const snapshot = breakers.snapshot();
    const open = snapshot.breakers.filter(({ state }) => state === 'open');
    const over = open.filter(({ openUntil = 0 }) => openUntil <= now);
    // An opening that is over is half-open where it is restored.
    if (over.length > 0) breakers.restore({ ...snapshot, breakers: over }, now);
    const nextAt = Math.min(...open.flatMap(({ openUntil = 0 }) => (openUntil > now ? openUntil : [])));
    if (nextAt === Infinity) return;
    timer = clock.setTimeout(follow, nextAt - now);
    timer.unref();
  }

  clock.onSkip(follow);
}
