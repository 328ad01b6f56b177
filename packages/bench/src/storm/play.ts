import { parseArgs } from 'node:util';
import { runStorm } from './run-storm.js';
import { QUICK_SETTINGS, SEEDS, SETTINGS } from './settings.js';
import { strategies } from './strategies.js';
import { figuresOf, type StormFigures } from './storm-figures.js';

// play.js <strategy> <fault> <load> [--quick]: one strategy in one setting, by each seed. Prints a `StormFigures[]`.
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false } },
});
const [name = '', fault = '', load = ''] = positionals;
const strategy = strategies[name];
const setting = (values.quick ? QUICK_SETTINGS : SETTINGS).find(
  (one) => one.fault === fault && one.load === Number(load),
);
if (strategy === undefined || setting === undefined)
  throw new Error(`There is no such storm: ${name} ${fault} ${load}`);

const figures: StormFigures[] = [];
for (const seed of SEEDS) figures.push(figuresOf(await runStorm(strategy, setting, seed)));
process.stdout.write(JSON.stringify(figures));
