import type { Clock } from '@holdfast/core';
import type { X509Certificate } from 'node:crypto';
import type { AppRegistration, PublicAppRegistration } from './app-registration.js';
import type { AuthorizationRequest, SignInError } from './authorization-endpoint.js';
import type { FederatedIssuer, ProofKind } from './client-proofs.js';
import type { DeviceSignIn } from './device-grant.js';
import type { HangFault, ResetFault, StatusFault } from './faults.js';
import type { InteractionPolicy } from './interaction-policies.js';
import type { OAuthErrorName } from './oauth-error.js';
import type { TokenClaims, VerifyOptions } from './token-issuer.js';
import type { User, UserInit } from './users.js';

/** Options of {@link startIdentityProvider}. */
export interface IdentityProviderOptions {
  /** Default: a fixed UUID. */
  readonly tenantId?: string;
  /** Default: a fixed UUID. */
  readonly clientId?: string;
  /** Default: a fixed text. */
  readonly clientSecret?: string;
  /** Seconds for which a token is valid. Default: 3599. */
  readonly expiresIn?: number;
  /** Seconds after which a token should be renewed. Default: null, which leaves `refresh_in` out. */
  readonly refreshIn?: number | null;
  /** Who there is besides the first user, whom nobody has to ask for. Default: nobody. */
  readonly users?: readonly UserInit[];
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
}

/** An OAuth error in place of a token; `claims` (JSON text or an object) are what the user has to be asked for. */
export interface OAuthFault {
  readonly error: OAuthErrorName;
  readonly claims?: string | object;
}

/** How the token endpoint fails. */
export type TokenFault = StatusFault | HangFault | ResetFault | OAuthFault;

/** Whose requests fail. */
export interface FaultOptions {
  /** Default: everybody's, those without a user too. */
  readonly user?: User;
}

/** What a user calls an API with. */
export interface UserTokenOptions {
  /** Default: the first user. */
  readonly user?: User;
  /** The API. Default: the application, `api://` and its client id, which then goes on in the user's name. */
  readonly audience?: string;
  /** What the user lets the client do, separated by spaces. Default: `user_impersonation`. */
  readonly scope?: string;
  /** The client that the user works with. Default: the public application. */
  readonly clientId?: string;
  /** What the user was asked for when he signed in: JSON text or an object. Default: nothing. */
  readonly claims?: string | object;
  /** How he has signed in: an authentication context class reference. Default: `1`. */
  readonly acr?: string;
  /** Epoch milliseconds at which he has signed in. Default: now. */
  readonly authTime?: number;
  /** Seconds. Default: the identity provider's. */
  readonly expiresIn?: number;
}

/** A request to the token endpoint, without its secret, code, token or assertion. */
export interface TokenRequest {
  /** Epoch milliseconds at which it came in. */
  readonly at: number;
  readonly grantType: string;
  readonly scope: string;
  /** JSON text. */
  readonly claims: string | undefined;
  readonly clientId: string;
  /** How the client has tried to prove who it is. */
  readonly proof: ProofKind | undefined;
  /** The object id of the user in whose name was asked; `undefined` for none, and for one that is not known (yet). */
  readonly user: string | undefined;
  readonly correlationId: string | undefined;
  /** What was answered; `undefined` when nothing was, or not yet. */
  readonly status: number | undefined;
}

/** An identity provider on loopback that behaves as Microsoft Entra ID does to applications, and to users who sign in. */
export interface IdentityProvider extends AsyncDisposable {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** For `clientCredential({ ...idp.app })`. */
  readonly app: AppRegistration;
  /** An application without a secret, for `deviceCode({ ...idp.publicApp })`. */
  readonly publicApp: PublicAppRegistration;
  /** The first user. */
  readonly user: User;
  /** Seconds for which tokens issued from now on are valid. */
  expiresIn: number;
  /** Seconds after which they should be renewed; null leaves `refresh_in` out. */
  refreshIn: number | null;
  /** Milliseconds that a token request takes. Default: 0. */
  delayMs: number;
  /** Seconds for which a refresh token is good. Default: 90 days. */
  refreshTokenExpiresIn: number;
  /** Whether each use of a refresh token brings another one. The old one stays good. Default: true. */
  rotatesRefreshTokens: boolean;
  /** Whether a refresh token that was used before ends all that come from its sign-in. Default: false. */
  detectsReuse: boolean;
  /** Seconds that a user has for signing in for a device. Default: 900. */
  deviceCodeExpiresIn: number;
  /** Seconds that a device is told to wait between two polls; it may be 0 or a fraction. Default: 5. */
  deviceCodeInterval: number;
  /** Every token request, in the order in which they came in. */
  readonly tokenRequests: readonly TokenRequest[];
  /** The `jti` of every token issued. */
  readonly issuedTokenIds: ReadonlySet<string>;
  /** Every sign-in for a device, in the order in which they came in. */
  readonly deviceCodes: readonly DeviceSignIn[];
  /** Every browser that has come to sign its user in. */
  readonly authorizationRequests: readonly AuthorizationRequest[];
  /** From now on the application's secret is this one; `app` has it. */
  rotateSecret(clientSecret: string): void;
  /** The application may prove itself by this certificate too; PEM text, or the certificate. */
  trust(certificate: string | X509Certificate): void;
  /** … and by this one no longer. */
  distrust(certificate: string | X509Certificate): void;
  /** The application may prove itself by tokens of another issuer. */
  trustIssuer(issuer: FederatedIssuer): void;
  /** Token requests fail from now on, and so do those for device codes; null ends it. */
  fail(fault: TokenFault | null, options?: FaultOptions): void;
  /** The next of these requests fail. `times` defaults to 1. */
  failNext(fault: TokenFault, times?: number, options?: FaultOptions): void;
  /** Makes another user. */
  addUser(init?: UserInit): User;
  /** The access token with which a user calls an API: what he has after he has signed in to a client. */
  issueUserToken(options?: UserTokenOptions): Promise<string>;
  /** Ends a user's sessions: his refresh tokens, his browser's, and going on by tokens he has up to now. Default: the first user. */
  revoke(user?: User): void;
  /**
   * Refuses what is asked in a user's name without him (refresh tokens, on behalf of) by `interaction_required`, until he has
   * signed in and was asked for the claims. Returns them as JSON text.
   */
  requireInteraction(policy?: InteractionPolicy): string;
  /** Sign-ins by a browser end so from now on; null ends it. */
  failSignIn(error: SignInError | null): void;
  /**
   * Plays the browser in which the user signs in: goes to an address of the authorization endpoint, and delivers what comes of it
   * to the client that waits on loopback. Resolves to what was delivered.
   */
  browse(url: string): Promise<URLSearchParams>;
  /**
   * The user (default: the first one) types the code that a device shows, and signs in.
   *
   * @throws {TypeError} when no device waits for it.
   */
  approve(userCode: string, user?: User): void;
  /** … and refuses. */
  decline(userCode: string): void;
  /**
   * Checks a token's signature, issuer and expiry, and its audience where one is given.
   *
   * @throws when the token is not good; the error has jose's `code`.
   */
  verify(token: string, options?: VerifyOptions): Promise<TokenClaims>;
  /** Refuses connections, and cuts those there are. */
  down(): Promise<void>;
  /** Accepts connections again, on the same port. */
  up(): Promise<void>;
  close(): Promise<void>;
}
