import { RetryBudget, type RetryOptions } from '@holdfast/retry';
import type { ThrottleGateOptions } from '@holdfast/throttle-gate';
import type { DeadlineOptions } from '@holdfast/timeout';

/** What a profile changes of the defaults. */
interface Profile {
  readonly deadline?: DeadlineOptions;
  /** Made for each pipeline: it has a budget of its own. */
  readonly retry?: () => RetryOptions;
  readonly throttleGate?: ThrottleGateOptions;
}

/** Who waits for the answers. */
export type ProfileName = 'interactive' | 'batch';

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  interactive: {},
  batch: {
    deadline: { deadlineMs: 15 * 60_000 },
    throttleGate: { maxWaiters: Infinity },
    // A throttled call pays a fifth of a retry to come back. With a quarter each, all of a batch that is throttled at once can;
    // and where a fifth of all sends fail, every call still gets its three retries (0.2 + 0.04 + 0.008 < 0.25). Waits outlast
    // the ten seconds that a budget remembers: five per second are for those who are throttled again after one.
    retry: () => ({ budget: new RetryBudget({ ratio: 0.25, minPerSecond: 5 }) }),
  },
};

export function isProfileName(value: unknown): boolean {
  return typeof value === 'string' && Object.hasOwn(PROFILES, value);
}
