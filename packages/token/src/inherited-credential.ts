import { AsyncLocalStorage } from 'node:async_hooks';
import type { CurrentCall } from '@holdfast/core';
import { isTokenCredential, type TokenCredential } from './token-credential.js';

/** Behind a function: Node may keep it on every promise of the scope, where an inspection shows it. */
type Inherited = () => TokenCredential;

interface Shared {
  /** Made by the first `withCredential()` of the process: reading one costs, and who has none is not to pay for it. */
  scope: AsyncLocalStorage<Inherited | undefined> | undefined;
}

// Two copies of this package in one process (ESM and CommonJS, say) share what they know.
const KEY = Symbol.for('@holdfast/token/1');
const globals = globalThis as Record<symbol, Shared | undefined>;
const shared: Shared = (globals[KEY] ??= { scope: undefined });

/**
 * Runs `fn`, and returns what it returns. Calls made in it, and in whatever it starts, carry the token of this credential
 * in place of their client's: of every client with `attachToken()`, but for one with `inheritCredential: false`. A request
 * that names a credential of its own has that one; of two scopes the inner one counts.
 *
 * @throws {TypeError} for what is no credential, or no function.
 */
export function withCredential<T>(credential: TokenCredential, fn: () => T): T {
  if (!isTokenCredential(credential))
    throw new TypeError('withCredential(): the credential must be an object with getToken()');
  if (typeof fn !== 'function') throw new TypeError('withCredential(): fn must be a function');
  shared.scope ??= new AsyncLocalStorage();
  return shared.scope.run(() => credential, fn);
}

/** Calls that were begun inside of `withCredential()`. */
const inheritors = new WeakMap<CurrentCall, TokenCredential>();

/**
 * The credential that a call inherits. Read once, for its first attempt: it is one user's to its end, also where the wait
 * before a retry ends in somebody else's scope.
 */
export function inheritedBy(call: CurrentCall): TokenCredential | undefined {
  if (shared.scope === undefined) return undefined;
  if (call.sends > 0) return inheritors.get(call);
  const credential = shared.scope.getStore()?.();
  if (credential !== undefined) inheritors.set(call, credential);
  return credential;
}

/**
 * Runs what asks a credential for a token, outside of any scope: all who wait share the token, and a credential that makes
 * calls of its own (to the vault with its secret, say) would otherwise have to ask itself for theirs.
 */
export function outsideOfScope<T>(ask: () => T): T {
  return shared.scope === undefined ? ask() : shared.scope.run(undefined, ask);
}
