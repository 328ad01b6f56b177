import { pageTable } from '../page-table.js';
import type { OverheadResult, StackCounts } from './overhead-result.js';
import { STACK_NAMES, STACK_TITLES, type StackName } from './stack-names.js';

/** The block of the page of figures. */
export function page(result: OverheadResult): string {
  return [
    ...calls(result),
    ...counted(result),
    ...layers(result),
    ...tokens(result),
    ...inFlight(result),
  ].join('\n\n');
}

function calls({ memory, loopback, bytes }: OverheadResult): readonly string[] {
  const held = (figure: number | undefined) => figure?.toFixed(2) ?? '';
  return [
    '### The whole call',
    'Each client gets a few bytes of JSON: from an adapter in memory, or from a server on loopback in another process, over ' +
      'connections that are kept. The naive ones, cockatiel, the bearer policy and all with `attachToken()` in them send a token ' +
      'along; bare axios sends none, so that a row of its own says what that costs. All clients take turns in one process; a ratio is held against bare axios in ' +
      'the same round, and the median of the rounds stands here. Bare axios stands here twice: what is between the two is ' +
      'what the machine did beside. `node packages/bench/dist/esm/overhead/warm-call.js time`, or `bytes`, with the flags of ' +
      '`BYTES_FLAGS`, and `…/loopback-call.js time`.',
    pageTable(
      ['', 'time in memory, ratio', 'client CPU on loopback, ratio', 'bytes allocated over bare axios'],
      STACK_NAMES.map((name) => [
        STACK_TITLES[name],
        held(memory[name]),
        held(loopback[name]),
        name === 'bare' ? `0 (of ${grouped(bytes.whole.bare)})` : grouped(bytes.over[name]),
      ]),
    ),
  ];
}

const COUNTED: Readonly<Partial<Record<keyof StackCounts, string>>> = {
  timers: 'timers',
  abortControllers: 'AbortControllers',
  errors: 'Errors',
  urls: 'URLs',
  sends: 'sends',
  axiosCalls: 'ways through axios',
  msalCalls: 'tokens asked of MSAL',
  clockReadings: 'readings of the clock',
};

function counted({ counts }: OverheadResult): readonly string[] {
  return [
    'What one call makes, of 500 (`…/warm-call.js counts`):',
    pageTable(
      ['', ...Object.values(COUNTED)],
      STACK_NAMES.map((name) => [
        STACK_TITLES[name],
        ...Object.keys(COUNTED).map((count) => counts[name]?.[count as keyof StackCounts] ?? ''),
      ]),
    ),
  ];
}

function layers({ layer }: OverheadResult): readonly string[] {
  return [
    '### The layer alone',
    'Microseconds of CPU for what a client has around its adapter, without axios: over a send that does nothing, less that ' +
      'send (`…/layer.js time`). Of cockatiel its three policies, without the token.',
    pageTable(
      ['', 'µs'],
      Object.entries(layer)
        .filter(([name]) => name !== 'bare')
        .map(([name, figure]) => [STACK_TITLES[name as StackName], figure.toFixed(2)]),
    ),
  ];
}

function tokens({ lookUps, msal }: OverheadResult): readonly string[] {
  const sizes = ['1', '100', '10000'];
  const micro = (ns: number | undefined) => (ns === undefined ? '' : `${(ns / 1_000).toFixed(3)} µs`);
  return [
    '### A token that is held',
    'A look-up among so many tokens, the quickest round (`node --expose-gc …/token-lookup.js time`, `…/msal-lookup.js time`). ' +
      'By the options of a request: what that takes beyond the client’s own token. MSAL: `acquireTokenByClientCredential()`.',
    pageTable(
      ['', ...sizes.map((size) => `of ${grouped(Number(size))}`), 'bytes, of 10,000'],
      [
        ...Object.entries(lookUps).map(([kind, bySize]) => [
          `\`${kind}\``,
          ...sizes.map((size) => micro(bySize[size]?.ns)),
          bySize['10000']?.bytes ?? '',
        ]),
        ['MSAL', ...sizes.map((size) => (size in msal ? `${grouped(msal[size])} µs` : '')), ''],
      ],
    ),
  ];
}

const ENDED: Readonly<Record<string, string>> = {
  deadline: 'by limits of its own',
  bare: 'by `close()` alone',
  signal: 'by a signal of its caller',
};

function inFlight(result: OverheadResult): readonly string[] {
  return [
    '### One more call among thousands in flight',
    'Bytes that it allocates, by what else may end it (`…/calls-in-flight.js`).',
    pageTable(
      ['', '1,000 in flight', '16,000 in flight'],
      Object.entries(result.inFlight).map(([way, { bytes }]) => [
        ENDED[way] ?? way,
        grouped(bytes['1000']),
        grouped(bytes['16000']),
      ]),
    ),
  ];
}

function grouped(figure: number | undefined): string {
  return figure === undefined ? '' : Math.round(figure).toLocaleString('en');
}
