import {
  cancellationOf,
  isCanceled,
  orCanceled,
  type Cancelable,
  type InteractionRequiredError,
  type Timer,
} from '@holdfast/core';
import type { Account } from './account.js';
import { DeviceFlow } from './device-flow.js';
import { askInBrowser } from './loopback-browser.js';
import type { InteractionRequest, OnInteractionRequired } from './sign-in.js';
import type { UserTokens } from './user-application.js';
import type { UserClient, UserNeed } from './user-client.js';
import { interactionFailed } from './user-failure.js';
import type { Interaction, UserSession } from './user-session.js';

/** What asks a user. */
export interface HookSettings {
  readonly client: UserClient;
  readonly session: UserSession;
  readonly hook: OnInteractionRequired;
  readonly timeoutMs: number;
}

/**
 * Asks a user by a function of the app's. One at a time: whoever comes while he is being asked waits for what becomes of it. It
 * goes on when they have all left, because he may be in the middle of it.
 */
export class HookInteraction implements Interaction {
  readonly #settings: HookSettings;
  #underWay: Promise<void> | undefined = undefined;

  constructor(settings: HookSettings) {
    this.#settings = settings;
  }

  join(failure: InteractionRequiredError, need: UserNeed): Promise<void> {
    if (this.#underWay === undefined) {
      const underWay = this.#ask(failure, need).finally(() => (this.#underWay = undefined));
      underWay.catch(() => undefined);
      this.#underWay = underWay;
    }
    return orCanceled(this.#underWay, need.caller).catch((error: unknown) => {
      throw interactionFailed(failure, error);
    });
  }

  async #ask(failure: InteractionRequiredError, need: UserNeed): Promise<void> {
    const { client, timeoutMs } = this.#settings;
    const { clock } = client.settings;
    const ending = new AbortController();
    let timer: Timer | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = clock.setTimeout(() => {
        const error = Object.assign(new Error('It took too long'), { name: 'TimeoutError' });
        reject(error);
        ending.abort(error);
      }, timeoutMs);
      timer.unref();
    });
    try {
      // The look-up of who it is takes of its time too: a store may be slow.
      await Promise.race([this.#callHook(failure, need, ending.signal), late]);
    } finally {
      timer?.cancel();
      if (!ending.signal.aborted) ending.abort();
    }
  }

  async #callHook(
    failure: InteractionRequiredError,
    need: UserNeed,
    abortSignal: AbortSignal,
  ): Promise<void> {
    const { hook, session } = this.#settings;
    const account = await session.account();
    if (!abortSignal.aborted) await hook(this.#request(failure, need, account, abortSignal));
  }

  #request(
    { scopes, claims, correlationId }: InteractionRequiredError,
    asked: UserNeed,
    account: Account | undefined,
    abortSignal: AbortSignal,
  ): InteractionRequest {
    const { client, session } = this.#settings;
    const caller: Cancelable = { signal: abortSignal };
    const need = { ...asked, claims, caller };
    const signIn = async (ask: () => Promise<UserTokens>) => {
      if (isCanceled(caller)) throw cancellationOf(caller);
      return session.signIn(await orCanceled(ask(), caller), need);
    };
    return {
      claims,
      scopes,
      account,
      correlationId,
      abortSignal,
      byCode: (code) => signIn(() => client.redeem(code, need)),
      byDeviceCode: (prompt) => {
        if (isCanceled(caller)) return Promise.reject(cancellationOf(caller));
        const flow = new DeviceFlow(client, need, prompt, (tokens) => session.signIn(tokens, need));
        return flow.join(caller);
      },
      inBrowser: ({ openBrowser }) =>
        signIn(() => askInBrowser(client, need, account?.username, openBrowser)),
    };
  }
}
