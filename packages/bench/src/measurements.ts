import { failures } from './failures/measurement.js';
import type { Measurement } from './measurement.js';
import { overhead } from './overhead/measurement.js';
import { soak } from './soak/measurement.js';
import { storms } from './storm/measurement.js';

/** As the page has them. */
export const measurements: readonly Measurement<unknown>[] = [overhead, failures, storms, soak];
