/** Who a user is, as the identity provider knows him. None of it is a secret, and all of it is personal. */
export interface Account {
  /** Tells him from every other user of every tenant (`<object id>.<tenant id>` in Microsoft Entra ID). */
  readonly homeAccountId: string;
  /** His id in the tenant that issued the token. */
  readonly localAccountId: string;
  readonly tenantId: string;
  /** What he types to sign in, where the identity provider says it: for display only, it may change. */
  readonly username: string | undefined;
}

/** A token that was issued for a user. */
export interface UserAccount {
  readonly account: Account;
}
