import type { Account } from './account.js';

/** A user who is signed in. */
export interface SignedIn {
  readonly account: Account;
  /** The host by which MSAL files what it has of him. */
  readonly environment: string;
  /** Another one after each sign-in: what was stored for the one before is not found any more. */
  readonly signInId: string;
  /** MSAL's cache with his refresh token: a secret. */
  readonly cache: string;
}

/** What is in a partition. */
export interface PartitionContent {
  /** Epoch milliseconds, or later: each change has a later one than what it changes. */
  readonly changedAt: number;
  /** `undefined` when he has signed out. */
  readonly user: SignedIn | undefined;
}

/** As it is stored. */
export function textOf(content: PartitionContent): string {
  return JSON.stringify(content);
}

/** What is in a stored text; `undefined` where it is none of ours, such as one of an older version. */
export function contentIn(text: string): PartitionContent | undefined {
  try {
    const { changedAt, user } = JSON.parse(text) as Partial<Record<keyof PartitionContent, unknown>>;
    if (typeof changedAt !== 'number' || !Number.isFinite(changedAt)) return undefined;
    if (user === undefined) return { changedAt, user };
    return isSignedIn(user) ? { changedAt, user } : undefined;
  } catch {
    return undefined;
  }
}

function isSignedIn(value: unknown): value is SignedIn {
  if (!hasTexts(value, ['environment', 'signInId', 'cache']) || !('account' in value)) return false;
  return hasTexts(value.account, ['homeAccountId', 'localAccountId', 'tenantId']);
}

function hasTexts(value: unknown, names: readonly string[]): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const members: Readonly<Record<string, unknown>> = { ...value };
  return names.every((name) => typeof members[name] === 'string');
}
