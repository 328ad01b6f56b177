import type { Clock } from '@holdfast/core';
import type { AxiosAdapter, AxiosInstance } from 'axios';

/** Where a client of the simulation stands: its way to the service, its time and its chance. */
export interface Stage {
  readonly baseURL: string;
  /** Sends to the simulated service. Keeps `config.timeout` and `config.signal` as axios's own adapters do. */
  readonly adapter: AxiosAdapter;
  /** The simulation's time. The global timers and `Date` follow it too, for libraries that take no clock. */
  readonly clock: Clock;
  /** From 0 up to 1, by the seed. `Math.random` follows it too. */
  readonly random: () => number;
  /** Milliseconds after which an attempt is given up. */
  readonly timeoutMs: number;
}

/** A way of calling a service. Each client of a simulation is made by it anew, and shares nothing with the others. */
export interface Strategy {
  readonly name: string;
  client(stage: Stage): AxiosInstance;
}
