import {
  asAbortError,
  cancellationOf,
  isCanceled,
  isHoldfastError,
  orCanceled,
  type Cancelable,
  type InteractionRequiredError,
} from '@holdfast/core';
import type { GetTokenOptions, TokenCredential, TokenHolder } from '@holdfast/token';
import type { Account, UserToken } from './account.js';
import { isJsonObject } from './claims.js';
import { demandOf, isStepUp } from './demand.js';
import type { SignedIn } from './partition-content.js';
import { noTokenFor, refused } from './refused.js';
import type { StoredToken, StoredTokens } from './stored-tokens.js';
import { TokenHolders } from './token-holders.js';
import type { UserTokens } from './user-application.js';
import type { UserClient, UserNeed } from './user-client.js';
import { anotherUser, mustSignInAnew, nobodySignedIn, notSignedIn } from './user-failure.js';
import type { UserPartition } from './user-partition.js';

/** One way in which a user can be asked. Those who come while it is under way wait for the same answer. */
export interface Interaction {
  /** Why he cannot be asked to sign in as an API wants it (RFC 9470); `undefined` where he can. */
  readonly noStepUp: string | undefined;
  /** Resolves when somebody has signed in. */
  join(failure: InteractionRequiredError, need: UserNeed): Promise<void>;
}

/** What a session is made of. */
export interface UserSessionSettings {
  readonly client: UserClient;
  readonly partition: UserPartition;
  readonly stored: StoredTokens;
  /** Whose it is; `undefined` for that of whoever signs in. */
  readonly homeAccountId: string | undefined;
}

/** The token that a sign-in has brought along: whoever it was for asks for it next. */
interface IssuedToken {
  readonly signInId: string;
  readonly request: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly token: StoredToken;
}

const FRESH_MS = 60_000;

/** One user, and his tokens: what was stored first, then by his refresh token, then by asking him. */
export class UserSession implements TokenCredential {
  readonly #settings: UserSessionSettings;
  #interaction: Interaction | undefined = undefined;
  readonly #holders = new TokenHolders();
  /** Whose tokens were given out last. */
  #served: string | undefined = undefined;
  #issued: IssuedToken | undefined = undefined;
  /** How often somebody was told that the user was asked, and that it has led nowhere; or that he has signed out. */
  #refusals = 0;
  #signIns = 0;

  constructor(settings: UserSessionSettings) {
    this.#settings = settings;
  }

  onPrincipalChange(holder: TokenHolder): void {
    this.#holders.add(holder);
  }

  /** Nothing holds any more what was had, or could not be had, up to now. */
  beginAnew(): void {
    this.#holders.forget();
  }

  /** How often somebody has signed in here. */
  get signIns(): number {
    return this.#signIns;
  }

  /** How he is asked from now on. */
  askBy(interaction: Interaction): void {
    this.#interaction = interaction;
  }

  getToken(scopes: string | string[], options: GetTokenOptions = {}): Promise<UserToken> {
    const { abortSignal } = options;
    const caller: Cancelable = abortSignal === undefined ? {} : { signal: abortSignal };
    const wanted = typeof scopes === 'string' ? [scopes] : scopes;
    return asAbortError(orCanceled(this.#token(wanted, options, caller), caller));
  }

  /** Who is signed in; `undefined` when nobody is. */
  async account(): Promise<Account | undefined> {
    return (await this.#user())?.account;
  }

  /** Who is signed in. @throws {InteractionRequiredError} when nobody is. */
  async signedIn(scopes: string | string[]): Promise<Account> {
    const account = await this.account();
    if (account !== undefined) return account;
    throw nobodySignedIn({ scopes: typeof scopes === 'string' ? [scopes] : scopes, demand: {} });
  }

  /** Somebody has signed in: he takes the place of whoever was. */
  async signIn({ account, access, ...kept }: UserTokens, need: UserNeed): Promise<Account> {
    const { homeAccountId, partition, client } = this.#settings;
    if (homeAccountId !== undefined && account.homeAccountId !== homeAccountId) throw anotherUser(need);
    const signInId = await partition.signIn(account, kept.environment, kept.cache);
    this.#signIns += 1;
    this.#serve(account.homeAccountId);
    const at = client.settings.clock.now();
    this.#issued = { signInId, request: requestKey(need), at, token: { ...access, account } };
    return account;
  }

  /** @throws {Error} when the store could not be told. */
  async signOut(): Promise<void> {
    this.#issued = undefined;
    // Nor is he asked for a call that is under way.
    this.#refusals += 1;
    this.#serve(undefined);
    const isTold = await this.#settings.partition.signOut();
    // For who has asked meanwhile.
    this.#serve(undefined);
    if (isTold) return;
    throw new Error(
      'The user is signed out of this process, but the store could not be told: his refresh token may still be in it',
    );
  }

  /** What is needed to have a token with these options. */
  needOf(scopes: readonly string[], options: GetTokenOptions, caller: Cancelable): UserNeed {
    const { tenantId, enableCae = false } = options;
    const authority = this.#settings.client.settings.authority.of(tenantId, scopes);
    const demand = demandOf(options);
    return { authority, tenantId, scopes, demand, answersChallenges: enableCae, caller };
  }

  async #token(scopes: readonly string[], options: GetTokenOptions, caller: Cancelable): Promise<UserToken> {
    const { claims, forceRefresh = false } = options;
    if (claims !== undefined && !isJsonObject(claims))
      throw refused(`${noTokenFor(scopes)}the claims are not a JSON object`, scopes, { transient: false });
    const need = this.needOf(scopes, options, caller);
    if (isStepUp(need.demand)) return this.#bySteppingUp(need, forceRefresh);
    const refusals = this.#refusals;
    const signIns = this.#signIns;
    try {
      return await this.#silently(need, forceRefresh);
    } catch (failure) {
      const interaction = this.#interaction;
      if (interaction === undefined || !isHoldfastError(failure, 'ERR_INTERACTION_REQUIRED')) throw failure;
      // Nobody is asked for a call that was given up.
      if (isCanceled(caller)) throw cancellationOf(caller);
      // He was asked while this one waited for its turn, and did not sign in: a hundred calls do not ask him a hundred times.
      if (this.#refusals !== refusals) throw failure;
      // He has signed in since this one began: that may be all that was missing.
      const isAsked = signIns === this.#signIns;
      return isAsked
        ? this.#afterAsking(interaction, failure, need, forceRefresh)
        : this.#silently(need, forceRefresh);
    }
  }

  /** No refresh token brings what is demanded: he is asked at once (RFC 9470). */
  async #bySteppingUp(need: UserNeed, forceRefresh: boolean): Promise<UserToken> {
    const interaction = this.#interaction;
    if (interaction === undefined) throw mustSignInAnew(need);
    if (interaction.noStepUp !== undefined) throw notSignedIn(need, interaction.noStepUp);
    // Nobody is asked for a call that was given up.
    if (isCanceled(need.caller)) throw cancellationOf(need.caller);
    const failure = notSignedIn(need, 'he has to sign in for it');
    return this.#afterAsking(interaction, failure, need, forceRefresh);
  }

  /** Asks him once: whoever has just been asked is not asked again. */
  async #afterAsking(
    interaction: Interaction,
    failure: InteractionRequiredError,
    need: UserNeed,
    forceRefresh: boolean,
  ): Promise<UserToken> {
    const signIns = this.#signIns;
    try {
      await interaction.join(failure, need);
      // Those who wait for their turn hear of it before this one has had its own.
      if (signIns === this.#signIns) this.#refusals += 1;
      return await this.#silently(need, forceRefresh);
    } catch (error) {
      if (!isCanceled(need.caller) && isHoldfastError(error, 'ERR_INTERACTION_REQUIRED')) this.#refusals += 1;
      throw error;
    }
  }

  async #silently(need: UserNeed, forceRefresh: boolean): Promise<UserToken> {
    const user = await this.#user();
    if (user === undefined) throw nobodySignedIn(need);
    const { homeAccountId } = user.account;
    this.#serve(homeAccountId);
    const { client, stored } = this.#settings;
    const name = {
      authority: need.authority.authority,
      clientId: client.settings.clientId,
      // Of this sign-in: when it has ended, nobody finds what was stored for it.
      principal: `${homeAccountId} ${user.signInId}`,
      scopes: need.scopes,
      answersChallenges: need.answersChallenges,
    };
    const { demand, caller } = need;
    const token = await stored.of(name, { demand, forceRefresh, caller }, () => this.#renew(user, need));
    // He has signed out meanwhile, or somebody else has signed in: no cache is to hold it.
    if (this.#served !== homeAccountId) throw nobodySignedIn(need);
    return { ...token, account: token.account ?? user.account };
  }

  /** From now on it is his tokens that are given out, and nobody else's. */
  #serve(homeAccountId: string | undefined): void {
    if (this.#served !== undefined && this.#served !== homeAccountId) this.#holders.forget();
    this.#served = homeAccountId;
  }

  #renew({ account }: SignedIn, need: UserNeed): Promise<StoredToken> {
    const { client, partition } = this.#settings;
    return partition.alone(need.caller, async (user) => {
      // Another one has signed in while this one waited: what was asked for his predecessor is not asked for him. Whoever has
      // signed in anew himself is not asked for that once more.
      if (user?.account.homeAccountId !== account.homeAccountId) throw nobodySignedIn(need);
      const { signInId } = user;
      const issued = this.#takeIssued(signInId, need);
      if (issued !== undefined) return issued;
      const tokens = await client.renew(user, need).catch(async (failure: unknown) => {
        const other = await partition.user();
        // Where the store's lock did not hold, another process has used the refresh token, and has left its successor.
        const isReplaced = other?.signInId === signInId && other.cache !== user.cache;
        if (!isReplaced || !isHoldfastError(failure, 'ERR_INTERACTION_REQUIRED')) throw failure;
        return client.renew(other, need);
      });
      await partition.replace(signInId, tokens.cache);
      return { ...tokens.access, account: tokens.account };
    });
  }

  #takeIssued(signInId: string, need: UserNeed): StoredToken | undefined {
    const issued = this.#issued;
    if (issued?.signInId !== signInId || issued.request !== requestKey(need)) return undefined;
    this.#issued = undefined;
    return this.#settings.client.settings.clock.now() - issued.at < FRESH_MS ? issued.token : undefined;
  }

  async #user(): Promise<SignedIn | undefined> {
    const user = await this.#settings.partition.user();
    const { homeAccountId } = this.#settings;
    // The name of the partition says so too; a store that answers with another one is not believed.
    return homeAccountId === undefined || user?.account.homeAccountId === homeAccountId ? user : undefined;
  }
}

function requestKey({ authority, scopes, demand, answersChallenges }: UserNeed): string {
  return JSON.stringify([authority.authority, scopes, demand, answersChallenges]);
}
