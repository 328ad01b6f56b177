import {
  ConfidentialClientApplication,
  PublicClientApplication,
  type AuthenticationResult,
  type INetworkModule,
} from '@azure/msal-node';
import type { TokenDemand } from '@holdfast/core';
import type { AccessToken } from '@holdfast/token';
import { accountOf, type Account } from './account.js';
import { assertionOf, type Registration } from './application.js';
import type { SignedIn } from './partition-content.js';
import type { Proof } from './proof.js';
import type { AuthorizationCode, SignInUrl } from './sign-in.js';
import { withStepUp } from './step-up.js';
import { UserCache } from './user-cache.js';

/** What is asked of a user, or for him. */
export interface UserRequest {
  readonly scopes: readonly string[];
  readonly demand: TokenDemand;
  /** A GUID. */
  readonly correlationId: string;
}

/** A token for a user, and what he is kept signed in by. */
export interface UserTokens {
  readonly account: Account;
  readonly environment: string;
  readonly access: AccessToken;
  /** MSAL's cache with his refresh token: a secret. */
  readonly cache: string;
}

/** What an answer lacks that a user is kept signed in by. */
export type Shortcoming = 'no token' | 'no account';

/**
 * One acquisition for a user, by an application of MSAL's that is made for it: what MSAL remembers of it is gone with it,
 * and nothing of one user's is ever in what asks for another.
 */
export class UserApplication {
  readonly #registration: Registration;
  readonly #network: INetworkModule;
  /** Behind a function, since Node keeps it on promises, where an inspection shows it. */
  readonly #proof: () => Proof | undefined;

  constructor(registration: Registration, network: INetworkModule, proof: () => Proof | undefined) {
    this.#registration = registration;
    this.#network = network;
    this.#proof = proof;
  }

  /** By the refresh token: one request. */
  async silently(user: SignedIn, request: UserRequest): Promise<UserTokens | Shortcoming> {
    const { account, environment } = user;
    const { homeAccountId, localAccountId, tenantId, username = '' } = account;
    const cache = new UserCache(user.cache);
    const result = await this.#application(cache).acquireTokenSilent({
      ...requestOf(request),
      account: { homeAccountId, localAccountId, tenantId, username, environment },
      forceRefresh: true,
    });
    return tokensOf(result, cache, user);
  }

  /** By a code from the redirect. */
  async byCode(code: AuthorizationCode, request: UserRequest): Promise<UserTokens | Shortcoming> {
    const cache = new UserCache();
    const result = await this.#application(cache).acquireTokenByCode({ ...requestOf(request), ...code });
    return tokensOf(result, cache);
  }

  /** By a code that the user enters on another device; `network` shows it, and polls. */
  async byDeviceCode(request: UserRequest): Promise<UserTokens | Shortcoming> {
    const cache = new UserCache();
    const result = await this.#public(cache).acquireTokenByDeviceCode({
      ...requestOf(request),
      deviceCodeCallback: () => undefined,
    });
    return tokensOf(result, cache);
  }

  /** By a browser on this machine, which comes back to a listener on loopback. */
  async inBrowser(
    openBrowser: (url: string) => Promise<void>,
    loginHint: string | undefined,
    request: UserRequest,
  ): Promise<UserTokens | Shortcoming> {
    const cache = new UserCache();
    const result = await this.#public(cache).acquireTokenInteractive({
      ...requestOf(request),
      ...(loginHint !== undefined && { loginHint }),
      openBrowser: (url) => openBrowser(withStepUp(url, request.demand)),
    });
    return tokensOf(result, cache);
  }

  /** Where a browser is sent for the user to sign in. */
  async signInUrl({ codeChallenge, ...url }: SignInUrl, request: UserRequest): Promise<string> {
    const address = await this.#public(new UserCache()).getAuthCodeUrl({
      ...requestOf(request),
      ...url,
      ...(codeChallenge !== undefined && { codeChallenge, codeChallengeMethod: 'S256' }),
    });
    return withStepUp(address, request.demand);
  }

  #application(cache: UserCache): PublicClientApplication | ConfidentialClientApplication {
    const proof = this.#proof();
    if (proof === undefined) return this.#public(cache);
    const { auth, ...configuration } = this.#configuration(cache);
    const { secret } = proof.kind === 'secret' ? proof : { secret: undefined };
    return new ConfidentialClientApplication({
      ...configuration,
      auth: {
        ...auth,
        ...(secret === undefined
          ? {
              clientAssertion: ({ tokenEndpoint }) =>
                Promise.resolve(assertionOf(this.#proof(), this.#registration, tokenEndpoint)),
            }
          : { clientSecret: secret }),
      },
    });
  }

  #public(cache: UserCache): PublicClientApplication {
    return new PublicClientApplication(this.#configuration(cache));
  }

  #configuration(cachePlugin: UserCache) {
    const { clientId, authority, authorityMetadata, knownAuthorities, protocolMode, answersChallenges } =
      this.#registration;
    return {
      auth: {
        clientId,
        authority,
        knownAuthorities,
        ...(authorityMetadata !== undefined && { authorityMetadata }),
        ...(answersChallenges && { clientCapabilities: ['cp1'] }),
      },
      cache: { cachePlugin },
      system: { networkClient: this.#network, disableInternalRetries: true, protocolMode },
    };
  }
}

function requestOf({ scopes, demand: { claims }, correlationId }: UserRequest) {
  return { scopes: [...scopes], correlationId, ...(claims !== undefined && { claims }) };
}

/** `user` is who it must be for where the answer does not say: providers may leave that out when a token is refreshed. */
function tokensOf(
  result: AuthenticationResult | null,
  cache: UserCache,
  user?: SignedIn,
): UserTokens | Shortcoming {
  if (!result?.accessToken || !result.expiresOn) return 'no token';
  const access = {
    token: result.accessToken,
    expiresOnTimestamp: result.expiresOn.getTime(),
    ...(result.refreshOn && { refreshAfterTimestamp: result.refreshOn.getTime() }),
  };
  const account = accountOf(result.account);
  if (account !== undefined && result.account !== null)
    return { account, environment: result.account.environment, access, cache: cache.toText() };
  if (user === undefined) return 'no account';
  const { account: known, environment } = user;
  return { account: known, environment, access, cache: cache.toText() };
}
