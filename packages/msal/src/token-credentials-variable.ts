import { quoted } from '@holdfast/core';
import { variable, type Environment } from './environment.js';

/** The credentials of an application that runs in Azure, by the names of the Azure SDK, in its order. */
const PRODUCTION = [
  'EnvironmentCredential',
  'WorkloadIdentityCredential',
  'ManagedIdentityCredential',
] as const;

/** The tools of a developer, by the names of the Azure SDK. */
const DEVELOPER = [
  'VisualStudioCodeCredential',
  'AzureCliCredential',
  'AzurePowerShellCredential',
  'AzureDeveloperCliCredential',
] as const;

/** A credential of an application that runs in Azure. */
export type ProductionCredentialName = (typeof PRODUCTION)[number];

/** A developer's tool. */
export type DeveloperCredentialName = (typeof DEVELOPER)[number];

/** Which credentials take part. */
export interface Participants {
  readonly production: readonly ProductionCredentialName[];
  /** By name, or all that are given: then with `dev` there has to be one. */
  readonly developer: readonly DeveloperCredentialName[] | 'all' | 'all, at least one';
}

const VARIABLE = 'AZURE_TOKEN_CREDENTIALS';

/** In messages. */
export const DEVELOPER_NAMES: string = DEVELOPER.join(', ');

/** Whether a developer's tool is called so. */
export function isDeveloperName(name: string): name is DeveloperCredentialName {
  return (DEVELOPER as readonly string[]).includes(name);
}

/**
 * What `AZURE_TOKEN_CREDENTIALS` says of who takes part, in any case: `prod`, `dev`, or the name of one. All, where it says
 * nothing.
 *
 * @throws {TypeError} for anything else.
 */
export function participantsIn(factory: string, env: Environment): Participants {
  const said = variable(env, VARIABLE)?.trim() ?? '';
  const word = said.toLowerCase();
  if (word === '') return { production: PRODUCTION, developer: 'all' };
  if (word === 'prod') return { production: PRODUCTION, developer: [] };
  if (word === 'dev') return { production: [], developer: 'all, at least one' };
  const isSaid = (name: string) => name.toLowerCase() === word;
  const production = PRODUCTION.filter(isSaid);
  const developer = DEVELOPER.filter(isSaid);
  if (production.length + developer.length > 0) return { production, developer };
  const names = [...PRODUCTION, ...DEVELOPER].join(', ');
  throw new TypeError(
    `${factory}(): the environment variable ${VARIABLE} must be prod, dev, or one of ${names}, and is ${quoted(said)}`,
  );
}
