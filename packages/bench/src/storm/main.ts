import { accessSync, constants, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { runStorm } from './run-storm.js';
import { serviceStrategies } from './service-settings.js';
import { terminalCharts } from './storm-chart-terminal.js';
import { stormOptions, type StormOptions } from './storm-options.js';
import type { StormResult } from './storm-result.js';
import { stormTable } from './storm-table.js';
import { stormUsage } from './storm-usage.js';
import { strategies } from './strategies.js';
import type { Strategy } from './strategy.js';
import { UsageError } from './usage-error.js';

/** npm starts its scripts at the root; a file is meant from where the user stands. */
const fileOf = (name: string): string => resolve(process.env['INIT_CWD'] ?? process.cwd(), name);

function strategiesOf({ config, services, env, against, settings }: StormOptions): readonly Strategy[] {
  const timeoutMs = settings[0]?.timeoutMs ?? 0;
  const own =
    config === undefined
      ? [strategies['holdfast']]
      : serviceStrategies({
          file: fileOf(config),
          names: services,
          env: env ? process.env : undefined,
          timeoutMs,
        });
  const all = [...own, ...against.map((name) => strategies[name])];
  return [...new Set(all.filter((one) => one !== undefined))];
}

async function played(options: StormOptions): Promise<readonly StormResult[]> {
  const runs = strategiesOf(options).flatMap((strategy) =>
    options.settings.flatMap((setting) => options.seeds.map((seed) => ({ strategy, setting, seed }))),
  );
  const results: StormResult[] = [];
  for (const { strategy, setting, seed } of runs) {
    showProgress(`${results.length + 1}/${runs.length} ${strategy.name}, ${setting.fault}, seed ${seed} …`);
    results.push(await runStorm(strategy, setting, seed));
  }
  showProgress('');
  return results;
}

/** Each in the place of the one before. */
function showProgress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
}

async function main(): Promise<void> {
  const options = stormOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(stormUsage());
    return;
  }
  const picture = options.svg === undefined ? undefined : fileOf(options.svg);
  if (picture !== undefined) refuseUnwritable(picture);
  const results = await played(options);
  if (picture !== undefined) await writeSvg(picture, results);
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ results }, undefined, 2)}\n`);
    return;
  }
  const coloured = process.stdout.isTTY && !process.env['NO_COLOR'];
  const columns = process.stdout.isTTY ? process.stdout.columns : COLUMNS_OF_A_FILE;
  process.stdout.write(`${stormTable(results, coloured)}\n${terminalCharts(results, { columns, coloured })}`);
}

/** Before minutes are spent on it. */
function refuseUnwritable(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (error) {
    throw new UsageError(`--svg cannot be written: ${(error as NodeJS.ErrnoException).code ?? ''} ${file}`);
  }
}

const COLUMNS_OF_A_FILE = 110;

async function writeSvg(file: string, results: readonly StormResult[]): Promise<void> {
  const { svgChart } = await import('./storm-chart-svg.js');
  writeFileSync(file, svgChart(results));
}

await main().catch((error: unknown) => {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`storm: ${error.message}\nWhat there is: npm run storm -- --help\n`);
  process.exitCode = 2;
});
