import type { Goal } from '../measurement.js';
import { pageTable } from '../page-table.js';
import { BYTES_FLAGS, type RunProgram } from '../run-program.js';

type Figures = Readonly<Record<string, number>>;
type BySize = Readonly<Record<'0' | '1000' | '10000' | '100000', number>>;

interface Made {
  readonly counts: Readonly<Record<string, Figures>>;
  readonly bytes: Figures;
  /** Of CPU, a good call of bare axios is 1. */
  readonly ratios: Figures;
}

interface ByWay {
  readonly throughAxios: BySize;
  readonly alone: BySize;
}

/** What fails and is refused. */
export interface Refused {
  readonly oneRetry: Made;
  readonly refusal: Made;
  readonly failedCall: {
    readonly blocks: Readonly<Record<'holdfast' | 'opossum', BySize>>;
    readonly microseconds: Readonly<Record<'holdfast' | 'opossum', ByWay>>;
  };
  readonly untilOpen: Readonly<Record<string, { readonly failures: number; readonly cpuMs: number }>>;
}

export async function measure(run: RunProgram): Promise<Refused> {
  const made = async (program: string): Promise<Made> => ({
    counts: (await run(program, ['counts'])) as Made['counts'],
    bytes: (await run(program, ['bytes'], BYTES_FLAGS)) as Figures,
    ratios: (await run(program, ['time'])) as Figures,
  });
  const failedCall = 'failures/failed-call';
  return {
    oneRetry: await made('failures/one-retry'),
    refusal: await made('failures/refusal'),
    failedCall: {
      blocks: (await run(failedCall, ['counts'], ['--no-opt'])) as Refused['failedCall']['blocks'],
      microseconds: (await run(
        failedCall,
        ['time'],
        ['--expose-gc'],
      )) as Refused['failedCall']['microseconds'],
    },
    untilOpen: (await run('failures/until-open', [
      '10000',
      ...Object.keys(BREAKERS),
    ])) as Refused['untilOpen'],
  };
}

const RETRIES = {
  sendsTwice: 'an adapter that sends twice',
  loop: 'the same as an interceptor of a pipeline',
  hosted: 'axios-retry, given attempts instead of calls, and asked for nothing',
  retry: '`retry()` of Holdfast',
  standard: 'the standard pipeline',
  cockatiel: 'cockatiel around the call',
  axiosRetry: 'axios-retry',
  naive: 'the naive stack',
};

const REFUSALS = {
  oneError: 'an adapter that rejects with one error for all',
  adapter: 'an adapter that rejects with a new one',
  circuitBreaker: '`circuitBreaker()`',
  throttleGate: '`throttleGate()`',
  standardCircuit: 'the standard pipeline, its circuit open',
  standardGate: 'the standard pipeline, its gate closed',
  cockatiel: 'cockatiel around the adapter',
  opossum: 'opossum around the adapter',
  naive: 'the naive stack',
};

const BREAKERS = {
  circuitBreaker: '`circuitBreaker()`',
  standard: 'the standard pipeline',
  cockatiel: 'cockatiel, half of its window',
  opossum: 'opossum around the adapter',
  naive: 'the naive stack',
};

const SIZES = ['0', '1000', '10000', '100000'] as const;

export function page(result: Refused): string {
  const { oneRetry, refusal } = result;
  return [
    '### One retry',
    'A GET that is answered with 503 and then succeeds, beside a good call of bare axios, by turns in one process; waits pass at once. Ratios are of CPU; bytes are those over the good call (`one-retry`).',
    madeTable(oneRetry, RETRIES, ['sends', 'timers', 'errors', 'axiosCalls']),
    '### A refusal',
    'A call that is refused before it is sent, beside a good call of bare axios, by turns in one process (`refusal`). What axios does with any rejection is in the first two rows.',
    madeTable(refusal, REFUSALS, ['sends', 'timers', 'errors', 'stacks', 'tokensAsked', 'clockReadings']),
    '### A failed call as the window grows',
    'With so many successes in the window: blocks of code that run in the breaker, by the coverage of V8, and microseconds through axios (`failed-call`).',
    growthTable(result),
    '### Until the circuit opens',
    'A service that fails at once after 10,000 successes, a thousand calls a second: calls that fail, and the CPU that the client spends on them (`until-open`).',
    pageTable(
      ['', 'failures', 'CPU, ms'],
      rowsOf(BREAKERS, (name) => {
        const { failures, cpuMs } = result.untilOpen[name] ?? {};
        return [shown(failures), shown(cpuMs)];
      }),
    ),
  ].join('\n\n');
}

function rowsOf(
  labels: Readonly<Record<string, string>>,
  cells: (name: string) => readonly string[],
): readonly (readonly string[])[] {
  return Object.entries(labels).map(([name, label]) => [label, ...cells(name)]);
}

const COUNTED: Readonly<Record<string, string>> = {
  axiosCalls: 'calls of axios',
  stacks: 'stacks',
  tokensAsked: 'tokens asked for',
  clockReadings: 'clock readings of Holdfast',
};

function madeTable(
  { counts, bytes, ratios }: Made,
  labels: Readonly<Record<string, string>>,
  counted: readonly string[],
): string {
  return pageTable(
    ['', 'ratio', 'bytes more', ...counted.map((name) => COUNTED[name] ?? name)],
    rowsOf(labels, (name) => [
      shown(ratios[name]),
      shown((bytes[name] ?? Number.NaN) - (bytes['bare'] ?? Number.NaN)),
      ...counted.map((count) => shown(counts[name]?.[count])),
    ]),
  );
}

function growthTable({ failedCall: { blocks, microseconds } }: Refused): string {
  const row = (label: string, figures: BySize): readonly string[] => [
    label,
    ...SIZES.map((size) => shown(figures[size])),
  ];
  return pageTable(
    ['', ...SIZES.map((size) => shown(Number(size)))],
    [
      row('Holdfast, blocks', blocks.holdfast),
      row('opossum, blocks', blocks.opossum),
      row('Holdfast, µs', microseconds.holdfast.throughAxios),
      row('opossum, µs', microseconds.opossum.throughAxios),
    ],
  );
}

function shown(figure: number | undefined): string {
  return figure === undefined || Number.isNaN(figure)
    ? ''
    : figure.toLocaleString('en', { maximumFractionDigits: 2 });
}

const figure = (figures: Figures, name: string): number => figures[name] ?? Number.NaN;

export function goals({ oneRetry, refusal, failedCall, untilOpen }: Refused): readonly Goal[] {
  const { holdfast } = failedCall.blocks;
  const { throughAxios } = failedCall.microseconds.holdfast;
  const atMost = (what: string, unit: Goal['unit'], most: number, measured: number): Goal => ({
    what,
    unit,
    atMost: most,
    measured,
  });
  return [
    atMost(
      'one retry in the standard pipeline, over a good call of bare axios',
      'x',
      8,
      figure(oneRetry.ratios, 'standard'),
    ),
    ...(['circuitBreaker', 'throttleGate', 'standardCircuit', 'standardGate'] as const).map((name) =>
      atMost(
        `a refusal by ${REFUSALS[name]}, over a good call of bare axios`,
        'x',
        2,
        figure(refusal.ratios, name),
      ),
    ),
    atMost(
      'blocks of code of a failed call, with 100,000 calls in the window over none',
      'x',
      1,
      holdfast['100000'] / holdfast['0'],
    ),
    atMost(
      'time of a failed call, with 100,000 calls in the window over none',
      'x',
      1.5,
      throughAxios['100000'] / throughAxios['0'],
    ),
    atMost(
      'failures until the circuit opens after 10,000 successes',
      'count',
      100,
      untilOpen['standard']?.failures ?? Number.NaN,
    ),
  ];
}
