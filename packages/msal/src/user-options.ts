import type { Option } from '@holdfast/core';
import {
  CONFIDENTIAL_CLIENT_OPTIONS,
  type ConfidentialClientOptions,
  type ProofOptions,
} from './confidential-client-options.js';
import { STORE_OPTION, type EncryptedStore } from './encrypted-store.js';

/** What every factory takes whose credential is a user's who signs in. */
export interface UserOptions extends Omit<ConfidentialClientOptions, keyof ProofOptions> {
  /**
   * Where users stay signed in when the process ends, and with whom processes share them: what `encryptedStore()` returns.
   * Default: none, in memory only. Without one, everybody signs in anew after a restart, and each of several processes
   * has users of its own.
   */
  readonly store?: EncryptedStore;
}

const { tenantId, cloud, authority, knownAuthorities, authorityMetadata, protocolMode } =
  CONFIDENTIAL_CLIENT_OPTIONS;
const { clientId, timeoutMs, axios, clock, random } = CONFIDENTIAL_CLIENT_OPTIONS;

/** What {@link UserOptions} are checked by, with the defaults. */
export const USER_OPTIONS: Omit<typeof CONFIDENTIAL_CLIENT_OPTIONS, keyof ProofOptions> & {
  readonly store: Option<EncryptedStore | undefined>;
} = {
  tenantId,
  cloud,
  authority,
  knownAuthorities,
  authorityMetadata,
  protocolMode,
  clientId,
  timeoutMs,
  axios,
  clock,
  random,
  store: STORE_OPTION,
};
