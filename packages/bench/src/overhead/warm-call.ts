// What a call costs that succeeds at once, in memory, by each stack: `time`, `bytes` or `counts`, beside the first stack that is
// named, else bare axios. All of them in one process.
import { counts, resetCounts } from '../measuring/counts.js';
import { bytesOf, microsecondsOf } from '../measuring/rounds.js';
import { commandLine } from './command-line.js';
import { Rounds } from './figures.js';
import { inMemory } from './place.js';
import { countAll, resetSeen, seen } from './seen.js';
import type { Stack } from './stack.js';
import { stacksOf } from './stacks.js';
import { msalTokens } from './tokens.js';

const { mode, quick, names } = commandLine();
if (mode === 'counts') countAll();
const stacks = stacksOf(names, inMemory(await msalTokens()));

/** Per call; what is not a whole number happens now and then. */
async function countsOf({ call }: Stack): Promise<Record<string, number>> {
  const calls = 500;
  for (let time = 0; time < 20; time += 1) await call();
  resetCounts();
  resetSeen();
  for (let time = 0; time < calls; time += 1) await call();
  return Object.fromEntries(
    Object.entries({ ...counts, ...seen }).map(([name, count]) => [name, count / calls]),
  );
}

async function result(): Promise<unknown> {
  // Rounds that are thrown away: long enough for the compiler to have settled.
  if (mode === 'time') {
    const lengths = quick ? { rounds: 3, warmUp: 1 } : { rounds: 101, warmUp: 30 };
    return (await Rounds.of(stacks, (call) => microsecondsOf(call, quick ? 20 : 200), lengths)).ratios();
  }
  if (mode === 'bytes') {
    const lengths = quick ? { rounds: 3, warmUp: 1 } : { rounds: 21, warmUp: 12 };
    const rounds = await Rounds.of(stacks, (call) => bytesOf(call, 500), lengths);
    return { over: rounds.differences(), whole: rounds.medians() };
  }
  if (mode !== 'counts') throw new Error('Say what is to be measured: time, bytes or counts');
  const counted: Record<string, unknown> = {};
  for (const [name, stack] of stacks) counted[name] = await countsOf(stack);
  return counted;
}

console.log(JSON.stringify(await result()));
for (const { close } of stacks.values()) close?.();
