/**
 * Where tokens come from. The shape of the Azure SDK's `TokenCredential`: each of its credentials fits, and ours fit
 * wherever that SDK asks for one.
 */
export interface TokenCredential {
  getToken(scopes: string | string[], options?: GetTokenOptions): Promise<AccessToken | null>;
  /**
   * Holdfast's own, for a credential that comes to stand for somebody else, as when a user signs out and another one in: it
   * tells the caches around it, which forget what they hold. It must not keep them from being collected.
   */
  onPrincipalChange?(holder: TokenHolder): void;
}

/** Who holds tokens of a credential. */
export interface TokenHolder {
  /** Forgets all of them, and asks for the next one. */
  forget(): void;
}

/** A token, and how long it lives. */
export interface AccessToken {
  /** The token itself: a secret. */
  readonly token: string;
  /** Epoch milliseconds. */
  readonly expiresOnTimestamp: number;
  /** Epoch milliseconds from which a new one should be asked for, while this one still serves. */
  readonly refreshAfterTimestamp?: number;
}

/** What may be asked beside the scopes. */
export interface GetTokenOptions {
  /** Ends the wait of this caller. */
  readonly abortSignal?: AbortSignalLike;
  /** The claims of a challenge, as decoded JSON text: the token must come from the source, not from a cache. */
  readonly claims?: string;
  /**
   * Holdfast's own: how the user must have signed in, and how many seconds ago at most (RFC 9470). Who cannot ask him
   * throws an InteractionRequiredError. Azure's credentials do not know them.
   */
  readonly acrValues?: string;
  readonly maxAge?: number;
  /** The tenant, where it is not the credential's own. */
  readonly tenantId?: string;
  /** Whether the caller answers claims challenges, so that a long-lived token that can be revoked may be issued. */
  readonly enableCae?: boolean;
  /** Holdfast's own: the token must come from the source, not from a cache. Azure's credentials do not know it. */
  readonly forceRefresh?: boolean;
}

/** What is needed of an abort signal; a real one fits. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: (this: AbortSignalLike, event: unknown) => void): void;
  removeEventListener(type: 'abort', listener: (this: AbortSignalLike, event: unknown) => void): void;
}

/** Whether this can be asked for tokens. */
export function isTokenCredential(value: unknown): value is TokenCredential {
  return (
    typeof value === 'object' && value !== null && 'getToken' in value && typeof value.getToken === 'function'
  );
}
