import { getEventListeners } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { heapUsed } from '../measuring/rounds.js';
import { Complaints } from './complaints.js';
import { holdings, leftOver } from './left-over.js';
import { Listening } from './listening.js';
import { Load } from './load.js';
import { SERVICES, type ServiceName } from './services.js';
import type { SoakOptions, SoakResult } from './soak-result.js';
import { Stage } from './stage.js';

/** Of the whole, for the warm-up: the same load and the same faults, before the heap is weighed. */
const WARM_UP_SHARE = 0.3;
/** Gates and circuits have so long to come back. */
const COMING_BACK_MS = 90_000;
const QUIET_CALLS = 200;
/** Beyond what was asked for, until every fault was met. */
const OVERTIME_MS = 60_000;
/** What is closed has so long to be gone. */
const GOING_MS = 5_000;

/** Lives through faults of every kind, comes back, ends, and looks at what is left. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { seconds, seed, callsAtOnce } = options;
  // What comes with the first server of a process, and with the first line that it writes, stays.
  await (await Listening.on(createServer())).down();
  process.stdout.write('');
  process.stderr.write('');
  const before = holdings();
  const complaints = new Complaints();

  const stage = await Stage.open(seed);
  const load = new Load(stage);
  const { ledger, record, clock, services } = stage;
  // One after the other, until the code is compiled: else the first hundred at a time would take each other's time.
  await allComeBack(load);
  await storm(stage, load, callsAtOnce, seconds * WARM_UP_SHARE, false);
  const warm = { heap: heapUsed(), calls: ledger.calls, timers: clock.running };
  await storm(stage, load, callsAtOnce, seconds * (1 - WARM_UP_SHARE), true);
  const failedInQuiet = await quiet(load);
  const weighedCalls = ledger.calls - warm.calls;
  const heapBytesPerCall = (heapUsed() - warm.heap) / weighedCalls;
  const held = new Map([
    ['abort listeners', getEventListeners(load.longLived, 'abort').length],
    ['calls in flight', inFlight(stage)],
  ]);
  const unsettled = ledger.open.map(
    ({ id, kind, startedAt }) => `${id}, ${kind}, after ${Date.now() - startedAt} ms`,
  );

  // Those that have not settled by now never will, and closing waits for them.
  if (unsettled.length > 0) void services.clients.close({ graceMs: 0 });
  await stage.close();
  held.set('timers', clock.running);
  complaints.end();
  for (const [kind, count] of await gone(before)) held.set(kind, count);
  return {
    ...options,
    calls: ledger.calls,
    requests: record.requests,
    kinds: byName(ledger.kinds),
    outcomes: byName(ledger.outcomes),
    faults: byName(stage.plan.met),
    mostSends: record.mostSends,
    unsettled,
    late: ledger.late,
    foreign: ledger.foreign.slice(0, 10),
    foreignCount: ledger.foreign.length,
    violations: record.violations,
    complaints: complaints.heard,
    failedInQuiet,
    quietCalls: QUIET_CALLS,
    leftOver: Object.fromEntries([...held].filter(([, count]) => count > 0)),
    heapBytesPerCall,
    weighedCalls,
  };
}

/** Calls and faults at a time. The last one goes on until every fault was met: a slow machine makes few calls. */
async function storm(
  stage: Stage,
  load: Load,
  callsAtOnce: number,
  seconds: number,
  isLast: boolean,
): Promise<void> {
  const end = Date.now() + seconds * 1_000;
  const isOver = (): boolean =>
    Date.now() >= end && (stage.plan.allMet || !isLast || Date.now() >= end + OVERTIME_MS);
  await Promise.all([stage.fail(isOver), load.run(callsAtOnce, isOver)]);
}

/** Once all faults are over every service comes back, and from then on no call fails. Returns those that do, in words. */
async function quiet(load: Load): Promise<string[]> {
  const failed = (await allComeBack(load)).map((name) => `${name} never came back`);
  for (let call = 0; call < QUIET_CALLS; call += SERVICES.length) {
    const outcomes = await Promise.all(SERVICES.map((name) => load.settled(name)));
    outcomes.forEach((outcome, number) => {
      if (outcome !== 'success') failed.push(`${SERVICES[number] ?? ''}: ${outcome}`);
    });
  }
  await load.run(0, () => true);
  return failed;
}

/** Those that do not, by name. */
async function allComeBack(load: Load): Promise<ServiceName[]> {
  const back = await Promise.all(SERVICES.map((name) => comesBack(name, load)));
  return SERVICES.filter((_, number) => back[number] === false);
}

/** Once each caller has had an answer, one after the other: every circuit, every gate and every credential is back. */
async function comesBack(name: ServiceName, load: Load): Promise<boolean> {
  const giveUpAt = Date.now() + COMING_BACK_MS;
  for (const caller of load.callers)
    while ((await load.settled(name, caller)) !== 'success') {
      if (Date.now() > giveUpAt) return false;
      await pause(50);
    }
  return true;
}

function inFlight({ services }: Stage): number {
  const all = Object.values(services.clients.snapshot().services);
  return all.reduce((sum, { inFlight: count }) => sum + count, 0);
}

/** What is left once it has had time to go. */
async function gone(before: ReturnType<typeof holdings>): Promise<Map<string, number>> {
  const giveUpAt = Date.now() + GOING_MS;
  for (;;) {
    const left = leftOver(before, holdings());
    if (left.size === 0 || Date.now() > giveUpAt) return left;
    await pause(50);
  }
}

function byName(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([one], [other]) => (one < other ? -1 : 1)));
}
