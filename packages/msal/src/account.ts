import type { AccessToken } from '@holdfast/token';

/** Who a user is, as the identity provider knows him. None of it is a secret, and all of it is personal. */
export interface Account {
  /** Tells him from every other user of every tenant (`<object id>.<tenant id>` in Microsoft Entra ID). */
  readonly homeAccountId: string;
  /** His id in the tenant that issued the token. */
  readonly localAccountId: string;
  /** Empty where the identity provider has no tenants. */
  readonly tenantId: string;
  /** What he types to sign in, where the identity provider says it: for display only, it may change. */
  readonly username: string | undefined;
}

/** A token that was issued for a user. */
export interface UserAccount {
  readonly account: Account;
}

/** A user's access token, and whose it is. */
export interface UserToken extends AccessToken, UserAccount {}

/** An account as MSAL has it. */
interface MsalAccount extends Omit<Account, 'username'> {
  readonly username: string;
}

/** The account as we tell it: without MSAL's id token, its claims and its cache's environment. */
export function accountOf(account: MsalAccount | null): Account | undefined {
  if (account === null || account.homeAccountId === '') return undefined;
  const { homeAccountId, localAccountId, tenantId, username } = account;
  return { homeAccountId, localAccountId, tenantId, username: username === '' ? undefined : username };
}
