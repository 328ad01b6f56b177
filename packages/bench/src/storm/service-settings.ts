import { readFileSync } from 'node:fs';
import { servicesFrom, type ConfiguredService } from '@holdfast/client';
import { systemClock } from '@holdfast/core';
import { holdfastStrategy, type StormClientOptions } from './strategies-holdfast.js';
import type { Stage, Strategy } from './strategy.js';
import { UsageError } from './usage-error.js';

interface ServicesAskedFor {
  readonly file: string;
  /** All that there are, where none is named. */
  readonly names: readonly string[];
  /** Where the configuration's variables are looked up; `undefined`: nowhere. */
  readonly env: Readonly<Record<string, string | undefined>> | undefined;
  /** For the attempts of a service that says nothing of them. */
  readonly timeoutMs: number;
}

/**
 * The services of a configuration, each with its own settings. It is read by `servicesFrom()`, and nobody is called.
 *
 * @throws {UsageError} with all that is wrong with it, each with its place.
 */
export function serviceStrategies({ file, names, env, timeoutMs }: ServicesAskedFor): readonly Strategy[] {
  const json = jsonIn(file);
  const read = (wanted: readonly string[]) =>
    refusing(file, () =>
      servicesFrom(json, { ...(env && { env }), ...(wanted.length > 0 && { names: wanted }) }),
    );

  const found = Object.keys(read(names));
  if (found.length === 0) throw new UsageError(`${file}: there is no service in it`);
  return found.map((service) => {
    // Read anew for each client: a budget that is handed out once would be shared by all processes.
    const own = () => playedPart(read([service])[service]);
    const strategy = holdfastStrategy(`service ${service}`, own);
    refusing(`${file}: services.${service} with --timeout-ms ${timeoutMs}`, () =>
      strategy.client({ ...NOWHERE, timeoutMs }),
    );
    return strategy;
  });
}

function jsonIn(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new UsageError(`--config cannot be read: ${code} ${file}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    // The message may quote the file, and a secret with it.
    const [, position] = /at position (\d+)/.exec((error as SyntaxError).message) ?? [];
    throw new UsageError(
      `${file} is no JSON${position === undefined ? '' : ` from line ${lineAt(text, Number(position))} on`}`,
    );
  }
}

function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}

/** Whatever is refused, a whole configuration by a `ServicesError` too, is the user's to mend. */
function refusing<T>(where: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(`${where}: ${error.message}`);
    throw error;
  }
}

/** What says where a service is, who calls it, and by what: in a simulation it is nowhere, and takes no token. */
const ASIDE: ReadonlySet<string> = new Set<keyof ConfiguredService>([
  'agent',
  'axios',
  'baseURL',
  'claimsChallenge',
  'credential',
  'inheritCredential',
  'origins',
  'scopes',
  'sensitiveHeaders',
  'tenantId',
]);

function playedPart(service: ConfiguredService | undefined): StormClientOptions {
  return Object.fromEntries(Object.entries(service ?? {}).filter(([name]) => !ASIDE.has(name)));
}

/** For a client that is only made. */
const NOWHERE: Omit<Stage, 'timeoutMs'> = {
  baseURL: 'https://service.example',
  adapter: () => Promise.reject(new Error('nothing is sent')),
  clock: systemClock,
  random: () => 0,
};
