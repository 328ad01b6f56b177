import { Session, type Profiler } from 'node:inspector';

const session = new Session();

// A program that counts imports this before all else: in a function that was compiled before, V8 counts its calls and not its loops.
if (process.argv[2] === 'counts') {
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
}

/**
 * Blocks of code that run for one call, whatever they are, in files whose URL has one of the names in it. By V8's own coverage, which
 * counts only where nothing is optimized: with `--no-opt`, in a program whose first argument is `counts`. What came before the call,
 * and what it leaves to be done, is not counted.
 */
export async function blocksOf(call: () => Promise<unknown>, names: readonly string[]): Promise<number> {
  // What has been counted so far is gone with it.
  taken();
  await call();
  const ranges = taken()
    .filter(({ url }) => names.some((name) => url.includes(name)))
    .flatMap(({ functions }) => functions.flatMap((each) => each.ranges));
  return ranges.reduce((sum, { count }) => sum + count, 0);
}

function taken(): readonly Profiler.ScriptCoverage[] {
  let scripts: readonly Profiler.ScriptCoverage[] = [];
  // It calls back before it returns: nothing is sent anywhere.
  session.post('Profiler.takePreciseCoverage', (error, { result }) => {
    if (error !== null) throw error;
    scripts = result;
  });
  return scripts;
}
