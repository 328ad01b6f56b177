import {
  isHoldfastError,
  readOptions,
  required,
  retoldFailure,
  type InteractionRequiredError,
} from '@holdfast/core';
import type { GetTokenOptions, TokenCredential, TokenHolder } from '@holdfast/token';
import type { Account } from './account.js';
import { Authority } from './authority.js';
import { demandOf } from './demand.js';
import { DeviceFlow, NO_STEP_UP } from './device-flow.js';
import type { ShowDevicePrompt } from './sign-in.js';
import type { UserTokens } from './user-application.js';
import { UserClient, type UserNeed } from './user-client.js';
import { toldFor } from './user-failure.js';
import { USER_OPTIONS, type UserOptions } from './user-options.js';
import type { Interaction, UserSession } from './user-session.js';
import { UserSessions } from './user-sessions.js';

/** Options of {@link deviceCode}. */
export interface DeviceCodeOptions extends UserOptions {
  /**
   * Shows the user where to sign in, and the code to enter there. Required. It is called when he has to be asked, and once more for
   * whoever goes on with a code that nobody has waited for in between. What it throws ends the sign-in.
   */
  readonly prompt: ShowDevicePrompt;
}

/** What a sign-in up front is for. */
export interface DeviceSignInOptions extends Pick<GetTokenOptions, 'abortSignal'> {
  readonly scopes: string | string[];
}

/** A user who signs in by a code on another device, as command lines have it. */
export interface DeviceCodeCredential extends TokenCredential {
  /**
   * Signs him in, unless he is: before the first call, since a call has no time to wait for a person.
   *
   * @throws {InteractionRequiredError} when he declines, or the code expires.
   */
  signIn(options: DeviceSignInOptions): Promise<Account>;
  /** Who is signed in; `undefined` when nobody is. */
  account(): Promise<Account | undefined>;
  /** Forgets him and his tokens, in memory and in the store. @throws {Error} when the store could not be told. */
  signOut(): Promise<void>;
}

const schemas = {
  ...USER_OPTIONS,
  prompt: required<ShowDevicePrompt>((value) => typeof value === 'function', 'a function'),
};

/**
 * The credential of a user at a command line, who signs in by a code that he enters on another device (RFC 8628), by MSAL
 * Node. Tokens are had silently as long as that is possible; with a store, the next process needs no prompt either. Every
 * `getToken` is one request to the identity provider: put it into `attachToken()` or `cachedCredential()`.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function deviceCode(options: DeviceCodeOptions): DeviceCodeCredential {
  const { store, prompt, ...settings } = readOptions('deviceCode', schemas, options);
  const authority = new Authority('deviceCode', { ...settings, azureRegion: undefined });
  const client = new UserClient({ ...settings, authority, proof: undefined });
  const session = new UserSessions(client, store).of(undefined);
  session.askBy(new DeviceInteraction(client, session, prompt));
  return new SignInByDevice(session);
}

class SignInByDevice implements DeviceCodeCredential {
  readonly #session: UserSession;

  constructor(session: UserSession) {
    this.#session = session;
  }

  getToken(scopes: string | string[], options?: GetTokenOptions) {
    return this.#session.getToken(scopes, options);
  }

  onPrincipalChange(holder: TokenHolder): void {
    this.#session.onPrincipalChange(holder);
  }

  async signIn({ scopes, ...options }: DeviceSignInOptions): Promise<Account> {
    await this.#session.getToken(scopes, options);
    // A call that has failed because nobody was signed in is no reason for the next one to fail.
    this.#session.beginAnew();
    return this.#session.signedIn(scopes);
  }

  account(): Promise<Account | undefined> {
    return this.#session.account();
  }

  signOut(): Promise<void> {
    return this.#session.signOut();
  }
}

/** Asks by one code at a time: whoever comes while it is good waits for the same one. */
class DeviceInteraction implements Interaction {
  readonly noStepUp = NO_STEP_UP;
  readonly #client: UserClient;
  readonly #session: UserSession;
  readonly #prompt: ShowDevicePrompt;
  #flow: DeviceFlow | undefined = undefined;

  constructor(client: UserClient, session: UserSession, prompt: ShowDevicePrompt) {
    this.#client = client;
    this.#session = session;
    this.#prompt = prompt;
  }

  async join(failure: InteractionRequiredError, need: UserNeed): Promise<void> {
    const known = this.#flow?.isExpired === false ? this.#flow : undefined;
    const flow = known ?? this.#begin(failure, need);
    this.#flow = flow;
    try {
      await flow.join(need.caller);
    } catch (error) {
      // Each is told of what he has asked for himself. An outage is told as it is: nobody has to sign in because of it.
      if (!isHoldfastError(error, 'ERR_INTERACTION_REQUIRED')) throw error;
      const { message } = retoldFailure(error, { cause: error });
      throw toldFor(failure, message, error, known === undefined);
    }
  }

  #begin(failure: InteractionRequiredError, need: UserNeed): DeviceFlow {
    const asked = { ...need, demand: demandOf(failure), caller: {} };
    const signIn = (tokens: UserTokens) => this.#session.signIn(tokens, asked);
    const flow = new DeviceFlow(this.#client, asked, this.#prompt, signIn);
    const over = () => {
      if (this.#flow === flow) this.#flow = undefined;
    };
    flow.ended.then(over, over);
    return flow;
  }
}
