import { systemClock, warning, type Clock } from '@holdfast/core';
import { PROVIDER } from './refused.js';

/** What counts a credential that asks for its first token. */
export interface CountedCredential {
  readonly authority: string;
  readonly clientId: string;
  readonly clock: Clock;
}

// Nine are a team's apps in one process, or credentials that rotate; a tenth within the hour is one for each request.
const MANY_CREDENTIALS = 10;
const TOGETHER_MS = 3_600_000;
const MOST_APPLICATIONS = 1_000;

interface Counted {
  /** Epoch milliseconds at which the last of them asked for their first token. */
  readonly firstAsked: number[];
  readonly tell: (service: string) => void;
}

/**
 * Counts the credentials that one application has made, and warns when it makes one after the other: each asks for a token
 * of its own, and none of them leaves the identity provider alone for what another one was told.
 */
export class CredentialCount {
  readonly #applications = new Map<string, Counted>();

  /** How many applications are known. */
  get size(): number {
    return this.#applications.size;
  }

  /** A credential asks for its first token, at an instant in epoch milliseconds. */
  add({ authority, clientId }: CountedCredential, now: number): void {
    const key = JSON.stringify([authority, clientId]);
    const counted = this.#applications.get(key) ?? { firstAsked: [], tell: warningOf(authority, clientId) };
    // Last in the map is what was used last; the first one makes room.
    this.#applications.delete(key);
    if (this.#applications.size >= MOST_APPLICATIONS)
      this.#applications.delete(this.#applications.keys().next().value ?? '');
    this.#applications.set(key, counted);

    const { firstAsked, tell } = counted;
    firstAsked.push(now);
    if (firstAsked.length > MANY_CREDENTIALS) firstAsked.shift();
    if (firstAsked.length === MANY_CREDENTIALS && now - (firstAsked[0] ?? now) < TOGETHER_MS) tell(PROVIDER);
  }
}

function warningOf(authority: string, clientId: string): (service: string) => void {
  return warning(
    'CREDENTIAL_PER_CALL',
    `${MANY_CREDENTIALS} credentials of the application ${clientId} at ${authority} have asked for their first token within ` +
      'an hour: make one where the program starts, and use it for every call',
  );
}

const ofProcess = new CredentialCount();

/** A credential asks for its first token. One with a clock of its own is a test's, which may make as many as it likes. */
export function countCredential(credential: CountedCredential): void {
  if (credential.clock === systemClock) ofProcess.add(credential, systemClock.now());
}
