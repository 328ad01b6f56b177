import type { AcquisitionSettings } from './acquisition.js';

/** The options of a cache, defaults filled in. */
export interface CacheSettings extends AcquisitionSettings {
  readonly clockSkewMs: number;
  readonly futileMs: number;
  readonly maxWaiters: number;
  readonly random: () => number;
}
