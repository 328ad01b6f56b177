import {
  cancellationOf,
  isCanceled,
  orCanceled,
  type Cancelable,
  type InteractionRequiredError,
  type Timer,
  type TokenDemand,
} from '@holdfast/core';
import type { Account } from './account.js';
import { demandOf, isStepUp } from './demand.js';
import { DeviceFlow, NO_STEP_UP } from './device-flow.js';
import { askInBrowser } from './loopback-browser.js';
import type { InteractionRequest, OnInteractionRequired } from './sign-in.js';
import { isSameStepUp } from './step-up.js';
import type { UserTokens } from './user-application.js';
import type { UserClient, UserNeed } from './user-client.js';
import { interactionFailed, nobodySignedIn, notSignedIn } from './user-failure.js';
import type { Interaction, UserSession } from './user-session.js';

/** What asks a user. */
export interface HookSettings {
  readonly client: UserClient;
  readonly session: UserSession;
  readonly hook: OnInteractionRequired;
  readonly timeoutMs: number;
}

interface UnderWay {
  readonly demand: TokenDemand;
  readonly ended: Promise<void>;
}

/**
 * Asks a user by a function of the app's. One at a time: whoever comes while he is being asked waits for what becomes of it. It
 * goes on when they have all left, because he may be in the middle of it.
 */
export class HookInteraction implements Interaction {
  readonly noStepUp = undefined;
  readonly #settings: HookSettings;
  #underWay: UnderWay | undefined = undefined;

  constructor(settings: HookSettings) {
    this.#settings = settings;
  }

  async join(failure: InteractionRequiredError, need: UserNeed): Promise<void> {
    const { demand, caller } = need;
    let isOwn = false;
    try {
      // What he is being asked for may not be what this one has to have of him: then that is the next question.
      while (this.#underWay !== undefined && isStepUp(demand) && !isSameStepUp(this.#underWay.demand, demand))
        await orCanceled(this.#underWay.ended, caller);
      isOwn = this.#underWay === undefined;
      this.#underWay ??= this.#begin(failure, need);
      await orCanceled(this.#underWay.ended, caller);
    } catch (error) {
      throw interactionFailed(failure, error, isOwn);
    }
  }

  #begin(failure: InteractionRequiredError, need: UserNeed): UnderWay {
    const ended = this.#ask(failure, need).finally(() => (this.#underWay = undefined));
    ended.catch(() => undefined);
    return { demand: need.demand, ended };
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
    const { signIns } = session;
    if (!abortSignal.aborted) await hook(this.#request(failure, need, account, abortSignal));
    // The refresh token of his last sign-in would bring a token that the API does not take either.
    if (isStepUp(need.demand) && signIns === session.signIns) throw nobodySignedIn(need);
  }

  #request(
    failure: InteractionRequiredError,
    asked: UserNeed,
    account: Account | undefined,
    abortSignal: AbortSignal,
  ): InteractionRequest {
    const { client, session } = this.#settings;
    const { scopes, claims, acrValues, maxAge, correlationId } = failure;
    const caller: Cancelable = { signal: abortSignal };
    const need = { ...asked, demand: demandOf(failure), caller };
    const signIn = async (ask: () => Promise<UserTokens>) => {
      if (isCanceled(caller)) throw cancellationOf(caller);
      return session.signIn(await orCanceled(ask(), caller), need);
    };
    return {
      claims,
      acrValues,
      maxAge,
      scopes,
      account,
      correlationId,
      abortSignal,
      byCode: (code) => signIn(() => client.redeem(code, need)),
      byDeviceCode: (prompt) => {
        if (isCanceled(caller)) return Promise.reject(cancellationOf(caller));
        if (isStepUp(need.demand)) return Promise.reject(notSignedIn(need, NO_STEP_UP));
        const flow = new DeviceFlow(client, need, prompt, (tokens) => session.signIn(tokens, need));
        return flow.join(caller);
      },
      inBrowser: ({ openBrowser }) =>
        signIn(() => askInBrowser(client, need, account?.username, openBrowser)),
    };
  }
}
