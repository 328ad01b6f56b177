import { accepted, isLimit, isText, LIMIT_ALLOWED, readOptions } from '@holdfast/core';
import type { AccessToken, GetTokenOptions, TokenCredential, TokenHolder } from '@holdfast/token';
import type { Account } from './account.js';
import { Authority } from './authority.js';
import {
  CONFIDENTIAL_CLIENT_OPTIONS,
  proofReaderOf,
  type ProofOptions,
} from './confidential-client-options.js';
import type { CertificateSource } from './certificate-source.js';
import { demandOf, type Demanded } from './demand.js';
import type { TextSource } from './proof-readers.js';
import { ProofSource } from './proof.js';
import type { AuthorizationCode, OnInteractionRequired, SignInUrl } from './sign-in.js';
import { UserClient } from './user-client.js';
import { HookInteraction } from './user-interaction.js';
import { USER_OPTIONS, type UserOptions } from './user-options.js';
import type { UserSession } from './user-session.js';
import { UserSessions } from './user-sessions.js';

/** Options of {@link signedInUser}. */
export interface SignedInUserOptions extends UserOptions {
  /**
   * The secret of a web app, or a function that has it. Default: none, for an app on the user's own machine, which can keep no
   * secret. One of `clientSecret`, `clientCertificate` and `clientAssertion` at most. A wrong one, and there is no token.
   */
  readonly clientSecret?: TextSource;
  /** A web app's certificate with its private key, in a file or as content, or a function that has it. Default: none. */
  readonly clientCertificate?: CertificateSource;
  /** A JWT of an issuer that a web app trusts, or a function that has it. Default: none. As text it is good until it expires. */
  readonly clientAssertion?: TextSource;
  /**
   * The `homeAccountId` of the user whose tokens these are. Default: whoever signs in on this machine. Somebody else who
   * signs in is refused. A wrong one, and nobody can sign in.
   */
  readonly account?: string;
  /**
   * Asks the user, when nothing else helps, by one of the ways that it is given. Default: none, and the call fails with an
   * InteractionRequiredError. One that signs nobody in fails the call as well; it is not called twice for one.
   */
  readonly onInteractionRequired?: OnInteractionRequired;
  /**
   * Milliseconds for one interaction, after which it is given up. Default: 900,000. It goes on when the calls that wait for it
   * have given up: too short, and a user in the middle of it begins again; too long, and one who has walked away blocks the
   * next one.
   */
  readonly interactionTimeoutMs?: number;
}

/** What a code from the redirect is redeemed for. */
export interface RedeemOptions extends AuthorizationCode, Pick<GetTokenOptions, 'claims' | 'enableCae'> {
  /** Those of the URL by which the user has signed in. */
  readonly scopes: string | string[];
}

/** What the URL is for by which a user signs in. */
export interface SignInUrlOptions
  extends SignInUrl, Pick<GetTokenOptions, 'claims' | 'acrValues' | 'maxAge' | 'enableCae'> {
  readonly scopes: string | string[];
}

/** Tokens for a user who has signed in. */
export interface SignedInUser extends TokenCredential {
  /**
   * @throws {InteractionRequiredError} when he has to be asked; it has the claims to ask him with.
   * @throws {TokenAcquisitionError} when there is no token for another reason; it says when to come back.
   */
  getToken(scopes: string | string[], options?: GetTokenOptions): Promise<AccessToken>;
  /** Who is signed in; `undefined` when nobody is. */
  account(): Promise<Account | undefined>;
  /**
   * Where the browser is sent for a user to sign in: the first half of a web app's sign-in.
   *
   * @throws {TypeError} without a redirect URI.
   */
  signInUrl(options: SignInUrlOptions): Promise<string>;
  /**
   * Signs in whoever the code is for: the second half. His tokens are those of `forAccount(account.homeAccountId)`, and nobody
   * else's.
   *
   * @throws {TypeError} for what is no code, as when the user has declined.
   */
  redeem(options: RedeemOptions): Promise<Account>;
  /**
   * The same for another user of the same application; the same object for the same user.
   *
   * @throws {TypeError} for what is no homeAccountId.
   */
  forAccount(homeAccountId: string): SignedInUser;
  /** Forgets him and his tokens, in memory and in the store. @throws {Error} when the store could not be told. */
  signOut(): Promise<void>;
}

const { clientSecret, clientCertificate, clientAssertion } = CONFIDENTIAL_CLIENT_OPTIONS;

const schemas = {
  ...USER_OPTIONS,
  clientSecret,
  clientCertificate,
  clientAssertion,
  account: accepted<string | undefined>(isText, 'the homeAccountId of a user', undefined),
  onInteractionRequired: accepted<OnInteractionRequired | undefined>(
    (value) => typeof value === 'function',
    'a function',
    undefined,
  ),
  interactionTimeoutMs: accepted<number>(
    (value) => value !== false && isLimit(value),
    LIMIT_ALLOWED.replace(', or false', ''),
    900_000,
  ),
};

// Some 5 kB each. Without a store, one that has to make room signs in anew.
const MOST_USERS = 10_000;

/**
 * The credential of a user who has signed in to an app: silently as long as that is possible, by MSAL Node, and by asking him
 * when nothing else helps. Every `getToken` is one request to the identity provider: put it into `attachToken()` or
 * `cachedCredential()`.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function signedInUser(options: SignedInUserOptions): SignedInUser {
  const settings = readOptions('signedInUser', schemas, options);
  const authority = new Authority('signedInUser', { ...settings, azureRegion: undefined });
  const client = new UserClient({ ...settings, authority, proof: proofOf(settings) });
  const users = new Users(client, new UserSessions(client, settings.store), settings);
  return settings.account === undefined ? users.credential(undefined) : users.of(settings.account);
}

function proofOf(
  settings: ProofOptions & ConstructorParameters<typeof ProofSource>[1],
): ProofSource | undefined {
  const { clientSecret, clientCertificate, clientAssertion } = settings;
  const isPublic = [clientSecret, clientCertificate, clientAssertion].every((one) => one === undefined);
  return isPublic ? undefined : new ProofSource(proofReaderOf('signedInUser', settings), settings);
}

interface AskSettings {
  readonly onInteractionRequired: OnInteractionRequired | undefined;
  readonly interactionTimeoutMs: number;
}

/** The users of one application. */
class Users {
  readonly client: UserClient;
  readonly #sessions: UserSessions;
  readonly #settings: AskSettings;
  /** Last is what was used last. */
  readonly #users = new Map<string, OneUser>();

  constructor(client: UserClient, sessions: UserSessions, settings: AskSettings) {
    this.client = client;
    this.#sessions = sessions;
    this.#settings = settings;
  }

  of(homeAccountId: string): OneUser {
    const user = this.#users.get(homeAccountId) ?? this.credential(homeAccountId);
    this.#users.delete(homeAccountId);
    if (this.#users.size >= MOST_USERS) this.#users.delete(this.#users.keys().next().value ?? '');
    this.#users.set(homeAccountId, user);
    return user;
  }

  credential(homeAccountId: string | undefined): OneUser {
    const { client } = this;
    const session = this.#sessions.of(homeAccountId);
    const { onInteractionRequired: hook, interactionTimeoutMs: timeoutMs } = this.#settings;
    if (hook !== undefined) session.askBy(new HookInteraction({ client, session, hook, timeoutMs }));
    return new OneUser(this, session, homeAccountId);
  }
}

class OneUser implements SignedInUser {
  readonly #users: Users;
  readonly #session: UserSession;
  readonly #homeAccountId: string | undefined;

  constructor(users: Users, session: UserSession, homeAccountId: string | undefined) {
    this.#users = users;
    this.#session = session;
    this.#homeAccountId = homeAccountId;
  }

  getToken(scopes: string | string[], options?: GetTokenOptions): Promise<AccessToken> {
    return this.#session.getToken(scopes, options);
  }

  onPrincipalChange(holder: TokenHolder): void {
    this.#session.onPrincipalChange(holder);
  }

  account(): Promise<Account | undefined> {
    return this.#session.account();
  }

  async signInUrl({
    scopes,
    claims,
    acrValues,
    maxAge,
    enableCae,
    ...url
  }: SignInUrlOptions): Promise<string> {
    // MSAL would send the word "undefined".
    if (!isText(url.redirectUri))
      throw new TypeError('signInUrl(): "redirectUri" must be where the code is to come back to');
    return this.#users.client.signInUrl(url, this.#needOf(scopes, { claims, acrValues, maxAge, enableCae }));
  }

  async redeem({ scopes, claims, enableCae, ...code }: RedeemOptions): Promise<Account> {
    if (!isText(code.code))
      throw new TypeError('redeem(): "code" must be the code that has come back to the redirect URI');
    const need = this.#needOf(scopes, { claims, enableCae });
    const tokens = await this.#users.client.redeem(code, need);
    const { homeAccountId } = tokens.account;
    const session =
      this.#homeAccountId === undefined ? this.#users.of(homeAccountId).#session : this.#session;
    const account = await session.signIn(tokens, need);
    // A call that has failed because he was not signed in is no reason for the next one to fail.
    session.beginAnew();
    return account;
  }

  forAccount(homeAccountId: string): SignedInUser {
    // Without one it would be that of whoever signs in on this machine: one for all who have none.
    if (!isText(homeAccountId))
      throw new TypeError('forAccount(): "homeAccountId" must be the homeAccountId of a user');
    return this.#users.of(homeAccountId);
  }

  signOut(): Promise<void> {
    return this.#session.signOut();
  }

  #needOf(
    scopes: string | string[],
    { enableCae, ...demanded }: Demanded & { readonly enableCae: boolean | undefined },
  ) {
    const wanted = typeof scopes === 'string' ? [scopes] : scopes;
    const options = { ...demandOf(demanded), ...(enableCae !== undefined && { enableCae }) };
    return this.#session.needOf(wanted, options, {});
  }
}
