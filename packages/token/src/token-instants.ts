import type { AccessToken } from './token-credential.js';

/** By what the instants of a token are reckoned. */
export interface InstantSettings {
  readonly clockSkewMs: number;
  readonly random: () => number;
}

/** The instants in a token's life, in epoch milliseconds. */
export interface TokenInstants {
  /** From here on another one is asked for while this one serves. Never later than `usableUntil`. */
  readonly refreshAt: number;
  /** Until here it is put on requests. */
  readonly usableUntil: number;
}

const LONG_LIFETIME_MS = 2 * 60 * 60_000;
const REFRESH_BEFORE_EXPIRY_MS = 5 * 60_000;
const REFRESH_JITTER = 0.1;

// However often what remains of a token is halved, its source is left alone for as long as after a failure.
const LEAST_PAUSE_MS = 5_000;

/**
 * When a token that came at `now` (epoch milliseconds) is refreshed, and how long it is used; `before` is the one that was
 * held until then.
 */
export function instantsOf(
  access: AccessToken,
  now: number,
  before: AccessToken | undefined,
  { clockSkewMs, random }: InstantSettings,
): TokenInstants {
  const { expiresOnTimestamp } = access;
  // A quarter at most: else a token that lives shorter than the margin would be asked for by every call.
  const marginMs = Math.min(clockSkewMs, (expiresOnTimestamp - now) / 4);
  const soonest = Math.min(now + LEAST_PAUSE_MS, expiresOnTimestamp);
  const usableUntil = Math.max(expiresOnTimestamp - marginMs, soonest);

  const wanted = isNoLater(access, before) ? undefined : refreshAfter(access, now);
  // A source that answers from its cache may name an instant that is past.
  const fits = wanted !== undefined && wanted > now && wanted < usableUntil;
  const instant = fits ? wanted : now + (usableUntil - now) / 2;
  const spreadMs = REFRESH_JITTER * Math.min(instant - now, usableUntil - instant);
  const refreshAt = Math.max(instant + spreadMs * (2 * random() - 1), soonest);
  return { refreshAt, usableUntil };
}

/** The source has no better one: whatever instant it names, it named that one for the token that was held. */
function isNoLater({ expiresOnTimestamp }: AccessToken, before: AccessToken | undefined): boolean {
  return before !== undefined && expiresOnTimestamp <= before.expiresOnTimestamp;
}

function refreshAfter({ refreshAfterTimestamp, expiresOnTimestamp }: AccessToken, now: number): number {
  const lifetimeMs = expiresOnTimestamp - now;
  if (Number.isFinite(refreshAfterTimestamp)) return refreshAfterTimestamp ?? now;
  if (lifetimeMs > LONG_LIFETIME_MS) return now + lifetimeMs / 2;
  return expiresOnTimestamp - Math.min(REFRESH_BEFORE_EXPIRY_MS, lifetimeMs / 2);
}
