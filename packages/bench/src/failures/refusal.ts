// What a call costs that is refused at once, beside a good one of bare axios: by an open circuit and by a closed gate, alone and in
// the standard pipeline; by the breakers of others around the adapter; and by an adapter that does nothing else.
//   refusal.js counts
//   refusal.js bytes [adapter circuitBreaker …]     with BYTES_FLAGS; few, and their code is compiled for what they do
//   refusal.js time [quick]     of CPU, a good call of bare axios is 1
//   refusal.js only standardCircuit     for --cpu-prof
import { counts, resetCounts } from '../measuring/counts.js';
import { bytesOf, cpuOf, interleaved, median, ratio } from '../measuring/rounds.js';
import { PATH } from './orders.js';
import { REFUSALS, REFUSERS, bare, clock, orders, shutDown, tokens, type Refuser } from './refusal-ways.js';

const [what, ...given] = process.argv.slice(2);
const isQuick = given.includes('quick');
const named = REFUSERS.filter((name) => given.includes(name));
/** Those that are named; of none, all. */
const refusers = named.length === 0 ? REFUSERS : named;
const CALLS = 300;
const ROUNDS = isQuick
  ? { rounds: 3, warmUp: 2 }
  : what === 'bytes'
    ? { rounds: 7, warmUp: 24 }
    : { rounds: 41, warmUp: 20 };

const good = () => bare.get(PATH);
const refused =
  (name: Refuser): (() => Promise<void>) =>
  async () => {
    try {
      await REFUSALS[name].client.get(PATH);
    } catch {
      return;
    }
    throw new Error(`A call was not refused by ${name}`);
  };
const calls = Object.fromEntries([
  ['bare', good],
  ...refusers.map((name) => [name, refused(name)]),
]) as Record<'bare' | Refuser, () => Promise<unknown>>;
const all = Object.keys(calls) as (keyof typeof calls)[];

function rounds(figure: (call: () => Promise<unknown>, times: number) => Promise<number>) {
  const ways = all.map((name) => [name, () => figure(calls[name], CALLS)] as const);
  return interleaved(Object.fromEntries(ways) as Record<(typeof all)[number], () => Promise<number>>, ROUNDS);
}

/** For each call; what is not a whole number happens now and then. */
async function countsOf(call: () => Promise<unknown>): Promise<Record<string, number>> {
  for (let time = 0; time < CALLS; time += 1) await call();
  resetCounts();
  orders.sends = 0;
  tokens.asked = 0;
  clock.readings = 0;
  for (let time = 0; time < CALLS; time += 1) await call();
  const made = {
    ...counts,
    sends: orders.sends,
    tokensAsked: tokens.asked,
    clockReadings: clock.readings,
  };
  return Object.fromEntries(Object.entries(made).map(([name, count]) => [name, count / CALLS]));
}

async function counted(): Promise<Record<string, unknown>> {
  const figures: Record<string, unknown> = {};
  for (const name of all) figures[name] = await countsOf(calls[name]);
  return figures;
}

async function bytes(): Promise<Record<string, number>> {
  const seen = await rounds(bytesOf);
  return Object.fromEntries(all.map((name) => [name, Math.round(median(seen[name]))]));
}

async function ratios(): Promise<Record<string, number>> {
  const seen = await rounds(cpuOf);
  return Object.fromEntries(refusers.map((name) => [name, Number(ratio(seen[name], seen.bare).toFixed(2))]));
}

async function result(): Promise<unknown> {
  if (what === 'counts') return counted();
  if (what === 'bytes') return bytes();
  if (what === 'time') return ratios();
  if (what !== 'only') throw new Error('Say what is to be measured: counts, bytes, time or only');
  const [name] = named;
  if (name === undefined) throw new Error(`One of ${REFUSERS.join(', ')}`);
  for (let time = 0; time < 100_000; time += 1) await calls[name]();
  return name;
}

for (const name of REFUSERS) {
  const { client, code } = REFUSALS[name];
  const error: unknown = await client.get(PATH).catch((reason: unknown) => reason);
  const found = (error as { readonly code?: unknown }).code;
  if (found !== code) throw new Error(`${name} refuses by ${String(found)}`);
}
console.log(JSON.stringify(await result()));
shutDown();
