import { asAbortError, orCanceled } from '@holdfast/core';
import type { AccessToken, GetTokenOptions, TokenCredential } from '@holdfast/token';
import { noTokenFor, refused } from './refused.js';

/** The credential that a factory makes where it has nothing to stand on: another may be asked in its place. */
export class UnavailableCredential implements TokenCredential {
  /** In messages. */
  readonly name: string;
  readonly #reason: string;

  /** The reason is ours, and holds no secret. */
  constructor(name: string, reason: string) {
    this.name = name;
    this.#reason = reason;
  }

  getToken(scopes: string | string[], { abortSignal }: GetTokenOptions = {}): Promise<AccessToken> {
    const wanted = typeof scopes === 'string' ? [scopes] : scopes;
    const message = `${noTokenFor(wanted)}${this.#reason}`;
    const unavailable = Promise.reject<AccessToken>(
      refused(message, wanted, { transient: false, unavailable: true }),
    );
    return asAbortError(orCanceled(unavailable, abortSignal === undefined ? {} : { signal: abortSignal }));
  }
}
