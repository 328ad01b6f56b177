import type { Account } from './account.js';

/** An authorization code, as it came back to the redirect URI. */
export interface AuthorizationCode {
  readonly code: string;
  /** The one of the sign-in's URL. */
  readonly redirectUri: string;
  /** What the code challenge was made of (PKCE, RFC 7636). */
  readonly codeVerifier?: string;
}

/** What is in the URL by which a user signs in. */
export interface SignInUrl {
  readonly redirectUri: string;
  readonly state?: string;
  readonly codeChallenge?: string;
  readonly loginHint?: string;
}

/** What a user is shown who is to sign in on another device. */
export interface DevicePrompt {
  /** What he enters. */
  readonly userCode: string;
  /** Where he enters it. */
  readonly verificationUri: string;
  /** Both in a sentence, as the identity provider puts it. */
  readonly message: string;
  /** Epoch milliseconds at which the code is void. */
  readonly expiresAt: number;
}

/** Shows a code to a user. What it throws ends the sign-in. */
export type ShowDevicePrompt = (prompt: DevicePrompt) => void | Promise<void>;

/** Opens a URL on this machine. What it throws ends the sign-in. */
export type OpenBrowser = (url: string) => void | Promise<void>;

/** What a user has to be asked for, and the ways to ask him: one of them has to be used. */
export interface InteractionRequest {
  /** What the API asks for, as JSON text. The ways below send it. */
  readonly claims: string | undefined;
  /**
   * How he has to sign in, in order of preference, separated by spaces, and how many seconds ago at most (RFC 9470); 0: now. The
   * browser is sent with them; a code on another device cannot ask for them, and `byDeviceCode()` rejects.
   */
  readonly acrValues: string | undefined;
  readonly maxAge: number | undefined;
  readonly scopes: readonly string[];
  /** Who is signed in, or has to be. */
  readonly account: Account | undefined;
  /** The correlation id to give to the identity provider's support. */
  readonly correlationId: string | undefined;
  /** Aborted when the interaction has taken too long. */
  readonly abortSignal: AbortSignal;
  /** By a code that he enters on another device. */
  byDeviceCode(prompt: ShowDevicePrompt): Promise<Account>;
  /** By a code that has come back to the redirect URI. */
  byCode(code: AuthorizationCode): Promise<Account>;
  /** By a browser on this machine, which comes back to a listener on loopback. */
  inBrowser(options: { readonly openBrowser: OpenBrowser }): Promise<Account>;
}

/** Asks the user; resolves when he has signed in. */
export type OnInteractionRequired = (request: InteractionRequest) => void | Promise<void>;
