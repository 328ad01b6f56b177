import { isHoldfastError, type Cancelable } from '@holdfast/core';
import type { Account } from './account.js';
import { Audience } from './audience.js';
import type { DevicePolling } from './device-polling.js';
import type { DevicePrompt, ShowDevicePrompt } from './sign-in.js';
import type { UserTokens } from './user-application.js';
import type { UserClient, UserNeed } from './user-client.js';
import { notSignedIn } from './user-failure.js';

/** RFC 8628, section 3.5, and what Microsoft Entra ID says in its place. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['access_denied', 'he has declined'],
  ['authorization_declined', 'he has declined'],
  ['expired_token', 'the code has expired'],
  ['code_expired', 'the code has expired'],
]);

/** Why one cannot be used where the API says how its user has to sign in. */
export const NO_STEP_UP = 'a code on another device cannot ask for a certain sign-in (RFC 8628, section 3.1)';

/**
 * One code that a user enters on another device, for all who wait for him. While nobody waits nothing is asked and no timer
 * runs, but the code stays good: whoever comes next goes on with it, and the user is shown it once more.
 */
export class DeviceFlow {
  /** Settles when somebody has signed in, or nobody will. */
  readonly ended: Promise<Account>;
  readonly #audience = new Audience();
  readonly #polling: DevicePolling;
  readonly #prompt: ShowDevicePrompt;
  #shown: DevicePrompt | undefined = undefined;
  #breakOff: (error: unknown) => void = () => undefined;

  constructor(
    client: UserClient,
    need: UserNeed,
    prompt: ShowDevicePrompt,
    signIn: (tokens: UserTokens) => Promise<Account>,
  ) {
    this.#prompt = prompt;
    const broken = new Promise<never>((_, reject) => (this.#breakOff = reject));
    const { polling, tokens } = client.byDeviceCode(need, this.#audience, (shown) => {
      this.#shown = shown;
      this.#show(shown);
    });
    this.#polling = polling;
    const settled = tokens.then(signIn, (failure: unknown) => {
      const { refusal } = polling;
      if (refusal === undefined) throw failure;
      const known = isHoldfastError(failure, 'ERR_TOKEN_ACQUISITION', 'ERR_INTERACTION_REQUIRED');
      const reason = REASONS.get(refusal) ?? `the identity provider says ${refusal}`;
      const demand = { ...need.demand, ...polling.demand };
      throw notSignedIn({ ...need, demand }, reason, known ? failure.correlationId : undefined);
    });
    this.ended = Promise.race([settled, broken]).catch((failure: unknown) => {
      if (isHoldfastError(failure)) throw failure;
      const name = failure instanceof Error ? failure.name : typeof failure;
      throw notSignedIn(need, `the code could not be shown (${name})`);
    });
    this.ended.catch(() => undefined);
  }

  /** Whether the code is void, so that there is nothing to wait for. */
  get isExpired(): boolean {
    return this.#polling.isExpired;
  }

  join(caller: Cancelable): Promise<Account> {
    if (this.#shown !== undefined && !this.#audience.isPresent) this.#show(this.#shown);
    return this.#audience.waitFor(this.ended, caller);
  }

  #show(shown: DevicePrompt): void {
    (async () => this.#prompt({ ...shown }))().catch(this.#breakOff);
  }
}
