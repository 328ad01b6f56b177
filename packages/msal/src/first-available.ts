import {
  asAbortError,
  cancellationOf,
  isCanceled,
  isHoldfastError,
  unavailableFailure,
  type Cancelable,
  type TokenAcquisitionError,
} from '@holdfast/core';
import type { AccessToken, GetTokenOptions, TokenCredential, TokenHolder } from '@holdfast/token';
import { demandOf, isStepUp } from './demand.js';
import { Election, type Candidate, type Loser } from './election.js';
import { ManagedIdentityClient } from './managed-identity-client.js';
import { PROVIDER, noTokenFor, refused } from './refused.js';
import { UnavailableCredential } from './unavailable-credential.js';

/**
 * The first of these credentials that has something to stand on where the program runs: one line for production and for a
 * developer's machine. At the first `getToken` each is asked once, in order, until one has a token; that one is asked from
 * then on, and no other. A credential that is there and fails (an outage, a wrong secret) is never replaced by the next.
 *
 * @throws {TypeError} for no credentials, and for what is none, naming its place.
 */
export function firstAvailable(...credentials: TokenCredential[]): TokenCredential {
  if (credentials.length === 0)
    throw new TypeError('firstAvailable(): at least one credential must be given');
  for (const [index, credential] of credentials.entries())
    if (!isTokenCredential(credential))
      throw new TypeError(
        `firstAvailable(): argument ${index + 1} of ${credentials.length} must be an object with getToken()`,
      );
  return new FirstAvailable(
    credentials.map((credential, index) => ({ credential, name: nameOf(credential, index) })),
  );
}

class FirstAvailable implements TokenCredential {
  readonly #candidates: readonly Candidate[];
  #winner: TokenCredential | undefined = undefined;
  /** Those that were not available, in order: the next election goes on behind them. */
  readonly #losers: Loser[] = [];
  #election: Election | undefined = undefined;

  constructor(candidates: readonly Candidate[]) {
    this.#candidates = candidates;
  }

  async getToken(scopes: string | string[], options: GetTokenOptions = {}): Promise<AccessToken | null> {
    // A list of our own: what the caller does with his, while one after the other is asked, changes nothing.
    const wanted = typeof scopes === 'string' ? scopes : [...scopes];
    if (this.#winner !== undefined) return askWinner(this.#winner, wanted, options);
    const { winner, token } = await asAbortError(this.#elected(wanted, options));
    return token ?? askWinner(winner, wanted, options);
  }

  onPrincipalChange(holder: TokenHolder): void {
    for (const { credential } of this.#candidates) credential.onPrincipalChange?.(holder);
  }

  /** The winner, and the token of his probe where it is what this caller asks for. */
  async #elected(
    scopes: string | string[],
    options: GetTokenOptions,
  ): Promise<{ readonly winner: TokenCredential; readonly token?: AccessToken }> {
    const { abortSignal } = options;
    const caller: Cancelable = abortSignal === undefined ? {} : { signal: abortSignal };
    while (this.#winner === undefined) {
      if (isCanceled(caller)) throw cancellationOf(caller);
      const { election, isOwn } = this.#join(scopes, options);
      const elected = await election.waitFor(caller).catch((error: unknown) => {
        if (isOwn || isCanceled(caller)) throw error;
        // What cannot be had for another's scopes may be had for his.
        return undefined;
      });
      if (elected === undefined) continue;
      if (elected.winner === undefined) throw noneAvailable(elected.losers, listOf(scopes));
      const { winner, token } = elected;
      this.#winner ??= winner;
      return isOwn && isPlain(options) ? { winner, token } : { winner };
    }
    return { winner: this.#winner };
  }

  #join(
    scopes: string | string[],
    options: GetTokenOptions,
  ): { readonly election: Election; readonly isOwn: boolean } {
    const request = requestOf(scopes, options);
    const running = this.#election;
    if (running !== undefined && !running.isOver)
      return { election: running, isOwn: request !== undefined && request === running.request };
    // Who somebody is does not depend on what an API asks of a token.
    const plain = Object.fromEntries(
      Object.entries(options).filter(([name]) => !OF_THE_TOKEN.has(name)),
    ) as GetTokenOptions;
    this.#election = new Election(this.#candidates, this.#losers, request, (credential, abortSignal) =>
      credential.getToken(scopes, { ...plain, abortSignal }),
    );
    return { election: this.#election, isOwn: true };
  }
}

/** A developer's tool that has lost its sign-in, or cannot satisfy claims, says what to do. */
async function askWinner(
  winner: TokenCredential,
  scopes: string | string[],
  options: GetTokenOptions,
): Promise<AccessToken | null> {
  try {
    return await winner.getToken(scopes, options);
  } catch (error) {
    if (isHoldfastError(error)) throw error;
    const claims = isEmpty(options.claims) ? undefined : options.claims;
    const demand = demandOf({ ...options, claims });
    const init = { service: PROVIDER, scopes: listOf(scopes), demand, cause: undefined };
    throw unavailableFailure(error, init) ?? error;
  }
}

function noneAvailable(losers: readonly Loser[], scopes: readonly string[]): TokenAcquisitionError {
  const lines = losers.map(({ name, reason }) => `\n  ${name}: ${reason}`);
  const message = `${noTokenFor(scopes)}no credential is available here${lines.join('')}`;
  const cause = new AggregateError(
    losers.map(({ error }) => error),
    'No credential is available',
  );
  const transient = losers.some((loser) => loser.transient);
  return refused(message, scopes, { transient, unavailable: true, cause });
}

/** What is asked of a token, and not of whom it is for. */
const OF_THE_TOKEN: ReadonlySet<string> = new Set(['claims', 'acrValues', 'maxAge', 'forceRefresh']);

// What Azure's SDKs hand along to whoever is asked, and what changes nothing about the token.
const NOT_ASKED: ReadonlySet<string> = new Set([
  ...OF_THE_TOKEN,
  'abortSignal',
  'requestOptions',
  'tracingOptions',
]);

/** What a probe asks for, so that another caller may have its token; `undefined` for what is not known here. */
function requestOf(scopes: string | string[], options: GetTokenOptions): string | undefined {
  const { tenantId, enableCae = false, ...others } = options;
  if (!Object.keys(others).every((name) => NOT_ASKED.has(name))) return undefined;
  return JSON.stringify([listOf(scopes), tenantId, enableCae]);
}

/** Whether a token will do of which nothing was demanded, and is as good as new. */
function isPlain({ claims, forceRefresh = false, ...options }: GetTokenOptions): boolean {
  return isEmpty(claims) && !isStepUp(demandOf(options)) && !forceRefresh;
}

/** As Azure's credentials read claims. */
function isEmpty(claims: string | undefined): boolean {
  return (claims ?? '').trim() === '';
}

function listOf(scopes: string | string[]): readonly string[] {
  return typeof scopes === 'string' ? [scopes] : scopes;
}

/** Whether this can be asked for tokens. */
export function isTokenCredential(value: unknown): value is TokenCredential {
  return (
    typeof value === 'object' && value !== null && 'getToken' in value && typeof value.getToken === 'function'
  );
}

/** In messages: by its class, as Azure's credentials are known. */
function nameOf(credential: TokenCredential, index: number): string {
  if (credential instanceof UnavailableCredential) return credential.name;
  if (credential instanceof ManagedIdentityClient) return 'managedIdentity()';
  if (credential instanceof FirstAvailable) return 'firstAvailable()';
  // What a module exports has no class at all.
  const name = 'constructor' in credential ? credential.constructor.name : '';
  return name === '' || name === 'Object' ? `credential ${index + 1}` : name;
}
