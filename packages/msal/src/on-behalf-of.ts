import { accepted, count, readOptions } from '@holdfast/core';
import type { CachedCredentialOptions } from '@holdfast/token';
import { Authority } from './authority.js';
import {
  CONFIDENTIAL_CLIENT_OPTIONS,
  proofReaderOf,
  type ConfidentialClientOptions,
} from './confidential-client-options.js';
import { ConfidentialClient } from './confidential-client.js';
import { ProofSource } from './proof.js';
import { Region } from './region.js';
import type { ForUserOptions, UserCredential } from './user-credential.js';
import { Users } from './users.js';

/** Options of {@link onBehalfOf}. */
export interface OnBehalfOfOptions extends ConfidentialClientOptions {
  /**
   * How many users are remembered, with their tokens; who was not seen for longest makes room. Default: 10,000. Too few, and
   * users who are still there make a token request for each call; too many fill the memory, with some 10 kB for each.
   */
  readonly maxUsers?: number;
  /**
   * How each user's tokens are held: options of `cachedCredential()`, but for `clock` and `random`, which are those given
   * here. Default: none, and those of `cachedCredential()` hold. What a wrong one costs is said there.
   */
  readonly cache?: Omit<CachedCredentialOptions, 'clock' | 'random'>;
}

/** The credentials of an API's users. */
export interface OnBehalfOf {
  /** How many users are remembered. */
  readonly size: number;
  /**
   * The credential of the user who called with this token: the same object for the same token. It is given the token alone,
   * without `Bearer `, and only after this API has validated it.
   *
   * @throws {TypeError} for what cannot be a token.
   */
  forUser(assertion: string, options?: ForUserOptions): UserCredential;
}

const schemas = {
  ...CONFIDENTIAL_CLIENT_OPTIONS,
  maxUsers: count(10_000, 1),
  cache: accepted<OnBehalfOfOptions['cache'] | undefined>(
    (value) => typeof value === 'object' && value !== null,
    'an object with options of cachedCredential()',
    undefined,
  ),
};

/**
 * The credentials of the users of an API that calls others on their behalf (the on-behalf-of flow of the Microsoft identity
 * platform, RFC 7523, section 2.1), by MSAL Node: `forUser(assertion)` is the credential of the user who called with this
 * token. It holds his tokens, and gives none out once the token by which he came has expired.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function onBehalfOf(options: OnBehalfOfOptions): OnBehalfOf {
  const settings = readOptions('onBehalfOf', schemas, options);
  const { clock, random, maxUsers, cache } = settings;
  const client = new ConfidentialClient({
    ...settings,
    authority: new Authority('onBehalfOf', { ...settings, azureRegion: false }),
    // The regions' endpoints know no users.
    region: new Region('onBehalfOf', false, clock),
    proof: new ProofSource(proofReaderOf('onBehalfOf', settings), settings),
  });
  return new Users(client, { maxUsers, cache: { ...cache, clock, random }, clock });
}
