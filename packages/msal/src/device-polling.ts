import { growingBackoffMs, isCanceled, isText, wait, type Clock, type TokenDemand } from '@holdfast/core';
import { isSecureUrl } from './authority-metadata.js';
import type { Audience } from './audience.js';
import { demandOf } from './demand.js';
import { ProviderFailure, type PipelineNetwork } from './network.js';
import type { DevicePrompt } from './sign-in.js';
import { oauthErrorOf } from './token-answer.js';

/** By what a device's code is polled for. */
export interface PollingSettings {
  readonly network: Pick<PipelineNetwork, 'during' | 'sendGetRequestAsync' | 'sendPostRequestAsync'>;
  readonly audience: Audience;
  readonly show: (prompt: DevicePrompt) => void;
  readonly clock: Clock;
  readonly random: () => number;
}

type RequestOptions = Parameters<PipelineNetwork['sendPostRequestAsync']>[1];
type Answer<T> = ReturnType<typeof PipelineNetwork.prototype.sendPostRequestAsync<T>>;

// RFC 8628, sections 3.2 and 3.5.
const DEFAULT_INTERVAL_S = 5;
const SLOWER_MS = 5_000;

/**
 * MSAL's way to the network while it polls for a device's code. MSAL sleeps by timers that nothing ends, takes "slow down" and
 * any outage for the end, and an interval that is left out for none at all: so the polling is done in here, and MSAL sees
 * the last answer only. Nothing is asked while nobody waits.
 */
export class DevicePolling {
  readonly #settings: PollingSettings;
  #expiresAt = Infinity;
  #intervalMs = 0;
  /** Why the user is not signed in, in the identity provider's words. */
  #refusal: string | undefined = undefined;
  #claims: string | undefined = undefined;

  constructor(settings: PollingSettings) {
    this.#settings = settings;
  }

  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** What it wants more of him, where it says so: MSAL drops that. */
  get demand(): TokenDemand {
    return demandOf({ claims: this.#claims });
  }

  /** Whether the code that was shown is void by now. */
  get isExpired(): boolean {
    return this.#settings.clock.now() >= this.#expiresAt;
  }

  sendGetRequestAsync<T>(url: string, options?: RequestOptions): Answer<T> {
    return this.#settings.network.sendGetRequestAsync<T>(url, options);
  }

  async sendPostRequestAsync<T>(url: string, options?: RequestOptions): Answer<T> {
    if (new URLSearchParams(options?.body).has('device_code')) return this.#poll<T>(url, options);
    const answer = await this.#settings.network.sendPostRequestAsync<T>(url, options);
    this.#show(answer.body as Readonly<Record<string, unknown>>, answer.status);
    return answer;
  }

  /** MSAL looks at no error of this answer, nor at what is missing in it. */
  #show(body: Readonly<Record<string, unknown>>, status: number): void {
    const error = oauthErrorOf(body);
    if (error !== undefined) throw ended(error, `says ${error}`, status);
    const { user_code: userCode, device_code, verification_uri: verificationUri } = body;
    const { expires_in, interval = DEFAULT_INTERVAL_S, message } = body;
    const lifetimeS = Number(expires_in);
    const isUsable = isText(userCode) && isText(device_code) && isText(verificationUri) && lifetimeS > 0;
    if (!isUsable || !isSecureUrl(verificationUri) || !(Number(interval) >= 0))
      throw ended('unusable_device_code', 'answered without a code for the user', status);
    this.#expiresAt = this.#settings.clock.now() + lifetimeS * 1_000;
    this.#intervalMs = Number(interval) * 1_000;
    this.#settings.show({
      userCode,
      verificationUri,
      message: isText(message)
        ? message
        : `To sign in, open ${verificationUri} and enter the code ${userCode}.`,
      expiresAt: this.#expiresAt,
    });
  }

  async #poll<T>(url: string, options: RequestOptions): Answer<T> {
    const { network, audience, clock, random } = this.#settings;
    let failures = 0;
    let delayMs = this.#intervalMs;
    let dueAt = clock.now() + delayMs;
    for (;;) {
      const signal = await audience.present();
      const now = clock.now();
      // The clock may be set back.
      const leftMs = Math.min(dueAt - now, delayMs, this.#expiresAt - now);
      await wait(Math.max(0, leftMs), { signal }, clock).catch(() => undefined);
      if (isCanceled({ signal })) continue;
      if (this.isExpired) throw this.#over('expired_token');
      try {
        // Nobody leaves what is sent: the answer may be the user's tokens, for which the code is good once.
        const answer = await network.during(undefined, () => network.sendPostRequestAsync<T>(url, options));
        const error = oauthErrorOf(answer.body as object);
        if (error === 'slow_down') this.#intervalMs += SLOWER_MS;
        else if (error !== 'authorization_pending') {
          this.#refusal = error;
          this.#claims = claimsIn(answer.body as object);
          return answer;
        }
        failures = 0;
        delayMs = this.#intervalMs;
      } catch (error) {
        if (!(error instanceof ProviderFailure) || !error.transient) throw error;
        failures += 1;
        // At a distance that grows (RFC 8628, section 3.5): an outage is no reason for the user to begin again.
        delayMs = Math.max(this.#intervalMs, error.retryAfterMs ?? growingBackoffMs(failures, random));
      }
      dueAt = clock.now() + delayMs;
    }
  }

  #over(refusal: string): ProviderFailure {
    this.#refusal = refusal;
    return ended(refusal, `says ${refusal}`);
  }
}

/** Those that a provider asks for beside its error. */
function claimsIn({ claims }: { readonly claims?: unknown }): string | undefined {
  return isText(claims) ? claims : undefined;
}

function ended(code: string, message: string, status?: number): ProviderFailure {
  return new ProviderFailure({
    code,
    message,
    correlationId: '',
    status,
    transient: false,
    isRefusal: true,
  });
}
