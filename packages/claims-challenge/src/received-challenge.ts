import {
  bearerErrorOf,
  claimsOf,
  headerLines,
  parseChallenges,
  stepUpOf,
  type Challenge,
  type ChallengeKind,
  type TokenDemand,
} from '@holdfast/core';
import type { AxiosResponse } from 'axios';

/** What a 401 asks of the token. */
export interface ReceivedChallenge {
  readonly kind: ChallengeKind;
  readonly demand: TokenDemand;
  /** For the call's story. */
  readonly title: string;
  /** Why nothing can be asked for. */
  readonly fault?: string;
}

/** What the header of a 401 says. */
export interface Reading {
  /** Every challenge, whatever its scheme. */
  readonly challenges: readonly Challenge[];
  /** The one that counts for the token. */
  readonly received: ReceivedChallenge | undefined;
}

/** Reads what an API says, and only once what it says to thousands of calls in the same moment. */
export class ChallengeReader {
  readonly #refreshOnInvalidToken: boolean;
  #lines: readonly string[] = [];
  #reading: Reading = { challenges: [], received: undefined };

  constructor(refreshOnInvalidToken: boolean) {
    this.#refreshOnInvalidToken = refreshOnInvalidToken;
  }

  read({ headers }: AxiosResponse): Reading {
    const lines = headerLines(headers, 'www-authenticate');
    if (lines.length !== this.#lines.length || lines.some((line, at) => line !== this.#lines[at])) {
      const challenges = frozen(parseChallenges(lines));
      this.#reading = { challenges, received: receivedChallenge(challenges, this.#refreshOnInvalidToken) };
      this.#lines = lines;
    }
    return this.#reading;
  }
}

/** Many calls are shown the same, and so are their challengers. */
function frozen(challenges: readonly Challenge[]): readonly Challenge[] {
  for (const challenge of challenges) Object.freeze(Object.freeze(challenge).params);
  return Object.freeze(challenges);
}

/**
 * The challenge that counts: claims come first, since they are asked for in full, and `invalid_token` last, if that is to be
 * answered. Claims that cannot be read are told of when there is nothing else: MSAL would ignore them, and bring the same
 * token again.
 */
function receivedChallenge(
  challenges: readonly Challenge[],
  refreshOnInvalidToken: boolean,
): ReceivedChallenge | undefined {
  const errors = new Set(challenges.map(bearerErrorOf));
  const claims = claimsOf(challenges);
  if (claims !== undefined)
    return { kind: 'insufficient_claims', demand: { claims }, title: `claims challenge${namesIn(claims)}` };
  const stepUp = stepUpOf(challenges);
  if (stepUp !== undefined)
    return { kind: 'insufficient_user_authentication', demand: stepUp, title: 'step-up challenge' };
  if (refreshOnInvalidToken && errors.has('invalid_token'))
    return { kind: 'invalid_token', demand: {}, title: 'invalid_token' };
  if (errors.has('insufficient_claims'))
    return { kind: 'insufficient_claims', demand: {}, title: 'claims challenge', fault: UNREADABLE };
  return undefined;
}

const UNREADABLE = 'its claims cannot be read';

const MOST_NAMES = 5;

/** ` (nbf)`: what they are about, and nothing of what they say. */
function namesIn(claims: string): string {
  const { access_token: asked } = JSON.parse(claims) as { readonly access_token?: unknown };
  if (typeof asked !== 'object' || asked === null) return '';
  const names = Object.keys(asked).filter((name) => /^[\w-]{1,40}$/.test(name));
  return names.length === 0 ? '' : ` (${names.slice(0, MOST_NAMES).join(', ')})`;
}
