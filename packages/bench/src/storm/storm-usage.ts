import { FAULTS } from './settings.js';
import { NUMBERS, USUAL } from './storm-numbers.js';
import { USUAL_AGAINST } from './storm-options.js';
import type { Fault } from './storm-result.js';
import { strategies } from './strategies.js';

const MEANING: Readonly<Record<Fault, string>> = {
  unavailable: 'answers 503 at once',
  'unavailable-told': 'the same, with a Retry-After',
  hang: 'takes requests, and answers none',
  slow: 'takes five times as long',
};

/** What `--help` prints. */
export function stormUsage(): string {
  const numbers = Object.entries(NUMBERS).map(([name, { of, about }]) =>
    line(`--${name} <number>`, `${about} (${USUAL[of]})`),
  );
  const faults = FAULTS.map((fault) => line('', `${fault}: ${MEANING[fault]}`));
  return `Plays an outage of a service in simulated time, and shows what each way of calling it makes of it: a table, and the
curves of load and success. It calls nobody, and asks nobody for a token.

  npm run storm                                      the standard pipeline of @holdfast/client
  npm run storm -- --config services.json            the services of a configuration, each as its own settings say
  npm run --silent storm -- --json                   one JSON document: { results: [{ strategy, setting, seed, … }] }

What is played:
${line('--config <file>', 'the file of servicesFrom(), as a factory of @holdfast/client takes it')}
${line('--service <name>', 'one of its services; may be said several times (all of them)')}
${line('--env', 'it may have variables of the environment, as in servicesFrom(json, { env: process.env })')}
${line('--against <names>', `what is played beside, split at commas, or none (${USUAL_AGAINST.join(',')})`)}
${Object.entries(strategies)
  .map(([name, strategy]) => line('', `${name}: ${strategy.name}`))
  .join('\n')}

The service, those who call it, and the outage:
${line('--fault <name>', `what befalls it (${USUAL.fault}); all: one after the other`)}
${faults.join('\n')}
${numbers.join('\n')}
${line('--seed <number>', 'of chance; may be said several times: the table then has the worst of them (1)')}

What is shown:
${line('--svg <file>', 'writes the curves as a picture')}
${line('--json', 'prints the results alone, with a figure for each second')}

Of a service's settings those play a part that decide when something is sent: deadlineMs, attemptTimeoutMs, profile, retry,
throttleGate, circuitBreaker. Its baseURL, credential, scopes, headers and agent play none, and are not used.

Colours are left out with NO_COLOR, and where the output is no terminal. Exits with 2 for what it cannot take.
`;
}

function line(option: string, about: string): string {
  return `  ${option.padEnd(22)}${about}`;
}
