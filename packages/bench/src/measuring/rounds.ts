/** The one in the middle: what the machine does beside falls upon few of them. */
export function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

/**
 * In every round each way has its turn, so that what the machine does beside falls upon all of them. The first rounds, in which the
 * compiler settles, are thrown away.
 */
export async function interleaved<Way extends string>(
  ways: Readonly<Record<Way, () => Promise<number>>>,
  { rounds, warmUp }: { readonly rounds: number; readonly warmUp: number },
): Promise<Record<Way, number[]>> {
  const names = Object.keys(ways) as Way[];
  const seen = Object.fromEntries(names.map((name): [string, number[]] => [name, []])) as Record<
    Way,
    number[]
  >;
  for (let round = -warmUp; round < rounds; round += 1)
    for (const name of names) {
      const figure = await ways[name]();
      if (round >= 0) seen[name].push(figure);
    }
  return seen;
}

/** By how much more one way takes than another: the median over the rounds, each held against its own neighbour. */
export function ratio(of: readonly number[], over: readonly number[]): number {
  return median(of.map((figure, round) => figure / (over[round] ?? Number.NaN)));
}

async function repeated(call: () => Promise<unknown>, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) await call();
}

/** Microseconds for each of so many calls, one after the other. */
export async function microsecondsOf(call: () => Promise<unknown>, times: number): Promise<number> {
  const start = process.hrtime.bigint();
  await repeated(call, times);
  return Number(process.hrtime.bigint() - start) / 1_000 / times;
}

/** Microseconds of CPU for each of so many calls, of all threads: what the collector does counts. */
export async function cpuOf(call: () => Promise<unknown>, times: number): Promise<number> {
  const before = process.cpuUsage();
  await repeated(call, times);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
}

/**
 * Bytes allocated by each of so many calls. With `BYTES_FLAGS` alone: nothing may be collected while it is counted.
 */
export async function bytesOf(call: () => Promise<unknown>, times: number): Promise<number> {
  collect();
  const before = process.memoryUsage().heapUsed;
  await repeated(call, times);
  return (process.memoryUsage().heapUsed - before) / times;
}

/** Bytes on the heap once all garbage is gone. */
export function heapUsed(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

/** @throws {Error} when node was not started with `--expose-gc`. */
export function collect(): void {
  if (gc === undefined) throw new Error('node has to be started with --expose-gc');
  gc();
}
