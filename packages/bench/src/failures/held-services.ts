import type { Measurement } from '../measurement.js';
import { pageTable } from '../page-table.js';
import { BYTES_FLAGS } from '../run-program.js';
import type { HeldByServices, IdleServices } from './idle-services.js';
import type { ServicesInUseBytes, ServicesInUseCounts, ServicesInUseCpu } from './services-in-use.js';
import type { BesideDeadService } from './two-services.js';

export interface HeldServicesResult {
  readonly idle: IdleServices;
  readonly inUse: {
    readonly counts: ServicesInUseCounts;
    readonly bytes: ServicesInUseBytes;
    readonly cpu: ServicesInUseCpu;
  };
  readonly beside: readonly BesideDeadService[];
}

const IDLE: Readonly<Record<keyof IdleServices, string>> = {
  circuitBreaker: 'well, `circuitBreaker()` alone',
  circuitBreakerByTenant: 'the same, by tenant',
  standardInterceptors: 'well, the standard pipeline',
  failedNowAndThen: 'failed now and then',
  recovered: 'were down, and are up again',
  gateClosed: 'have throttled, `throttleGate()` alone',
  gateOver: 'the same, and it is over',
  opossum: 'opossum, as it comes',
  nothing: 'no service',
};

const IN_USE: Readonly<Record<keyof ServicesInUseBytes, string>> = {
  bareClients: 'an instance of bare axios for each',
  standardInterceptors: 'one client, the standard pipeline',
  factory: 'createClientFactory(): a client for each',
  opossum: 'an instance of bare axios and opossum for each',
  naiveClients: 'the naive stack for each',
};

/** 10,000 services: that nobody calls, and that are called; and two, of which one is dead. */
export const heldServices: Omit<Measurement<HeldServicesResult>, 'name'> = {
  async measure(run) {
    const inUse = 'failures/services-in-use';
    return {
      idle: (await run('failures/idle-services', ['cpu'], BYTES_FLAGS)) as IdleServices,
      inUse: {
        counts: (await run(inUse, ['counts'], ['--no-opt'])) as ServicesInUseCounts,
        bytes: (await run(inUse, ['bytes'], BYTES_FLAGS)) as ServicesInUseBytes,
        cpu: (await run(inUse, ['cpu', '5'], ['--expose-gc'])) as ServicesInUseCpu,
      },
      beside: (await run('failures/two-services')) as readonly BesideDeadService[],
    };
  },

  page({ idle, inUse, beside }) {
    const kinds = Object.keys(IDLE) as (keyof IdleServices)[];
    const ways = Object.keys(IN_USE) as (keyof ServicesInUseBytes)[];
    return [
      '### 10,000 services that nobody calls just now',
      pageTable(
        ['services', 'bytes each', 'intervals', 'other timers', 'CPU of an idle second, ms'],
        kinds.map((kind) => {
          const { bytes, intervals, timeouts, idleCpuMs = 0 } = idle[kind];
          return [IDLE[kind], bytes, intervals, timeouts, idleCpuMs];
        }),
      ),
      'Each was called before, in memory (`failures/idle-services`). The two timers are those of all deadlines and of all attempts.',
      '### 10,000 services in use',
      pageTable(
        [
          'services',
          'bytes each, before the first call',
          'after it',
          'intervals',
          'other timers',
          'CPU of a call, µs',
          'to each over to one',
        ],
        ways.map((way) => {
          const { before, after, intervals, timeouts } = inUse.bytes[way];
          const { oneServiceUs, eachOverOne } = inUse.cpu[way];
          return [IN_USE[way], before, after, intervals, timeouts, oneServiceUs, eachOverOne];
        }),
      ),
      `In memory, one call after the other (\`failures/services-in-use\`). The last column is one call to each of 10,000 services over 10,000 calls to one of them. The other timers end with the time limits that they were started for: a client by a factory has two. A call runs as many blocks of Holdfast's code among 10,000 services (${inUse.counts.standardInterceptors[10_000]}) as with two (${inUse.counts.standardInterceptors[2]}); by a factory ${inUse.counts.factory[10_000]} and ${inUse.counts.factory[2]}.`,
      '### A dead service beside a healthy one',
      pageTable(
        ['the other', 'calls', 'answered', "the other's answered", 'median, ms', '99th of 100, ms'],
        beside.map((row) => [
          row.death,
          row.calls,
          row.answered,
          row.othersAnswered,
          `${row.medianMsBefore} → ${row.medianMs}`,
          `${row.slowestMsBefore} → ${row.slowestMs}`,
        ]),
      ),
      'Over loopback, at a steady rate to both, before the other one dies and while it is dead (`failures/two-services`).',
    ].join('\n\n');
  },

  goals({ idle, inUse }) {
    const well = [idle.circuitBreaker, idle.circuitBreakerByTenant, idle.standardInterceptors];
    const all = [...well, idle.failedNowAndThen, idle.recovered, idle.gateClosed, idle.gateOver];
    const most = (figure: (held: HeldByServices) => number): number => Math.max(...all.map(figure));
    return [
      {
        what: 'memory of a healthy service',
        unit: 'bytes',
        atMost: 1_536,
        measured: Math.max(...well.map(({ bytes }) => bytes), inUse.bytes.standardInterceptors.after),
      },
      {
        what: 'interval timers of 10,000 services',
        unit: 'count',
        atMost: 0,
        measured: most(({ intervals }) => intervals),
      },
      {
        what: 'CPU of a second in which nobody calls 10,000 services, over that of a process without them',
        unit: 's',
        atMost: 0,
        // To a hundredth: below that it is what the process does by itself.
        measured: Math.max(
          0,
          Math.round(most(({ idleCpuMs = 0 }) => idleCpuMs - (idle.nothing.idleCpuMs ?? 0)) / 10) / 100,
        ),
      },
    ];
  },
};
