import { accepted, having, isText, readOptions, systemClock, type Clock } from '@holdfast/core';
import type { IdentityProviderOptions } from './identity-provider.js';
import type { UserInit } from './users.js';

const isSeconds = (value: unknown): boolean => Number.isFinite(value);

const schemas = {
  tenantId: accepted(isText, 'the id of a tenant', '7a1d3c52-0d4b-4c7e-9a55-6c1b8f0e2d41'),
  clientId: accepted(isText, 'the id of an application', 'b02f6a8e-5e0c-4f0b-8d53-2f7c9e1a6b34'),
  clientSecret: accepted(isText, 'a text', 'a-secret-for-loopback-only'),
  expiresIn: accepted(isSeconds, 'a number of seconds', 3599),
  refreshIn: accepted<number | null>(
    (value) => value === null || isSeconds(value),
    'a number of seconds, or null',
    null,
  ),
  users: accepted<readonly UserInit[]>(Array.isArray, 'a list of users', []),
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
};

const FACTORY_OF_PROVIDERS = 'startIdentityProvider';

/** @throws {TypeError} for a bad option, naming it. */
export function readProviderOptions(options: IdentityProviderOptions): Required<IdentityProviderOptions> {
  return readOptions(FACTORY_OF_PROVIDERS, schemas, options);
}
