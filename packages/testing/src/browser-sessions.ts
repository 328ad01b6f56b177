import { PLAIN_ACR, type Authentication } from './authentication.js';
import type { User } from './users.js';

/** What a client demands of a sign-in (OpenID Connect Core, section 3.1.2.1). */
export interface SignInDemand {
  /** Any of them will do; none for whatever there is. */
  readonly acrs: readonly string[];
  /** Seconds; `undefined` for however long ago. */
  readonly maxAge: number | undefined;
  /** He is to sign in, whatever the session says. */
  readonly isAnew: boolean;
}

/** Who is signed in at the identity provider: who comes back by a browser signs in anew only where a client demands it. */
export class BrowserSessions {
  readonly #authentications = new Map<string, Authentication>();

  /** How this user has signed in, where that meets the demand. */
  find({ objectId }: User, { acrs, maxAge, isAnew }: SignInDemand, now: number): Authentication | undefined {
    const known = this.#authentications.get(objectId);
    if (known === undefined || isAnew) return undefined;
    if (acrs.length > 0 && !acrs.includes(known.acr)) return undefined;
    // Nothing is recent enough for 0.
    return maxAge === undefined || now - known.at < maxAge * 1000 ? known : undefined;
  }

  /** He signs in, as the client likes it best. */
  begin({ objectId }: User, { acrs }: SignInDemand, now: number): Authentication {
    const authentication = { acr: acrs[0] ?? PLAIN_ACR, at: now };
    this.#authentications.set(objectId, authentication);
    return authentication;
  }

  end({ objectId }: User): void {
    this.#authentications.delete(objectId);
  }
}
