import { parseArgs } from 'node:util';
import { FAULTS } from './settings.js';
import { NUMBERS, SEED, USUAL, type NumberName, type NumberRange } from './storm-numbers.js';
import type { Fault, StormSetting } from './storm-result.js';
import { strategies } from './strategies.js';
import { UsageError } from './usage-error.js';

/** What is asked for on the command line. */
export interface StormOptions {
  /** The file of the services; without one, the standard pipeline is played as it is. */
  readonly config: string | undefined;
  /** Those of them that are played; all, where none is named. */
  readonly services: readonly string[];
  /** Whether the configuration has variables of the environment. */
  readonly env: boolean;
  /** What is played beside: keys of `strategies`. */
  readonly against: readonly string[];
  /** One for each fault. */
  readonly settings: readonly StormSetting[];
  readonly seeds: readonly number[];
  readonly svg: string | undefined;
  readonly json: boolean;
  readonly help: boolean;
}

const TEXT = { type: 'string' } as const;
const LIST = { type: 'string', multiple: true } as const;
const FLAG = { type: 'boolean', default: false } as const;
const numberNames = Object.keys(NUMBERS) as NumberName[];
const OPTIONS = {
  config: TEXT,
  service: LIST,
  env: FLAG,
  against: TEXT,
  fault: TEXT,
  ...(Object.fromEntries(numberNames.map((name) => [name, TEXT])) as Record<NumberName, typeof TEXT>),
  seed: LIST,
  svg: TEXT,
  json: FLAG,
  help: { ...FLAG, short: 'h' },
} as const;

/** What is played beside what is asked for, where nothing is said. */
export const USUAL_AGAINST: readonly string[] = ['no-retries', 'axios-retry', 'axios-retry-opossum'];

/** @throws {UsageError} for what is not allowed: which option, what is allowed, what it is. */
export function stormOptions(args: readonly string[]): StormOptions {
  const said = parsed(args);
  const { config, service, env, against, fault, seed, svg, json, help } = said;
  for (const [option, isSaid] of [
    ['--service', service !== undefined],
    ['--env', env],
  ] as const)
    if (isSaid && config === undefined)
      throw new UsageError(`${option} says how --config is read: that is missing`);

  const numbers: Partial<StormSetting> = Object.fromEntries(
    numberNames.flatMap((name) => {
      const text = said[name];
      return text === undefined ? [] : [[NUMBERS[name].of, numberOf(name, text, NUMBERS[name])]];
    }),
  );
  const settings = faultsOf(fault).map((one): StormSetting => ({ ...USUAL, ...numbers, fault: one }));
  settings.forEach(refuseHalfPlaces);
  return {
    config,
    services: [...new Set(service)],
    env,
    against: strategyNames(against),
    settings,
    seeds: [...new Set(seed?.map((text) => numberOf('seed', text, SEED)) ?? [1])],
    svg,
    json,
    help,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    if (!isOfParseArgs(error)) throw error;
    // What follows is about arguments without a name, and there are none.
    throw new UsageError(error.message.split('. To specify a positional')[0] ?? error.message);
  }
}

/** By its code: who runs this in a realm of its own, as Jest does, has another `TypeError`. */
function isOfParseArgs(error: unknown): error is Error {
  return String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS_');
}

function numberOf(name: string, text: string, { least, most, whole = false }: NumberRange): number {
  const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  const allowed = `${whole ? 'a whole number' : 'a number'} from ${least} to ${most}`;
  throw new UsageError(`--${name} must be ${allowed}, and is ${JSON.stringify(text)}`);
}

function faultsOf(text: string = USUAL.fault): readonly Fault[] {
  const faults = text === 'all' ? FAULTS : FAULTS.filter((one) => one === text);
  if (faults.length > 0) return faults;
  throw new UsageError(`--fault must be one of ${FAULTS.join(', ')}, all, and is ${JSON.stringify(text)}`);
}

function strategyNames(text: string | undefined): readonly string[] {
  if (text === undefined) return USUAL_AGAINST;
  if (text === 'none') return [];
  const names = text.split(',').map((name) => name.trim());
  const strange = names.find((name) => !Object.hasOwn(strategies, name));
  if (strange === undefined) return [...new Set(names)];
  const there = Object.keys(strategies).join(', ');
  throw new UsageError(
    `--against must be none, or of ${there}, split at commas, and has ${JSON.stringify(strange)}`,
  );
}

/** A service with a place and a half has one, or two, and another capacity than is said. */
function refuseHalfPlaces({ capacityPerSecond, serviceMs }: StormSetting): void {
  const places = (capacityPerSecond * serviceMs) / 1_000;
  const nearest = Math.max(1, Math.round(places));
  if (Math.abs(places - nearest) < 0.001 * nearest) return;
  throw new UsageError(
    `--capacity ${capacityPerSecond} with --service-ms ${serviceMs} must make a whole number of requests at a time, and makes ${places}: ` +
      `--service-ms ${Number(((nearest * 1_000) / capacityPerSecond).toFixed(3))} makes ${nearest}`,
  );
}
