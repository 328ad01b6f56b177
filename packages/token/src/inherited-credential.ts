import { inScope, inherited, type CurrentCall } from '@holdfast/core';
import { isTokenCredential, type TokenCredential } from './token-credential.js';

/** Behind a function: Node may keep it on every promise of the scope, where an inspection shows it. */
type Inherited = () => TokenCredential;

const SCOPE = 'credential';

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
  const hidden: Inherited = () => credential;
  return inScope(SCOPE, hidden, fn);
}

/** Calls that were begun inside of `withCredential()`. */
const inheritors = new WeakMap<CurrentCall, TokenCredential>();

/**
 * The credential that a call inherits. Read once, for its first attempt: it is one user's to its end, also where the wait
 * before a retry ends in somebody else's scope.
 */
export function inheritedBy(call: CurrentCall): TokenCredential | undefined {
  if (call.sends > 0) return inheritors.get(call);
  const credential = (inherited(SCOPE) as Inherited | undefined)?.();
  if (credential !== undefined) inheritors.set(call, credential);
  return credential;
}
