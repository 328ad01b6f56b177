// What a failed call costs a circuit breaker with 0, 1,000, 10,000 and 100,000 calls in its window, through axios and by the
// breaker alone; and opossum, as it comes.
//   failed-call.js counts          with --no-opt: blocks of code that run, by V8's own coverage; they repeat to the last one
//   failed-call.js bytes           with BYTES_FLAGS
//   failed-call.js time [quick]    in microseconds
import { Session } from 'node:inspector/promises';
import { bytesOf, median, microsecondsOf } from '../measuring/rounds.js';
import type { Peer } from './failed-call-peers.js';

const SIZES = [0, 1_000, 10_000, 100_000] as const;
const [what, length] = process.argv.slice(2);

/** By the calls in the window. */
type BySize = Record<string, number>;
type Way = 'throughAxios' | 'alone';

// Before the breakers are loaded: of code that is compiled by then only calls are counted, and no loop is seen.
const session = new Session();
if (what === 'counts') {
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
}
const { holdfast, opossum } = await import('./failed-call-peers.js');

/** Blocks of the code of `packages` that run for one failed call, whatever they are. */
async function blocksOf(peer: Peer, packages: readonly string[]): Promise<number> {
  // What is taken begins from zero again.
  await session.post('Profiler.takePreciseCoverage');
  await peer.alone();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  return result
    .filter(({ url }) => packages.some((name) => url.includes(name)))
    .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
    .reduce((sum, { count }) => sum + count, 0);
}

async function counted(peer: Peer, packages: readonly string[]): Promise<BySize> {
  const counts: BySize = {};
  for (const size of SIZES) {
    await peer.fill(size);
    // The first one of a size may find something to tidy up.
    await peer.alone();
    counts[size] = await blocksOf(peer, packages);
  }
  peer.end();
  return counts;
}

interface Rounds {
  readonly rounds: number;
  readonly timesOf: (size: number) => number;
  readonly measure: (call: () => Promise<unknown>, times: number) => Promise<number>;
}

/** In every round each size has its turn, so that what the machine does beside falls upon all of them. */
async function inRounds(peer: Peer, { rounds, timesOf, measure }: Rounds): Promise<Record<Way, BySize>> {
  const seen = SIZES.map((size) => ({ size, throughAxios: [] as number[], alone: [] as number[] }));
  // Long enough for the compiler to have settled.
  await peer.fill(0);
  for (let time = 0; time < 2_000; time += 1) await peer.throughAxios();
  await peer.fill(0);
  for (let time = 0; time < 2_000; time += 1) await peer.alone();
  for (let round = 0; round < rounds; round += 1)
    for (const of of seen)
      for (const way of ['throughAxios', 'alone'] as const) {
        const call = () => peer[way]();
        await peer.fill(of.size);
        // The caches are warm again.
        await call();
        of[way].push(await measure(call, timesOf(of.size)));
      }
  peer.end();
  const figures = (way: Way): BySize =>
    Object.fromEntries(seen.map((of) => [of.size, Number(median(of[way]).toFixed(1))]));
  return { throughAxios: figures('throughAxios'), alone: figures('alone') };
}

async function result(): Promise<unknown> {
  if (what === 'counts') {
    const ours = ['/circuit-breaker/', '/core/', '/opossum/'];
    return {
      holdfast: await counted(await holdfast(), ours),
      opossum: await counted(await opossum(), ['/opossum/']),
    };
  }
  if (what === 'bytes')
    return {
      holdfast: await inRounds(await holdfast(), { rounds: 5, timesOf: () => 300, measure: bytesOf }),
    };
  if (what !== 'time') throw new Error('Say what is to be measured: counts, bytes or time');
  const measure = microsecondsOf;
  const rounds = length === 'quick' ? 1 : 15;
  // Few are enough to see what becomes of it.
  const few = (size: number) => (size < 10_000 ? 100 : 3);
  return {
    holdfast: await inRounds(await holdfast(), { rounds, timesOf: () => 300, measure }),
    opossum: await inRounds(await opossum(), { rounds: Math.min(rounds, 3), timesOf: few, measure }),
  };
}

console.log(JSON.stringify(await result()));
