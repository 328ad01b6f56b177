// What a call costs whose first attempt is answered with 503 and whose second succeeds, beside a good call of bare axios. Waits
// pass at once.
//   one-retry.js counts
//   one-retry.js bytes            with BYTES_FLAGS
//   one-retry.js time [quick]     of CPU, a good call of bare axios is 1
import { counts, resetCounts } from '../measuring/counts.js';
import { bytesOf, cpuOf, interleaved, median, ratio } from '../measuring/rounds.js';
import { countAll, seen } from '../overhead/seen.js';
import { WAYS, emptyWindow, orders, shutDown, waysToRetry, type Way } from './one-retry-ways.js';
import { letWaitsPass } from './passing-waits.js';

const [what, length] = process.argv.slice(2);
const CALLS = 200;
const ROUNDS =
  length === 'quick'
    ? { rounds: 3, warmUp: 2 }
    : what === 'bytes'
      ? { rounds: 7, warmUp: 8 }
      : { rounds: 41, warmUp: 20 };
type Name = 'bare' | Way;
const ALL: readonly Name[] = ['bare', ...WAYS];

if (what === 'counts') countAll();
else letWaitsPass();
const ways = waysToRetry();

const failingOnce =
  (name: Way): (() => Promise<void>) =>
  async () => {
    orders.unavailable = 1;
    const { status } = await ways[name]();
    if (status !== 200 || orders.unavailable !== 0) throw new Error(`${name} came to ${status}`);
  };
const calls = Object.fromEntries([
  ['bare', ways.bare],
  ...WAYS.map((name) => [name, failingOnce(name)]),
]) as Record<Name, () => Promise<unknown>>;

function rounds(figure: (call: () => Promise<unknown>, times: number) => Promise<number>) {
  const measured = ALL.map((name) => {
    const way = (): Promise<number> => {
      emptyWindow();
      return figure(calls[name], CALLS);
    };
    return [name, way] as const;
  });
  return interleaved(Object.fromEntries(measured) as Record<Name, () => Promise<number>>, ROUNDS);
}

/** For each call. */
async function countsOf(call: () => Promise<unknown>): Promise<Record<string, number>> {
  const times = 20;
  for (let time = 0; time < times; time += 1) await call();
  resetCounts();
  orders.sends = 0;
  seen.axiosCalls = 0;
  for (let time = 0; time < times; time += 1) await call();
  const made = { ...counts, sends: orders.sends, axiosCalls: seen.axiosCalls };
  return Object.fromEntries(Object.entries(made).map(([name, count]) => [name, count / times]));
}

async function counted(): Promise<Record<string, unknown>> {
  const figures: Record<string, unknown> = {};
  for (const name of ALL) figures[name] = await countsOf(calls[name]);
  return figures;
}

async function bytes(): Promise<Record<string, number>> {
  const measured = await rounds(bytesOf);
  return Object.fromEntries(ALL.map((name) => [name, Math.round(median(measured[name]))]));
}

async function ratios(): Promise<Record<string, number>> {
  const measured = await rounds(cpuOf);
  return Object.fromEntries(
    WAYS.map((name) => [name, Number(ratio(measured[name], measured.bare).toFixed(2))]),
  );
}

async function result(): Promise<unknown> {
  if (what === 'counts') return counted();
  if (what === 'bytes') return bytes();
  if (what === 'time') return ratios();
  throw new Error('Say what is to be measured: counts, bytes or time');
}

console.log(JSON.stringify(await result()));
shutDown();
