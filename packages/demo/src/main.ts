import { parseArgs } from 'node:util';
import { holdfastClient } from './holdfast-client.js';
import { naiveClient } from './naive-client.js';
import { allKept, tableOf, type ScenarioReport } from './report.js';
import { scenarios, type Scenario } from './scenarios.js';
import { Stage } from './stage.js';
import { installTimeMachine } from './time-machine.js';

const USAGE = `The main job, by the stack that people write today and by Holdfast, side by side, on loopback.

  npm start             a table
  npm start -- --json   one JSON document: { scenarios: [{ name, naive, holdfast, promised }] }

Exits with 1 when Holdfast misses something it promises.
`;

function options(): { readonly json: boolean; readonly help: boolean } {
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values } = parseArgs({ options: { json: flag, help: { ...flag, short: 'h' } } });
    return values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(2);
  }
}

/** Both clients live through the same scenario at the same time, each with servers of its own. */
async function play({ name, run, promises }: Scenario): Promise<ScenarioReport> {
  const stages = await Promise.all([Stage.open(naiveClient), Stage.open(holdfastClient)]);
  const [naive, holdfast] = stages;
  try {
    const results = await Promise.all(stages.map((stage) => run(stage).then(() => stage.result)));
    return {
      name,
      naive: results[0] ?? naive.result,
      holdfast: results[1] ?? holdfast.result,
      promised: promises.map(({ what, kept }) => ({ what, kept: kept(holdfast) })),
    };
  } finally {
    await Promise.all(stages.map((stage) => stage.close()));
  }
}

const { json, help } = options();
if (help) {
  process.stdout.write(USAGE);
  process.exit(0);
}

process.once('SIGINT', () => {
  process.stderr.write('\nstopped\n');
  process.exit(130);
});

installTimeMachine();
const reports: ScenarioReport[] = [];
for (const scenario of scenarios) {
  process.stderr.write(`${reports.length + 1}/${scenarios.length} ${scenario.name} …`);
  const report = await play(scenario);
  reports.push(report);
  process.stderr.write(` ${Math.max(report.naive.seconds, report.holdfast.seconds).toFixed(1)} s\n`);
}

const coloured = process.stdout.isTTY && !process.env['NO_COLOR'];
process.stdout.write(
  json ? `${JSON.stringify({ scenarios: reports }, undefined, 2)}\n` : `\n${tableOf(reports, coloured)}`,
);
process.exitCode = allKept(reports) ? 0 : 1;
