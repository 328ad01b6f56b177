import { flag, having, isText, readOptions, required, systemClock, type Clock } from '@holdfast/core';
import type { IdentityProvider } from './identity-provider.js';

/** Options of {@link startProtectedApi}. */
export interface ProtectedApiOptions {
  /** Whose tokens it takes. */
  readonly idp: IdentityProvider;
  /** The resource that a token must be for: its scope without `/.default`. */
  readonly audience: string;
  /** Whether a token must come from a client that has declared the capability `cp1`. Default: false. */
  readonly requireCae?: boolean;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
}

const FACTORY_OF_APIS = 'startProtectedApi';

const isProvider = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'verify' in value && 'issuedTokenIds' in value;

const isResource = (value: unknown): boolean => isText(value) && !value.endsWith('/.default');

const schemas = {
  idp: required<IdentityProvider>(isProvider, 'what startIdentityProvider() resolves to, awaited'),
  audience: required<string>(isResource, 'a resource, the scope without "/.default"'),
  requireCae: flag(false),
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
};

/** @throws {TypeError} for a bad option, naming it. */
export function readApiOptions(options: ProtectedApiOptions): Required<ProtectedApiOptions> {
  return readOptions(FACTORY_OF_APIS, schemas, options);
}
