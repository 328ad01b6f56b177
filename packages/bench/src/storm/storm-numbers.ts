import { TENTH, stormSetting } from './settings.js';
import type { StormSetting } from './storm-result.js';

/** What a number on the command line may be. */
export interface NumberRange {
  readonly least: number;
  readonly most: number;
  readonly whole?: boolean;
}

interface StormNumber extends NumberRange {
  readonly of: Exclude<keyof StormSetting, 'fault'>;
  readonly about: string;
}

/** What is played where nothing else is said: it is over in seconds, and the curves are those of ten times as many. */
export const USUAL: StormSetting = stormSetting('unavailable', 0.7, TENTH);

export type NumberName =
  'load' | 'capacity' | 'service-ms' | 'queue' | 'clients' | 'timeout-ms' | 'before' | 'outage' | 'after';

const whole = true;

/** The numbers of a setting, by the names of their options. The highest keep a slip of the pen from running for a day. */
export const NUMBERS: Readonly<Record<NumberName, StormNumber>> = {
  load: { of: 'load', about: 'calls that arrive, as a share of the capacity', least: 0.01, most: 2 },
  capacity: {
    of: 'capacityPerSecond',
    about: 'requests per second that the service can answer',
    least: 1,
    most: 100_000,
  },
  'service-ms': {
    of: 'serviceMs',
    about: "milliseconds from a request's turn to its answer",
    least: 1,
    most: 60_000,
  },
  queue: {
    of: 'queueLength',
    about: 'requests that may wait for their turn; beyond them it answers 503',
    least: 0,
    most: 1_000_000,
    whole,
  },
  clients: { of: 'clients', about: 'processes that call it, alike', least: 1, most: 10_000, whole },
  'timeout-ms': {
    of: 'timeoutMs',
    about: "milliseconds for one attempt; a service's own attemptTimeoutMs goes before it",
    least: 1,
    most: 600_000,
  },
  before: { of: 'beforeS', about: 'seconds before the outage', least: 1, most: 3_600, whole },
  outage: { of: 'outageS', about: 'seconds of the outage', least: 1, most: 3_600, whole },
  // To have recovered is to be good for five seconds in a row.
  after: { of: 'afterS', about: 'seconds after the outage', least: 5, most: 3_600, whole },
};

/** Of what chance is made. */
export const SEED: NumberRange = { least: 1, most: 2_147_483_647, whole };
