import { orCanceled, wait, type Cancelable, type Clock } from '@holdfast/core';
import { refused } from './acquisition-error.js';

/** A secret, or who knows it. */
export type SecretSource = string | (() => string | Promise<string>);

/** By what an application proves who it is. */
export type Proof = { readonly kind: 'secret'; readonly secret: string };

/** By what, and how long, a proof is had. */
export interface ProofSettings {
  readonly clientSecret: SecretSource;
  readonly timeoutMs: number | false;
  readonly clock: Clock;
}

/** Has the proof of an application ready, for each acquisition anew. */
export class ProofSource {
  readonly #settings: ProofSettings;

  constructor(settings: ProofSettings) {
    this.#settings = settings;
  }

  /** @throws {TokenAcquisitionError} when there is none. */
  async get(scopes: readonly string[], caller: Cancelable): Promise<Proof> {
    const { clientSecret } = this.#settings;
    if (typeof clientSecret === 'string') return { kind: 'secret', secret: clientSecret };
    const over = new AbortController();
    let secret: unknown;
    try {
      secret = await orCanceled(Promise.race([clientSecret(), this.#tooLong(over.signal)]), caller);
    } catch (error) {
      // Its name only: a vault's error can hold the request, and with it the token for the vault.
      const name = error instanceof Error ? error.name : typeof error;
      const message = `No token for ${scopes.join(' ')}: the clientSecret function failed (${name})`;
      throw refused(message, scopes, { transient: true });
    } finally {
      over.abort();
    }
    if (typeof secret === 'string' && secret !== '') return { kind: 'secret', secret };
    const message = `No token for ${scopes.join(' ')}: the clientSecret function returned no text`;
    throw refused(message, scopes, { transient: false });
  }

  /** Rejects once a function has had its time, unless it is over before. */
  async #tooLong(over: AbortSignal): Promise<never> {
    const { timeoutMs, clock } = this.#settings;
    if (timeoutMs === false) return new Promise<never>(() => undefined);
    await wait(timeoutMs, { signal: over }, clock);
    throw Object.assign(new Error('The clientSecret function took too long'), { name: 'TimeoutError' });
  }
}
