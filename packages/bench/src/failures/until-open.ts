// A service goes down at once after 10,000 successes, at a thousand calls a second: how many calls fail until its circuit opens, and
// what CPU the client takes for them.
//   until-open.js 10000 circuitBreaker standard …
import { BREAKERS, type Breaker } from './until-open-breakers.js';

interface UntilOpen {
  readonly failures: number;
  /** Of CPU, of all threads, from the first failure on. */
  readonly cpuMs: number;
}

const [successes, ...wanted] = process.argv.slice(2);

/** A POST: nobody sends it again. */
const post = async ({ client }: ReturnType<(typeof BREAKERS)[Breaker]>) => client.post('/orders', { id: 7 });

async function untilOpen(name: Breaker): Promise<UntilOpen> {
  const breaking = BREAKERS[name]();
  for (let made = 0; made < Number(successes); made += 1) {
    await post(breaking);
    breaking.letPass();
  }
  breaking.orders.answer = { status: 500 };
  const before = process.cpuUsage();
  let failures = 0;
  while (!breaking.isOpen()) {
    await post(breaking).catch(() => undefined);
    breaking.letPass();
    failures += 1;
  }
  const { user, system } = process.cpuUsage(before);
  breaking.end();
  return { failures, cpuMs: Math.round((user + system) / 1_000) };
}

const result: Record<string, UntilOpen> = {};
for (const name of wanted) {
  if (!(name in BREAKERS)) throw new Error(`One of ${Object.keys(BREAKERS).join(', ')}`);
  result[name] = await untilOpen(name as Breaker);
}
console.log(JSON.stringify(result));
