import { accepted, isText, type Option } from '@holdfast/core';

/** Environment variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Environment variables in place of those of the process. */
export const ENVIRONMENT_OPTION: Option<Environment | undefined> = accepted<Environment | undefined>(
  (value) => typeof value === 'object' && value !== null,
  'environment variables by name',
  undefined,
);

/** What a variable says; `undefined` when it is missing, or empty. */
export function variable(env: Environment, name: string): string | undefined {
  const value = env[name];
  return isText(value) ? value : undefined;
}
