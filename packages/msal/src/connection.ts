import { accepted, type Option } from '@holdfast/core';
import type { CreateAxiosDefaults } from 'axios';

/** What a caller may say about the way to the identity provider, as in `axios.create()`. */
export type ConnectionOptions = Pick<CreateAxiosDefaults, 'proxy' | 'httpAgent' | 'httpsAgent'>;

const NAMES: ReadonlySet<string> = new Set<keyof ConnectionOptions>(['proxy', 'httpAgent', 'httpsAgent']);

/** Nothing else: whatever else axios takes would change what is asked, or how an answer is read. */
export const connection: Option<ConnectionOptions | undefined> = accepted<ConnectionOptions | undefined>(
  (value) =>
    typeof value === 'object' && value !== null && Object.keys(value).every((name) => NAMES.has(name)),
  `an object with ${[...NAMES].join(', ')} and nothing else`,
  undefined,
);
