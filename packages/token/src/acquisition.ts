import {
  cancellationOf,
  isCanceled,
  isTraced,
  offCancel,
  onCancel,
  outsideOfScopes,
  trace,
  type Cancelable,
  type Clock,
  type Listened,
  type Timer,
  type TokenDemand,
  type TokenEvent,
} from '@holdfast/core';
import { unansweredAcquisition, unusableToken } from './acquisition-failure.js';
import type { CachedToken } from './cached-token.js';
import { keyOf } from './demand.js';
import type { AccessToken, TokenCredential } from './token-credential.js';

/** What one token is asked for with, every time. */
export interface TokenRequest {
  readonly scopes: readonly string[];
  readonly tenantId: string | undefined;
  readonly enableCae: boolean;
}

/** By what, and how long, a credential is asked. */
export interface AcquisitionSettings {
  readonly acquisitionTimeoutMs: number | false;
  readonly clock: Clock;
}

/** What sets one acquisition apart from the others of the same token. */
export interface AcquisitionInit {
  readonly demand: TokenDemand;
  readonly reason: TokenEvent['reason'];
  /** The token that is held when it begins: another one later on means that the source has answered meanwhile. */
  readonly before: CachedToken | undefined;
}

/** One who waits for the answer. */
interface Waiter extends Listened {
  readonly resolve: (token: CachedToken) => void;
  readonly reject: (error: unknown) => void;
  /** He gives up. */
  readonly leave: () => void;
}

/** What becomes of an acquisition, for all who wait. */
export interface Outcomes {
  succeeded(access: AccessToken, acquisition: Acquisition): CachedToken;
  /** What it throws, those who wait get. */
  failed(error: unknown, acquisition: Acquisition): CachedToken;
}

/**
 * One question to a credential, for all who wait for its answer. It goes on when they have all left, since a credential
 * that is slower than its callers' deadlines would else never answer; but then it does not keep the process alive.
 */
export class Acquisition {
  readonly demand: TokenDemand;
  /** '' where nothing is demanded. */
  readonly demandKey: string;
  readonly before: CachedToken | undefined;
  /** Somebody waits for it because his token was rejected. */
  answersRejection = false;
  readonly #settings: AcquisitionSettings;
  readonly #scopes: readonly string[];
  readonly #endsAt: number;
  readonly #abort = new AbortController();
  readonly #waiters = new Set<Waiter>();
  #settled = false;
  #timer: Timer | undefined = undefined;
  #giveUp: ((error: unknown) => void) | undefined = undefined;

  constructor(
    credential: TokenCredential,
    request: TokenRequest,
    init: AcquisitionInit,
    settings: AcquisitionSettings,
    outcomes: Outcomes,
  ) {
    this.demand = init.demand;
    this.demandKey = keyOf(init.demand);
    this.before = init.before;
    this.#settings = settings;
    this.#scopes = request.scopes;
    const { clock, acquisitionTimeoutMs } = settings;
    this.#endsAt = acquisitionTimeoutMs === false ? Infinity : clock.now() + acquisitionTimeoutMs;
    this.#keepTime();
    const token = this.#ask(credential, request, init.reason).then(
      (access) => {
        this.#end();
        return outcomes.succeeded(access, this);
      },
      (error: unknown) => {
        this.#end();
        return outcomes.failed(error, this);
      },
    );
    // All are told from here: chains of promises of their own are what 10,000 who wait would be slow by.
    token.then(
      (succeeded) => {
        this.#tell(({ resolve }) => {
          resolve(succeeded);
        });
      },
      (error: unknown) => {
        this.#tell(({ reject }) => {
          reject(error);
        });
      },
    );
  }

  /** Its token, for one of those who wait: he can leave. To be asked for while it is under way. */
  waitFor(caller: Cancelable): Promise<CachedToken> {
    if (isCanceled(caller)) return Promise.reject(cancellationOf(caller));
    return new Promise((resolve, reject) => {
      const leave = () => {
        offCancel(waiter, leave);
        this.#waiters.delete(waiter);
        if (this.#waiters.size === 0) this.#keepTime();
        reject(cancellationOf(caller));
      };
      const { signal, cancelToken } = caller;
      const waiter: Waiter = { resolve, reject, signal, cancelToken, leave };
      onCancel(caller, leave);
      this.#waiters.add(waiter);
      if (this.#waiters.size === 1) this.#keepTime();
    });
  }

  #tell(what: (waiter: Waiter) => void): void {
    for (const waiter of this.#waiters) {
      offCancel(waiter, waiter.leave);
      what(waiter);
    }
    this.#waiters.clear();
  }

  #ask(
    credential: TokenCredential,
    request: TokenRequest,
    reason: TokenEvent['reason'],
  ): Promise<AccessToken> {
    // A source that has a cache of its own would answer with the token that is to be replaced.
    const answer = () => this.#answer(credential, request, reason !== 'needed');
    if (!isTraced('token')) return answer();
    const { scopes, tenantId } = request;
    const { clock } = this.#settings;
    const withClaims = this.demand.claims !== undefined;
    const event: TokenEvent = { scopes, tenantId, reason, withClaims, startedAt: clock.now() };
    return trace('token', event, async () => {
      try {
        const access = await answer();
        event.expiresAt = access.expiresOnTimestamp;
        return access;
      } finally {
        event.endedAt = clock.now();
      }
    });
  }

  async #answer(
    credential: TokenCredential,
    { scopes, tenantId, enableCae }: TokenRequest,
    forceRefresh: boolean,
  ): Promise<AccessToken> {
    const timedOut = new Promise<never>((_, reject) => (this.#giveUp = reject));
    const options = {
      abortSignal: this.#abort.signal,
      ...this.demand,
      ...(tenantId !== undefined && { tenantId }),
      ...(enableCae && { enableCae }),
      ...(forceRefresh && { forceRefresh }),
    };
    // All who wait share the token: a credential that makes calls of its own (to the vault with its secret, say) must neither ask
    // itself for theirs, nor end with the deadline of the first.
    const answer = outsideOfScopes(() => credential.getToken([...scopes], options));
    const access = await Promise.race([answer, timedOut]);
    return usable(access, scopes, this.#settings.clock.now());
  }

  /** A timer cannot be made to count again once it is unref'd: whoever comes or leaves starts it anew. */
  #keepTime(): void {
    const { clock, acquisitionTimeoutMs } = this.#settings;
    if (acquisitionTimeoutMs === false || this.#settled) return;
    this.#timer?.cancel();
    // Never longer than the whole: the clock may be set back.
    const leftMs = Math.min(Math.max(0, this.#endsAt - clock.now()), acquisitionTimeoutMs);
    this.#timer = clock.setTimeout(() => {
      this.#giveUp?.(unansweredAcquisition(acquisitionTimeoutMs, this.#scopes));
      this.#abort.abort();
    }, leftMs);
    if (this.#waiters.size === 0) this.#timer.unref();
  }

  #end(): void {
    this.#settled = true;
    this.#timer?.cancel();
  }
}

function usable(access: AccessToken | null, scopes: readonly string[], now: number): AccessToken {
  if (access === null || typeof access !== 'object') throw unusableToken('nothing', scopes);
  const { token, expiresOnTimestamp } = access;
  if (typeof token !== 'string' || token === '') throw unusableToken('an empty token', scopes);
  if (!Number.isFinite(expiresOnTimestamp)) throw unusableToken('a token without an expiry', scopes);
  if (expiresOnTimestamp <= now) throw unusableToken('a token that has expired', scopes);
  // A source may go on using its object, and so may whoever is given it.
  return Object.freeze({ ...access, token, expiresOnTimestamp });
}
