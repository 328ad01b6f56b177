import { resourceOf } from './delegated-scopes.js';
import { INTERACTION_REQUIRED, type OAuthError } from './oauth-error.js';
import { satisfies, type RequestedClaims } from './requested-claims.js';
import type { User } from './users.js';

/** What only the user himself can answer. */
export interface InteractionPolicy {
  /** Whom it concerns. Default: every user. */
  readonly user?: User;
  /** What he has to be asked for: JSON text or an object. Default: an authentication context, `c1`. */
  readonly claims?: string | object;
  /** A scope of the resource that it protects. Default: every resource. */
  readonly scope?: string;
}

interface StandingPolicy {
  readonly user: User | undefined;
  readonly audience: string | undefined;
  readonly claims: string;
  readonly demanded: RequestedClaims;
  /** The object ids of those who have answered it. */
  readonly answeredBy: Set<string>;
}

const STRONGER = { access_token: { acrs: { essential: true, value: 'c1' } } };

/** Which users have to come themselves, and what for (conditional access). */
export class InteractionPolicies {
  readonly #policies: StandingPolicy[] = [];

  /** Returns the claims as JSON text. @throws {TypeError} when they are no claims request. */
  require({ user, claims = STRONGER, scope }: InteractionPolicy): string {
    const text = typeof claims === 'string' ? claims : JSON.stringify(claims);
    const { access_token: demanded } = JSON.parse(text) as { readonly access_token?: object };
    if (demanded === undefined) throw new TypeError('The claims of a policy need a member "access_token"');
    const audience = scope === undefined ? undefined : resourceOf(scope);
    this.#policies.push({
      user,
      audience,
      claims: text,
      demanded: { ...demanded },
      answeredBy: new Set<string>(),
    });
    return text;
  }

  /** Why this user gets nothing for this resource while he is not there himself; `undefined` when he does. */
  faultOf({ objectId }: User, audience: string): OAuthError | undefined {
    const policy = this.#policies.find(
      (one) =>
        (one.user === undefined || one.user.objectId === objectId) &&
        (one.audience === undefined || one.audience === audience) &&
        !one.answeredBy.has(objectId),
    );
    return policy === undefined ? undefined : { ...INTERACTION_REQUIRED, claims: policy.claims };
  }

  /** The user was there, and was asked for these claims. */
  interacted({ objectId }: User, requested: RequestedClaims): void {
    for (const { demanded, answeredBy } of this.#policies)
      if (satisfies(requested, demanded)) answeredBy.add(objectId);
  }
}
