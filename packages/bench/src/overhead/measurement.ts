import type { Goal, Measurement } from '../measurement.js';
import { BYTES_FLAGS, type RunProgram } from '../run-program.js';
import type { OverheadResult } from './overhead-result.js';
import { page } from './page.js';
import type { StackName } from './stack-names.js';

export const LAYERS: readonly StackName[] = [
  'bare',
  'opossum',
  'cockatiel',
  'nothing',
  'attachToken',
  'claimsChallenge',
  'retry',
  'throttleGate',
  'circuitBreaker',
  'attemptTimeout',
  'deadline',
  'standard',
];

async function measure(run: RunProgram): Promise<OverheadResult> {
  const result: Record<keyof OverheadResult, unknown> = {
    memory: await run('overhead/warm-call', ['time']),
    bytes: await run('overhead/warm-call', ['bytes'], BYTES_FLAGS),
    counts: await run('overhead/warm-call', ['counts']),
    layer: await run('overhead/layer', ['time', ...LAYERS]),
    loopback: await run('overhead/loopback-call', ['time']),
    lookUps: await run('overhead/token-lookup', ['time'], BYTES_FLAGS.slice(1)),
    msal: await run('overhead/msal-lookup', ['time']),
    inFlight: await run('overhead/calls-in-flight', [], BYTES_FLAGS),
  };
  return result as OverheadResult;
}

/** A figure that was not measured meets no goal. */
const given = (figure: number | undefined): number => figure ?? Number.NaN;

function goals({ memory, bytes, counts, layer, loopback, lookUps }: OverheadResult): readonly Goal[] {
  const { standard } = counts;
  const lookUp = lookUps['getToken(scope)'];
  const counted = (what: string, measured: number | undefined, atMost = 0): Goal => ({
    what: `${what} of a warm call`,
    unit: 'count',
    atMost,
    measured: given(measured),
  });
  return [
    {
      what: 'a warm call in memory, over bare axios',
      unit: 'x',
      atMost: 1.05,
      measured: given(memory.standard),
    },
    {
      what: 'client CPU of a call on loopback, over bare axios',
      unit: 'x',
      atMost: 1.02,
      measured: given(loopback.standard),
    },
    {
      what: 'allocated by a warm call, over bare axios',
      unit: 'bytes',
      atMost: 2_048,
      measured: given(bytes.over.standard),
    },
    { what: 'the layer alone', unit: 'µs', atMost: 1, measured: given(layer.standard) },
    {
      what: 'the layer alone, over `fire()` of opossum',
      unit: 'x',
      atMost: 0.75,
      measured: given(layer.standard) / given(layer.opossum),
    },
    counted('timers', standard?.timers),
    counted('AbortControllers', standard?.abortControllers),
    counted('Errors', standard?.errors),
    counted('ways through axios', standard?.axiosCalls, 1),
    counted('tokens asked of MSAL', standard?.msalCalls),
    { what: 'a cached token, of 1', unit: 'µs', atMost: 0.2, measured: given(lookUp?.['1']?.ns) / 1_000 },
    {
      what: 'a cached token, of 10,000',
      unit: 'µs',
      atMost: 0.2,
      measured: given(lookUp?.['10000']?.ns) / 1_000,
    },
  ];
}

/** What a call costs that succeeds. */
export const overhead: Measurement<OverheadResult> = { name: 'overhead', measure, page, goals };
