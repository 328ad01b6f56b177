import type { Fault, StormSetting } from './storm-result.js';

export const FAULTS: readonly Fault[] = ['unavailable', 'unavailable-told', 'hang', 'slow'];

/** The service, and those who call it, unless something else is said. */
export const SERVICE: Omit<StormSetting, 'fault' | 'load'> = {
  capacityPerSecond: 1_000,
  serviceMs: 50,
  queueLength: 2_000,
  clients: 100,
  timeoutMs: 1_000,
  beforeS: 10,
  outageS: 10,
  afterS: 40,
};

/** One outage of the usual service, or of one that differs from it. */
export function stormSetting(fault: Fault, load: number, other: Partial<StormSetting> = {}): StormSetting {
  return { ...SERVICE, ...other, fault, load };
}

/** A tenth of the usual service, with as many calls per client: for tests, and to try something out. */
export const TENTH: Partial<StormSetting> = { capacityPerSecond: 100, queueLength: 200, clients: 10 };

const LOADS: readonly number[] = [0.7, 0.9];

function allFaults(other?: Partial<StormSetting>): readonly StormSetting[] {
  return FAULTS.flatMap((fault) => LOADS.map((load) => stormSetting(fault, load, other)));
}

/** Every outage at both loads. */
export const SETTINGS: readonly StormSetting[] = allFaults();

export const QUICK_SETTINGS: readonly StormSetting[] = allFaults(TENTH);

export const SEEDS: readonly number[] = [1, 2, 3];
