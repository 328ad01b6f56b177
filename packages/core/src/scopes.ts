import { AsyncLocalStorage } from 'node:async_hooks';

// Each is made by the first who opens it: reading one costs, and who has none is not to pay for it. Two copies of a package in
// one process (ESM and CommonJS, say) share what they know.
const KEY = Symbol.for('@holdfast/core/scopes/1');
const globals = globalThis as Record<symbol, Map<string, AsyncLocalStorage<unknown>> | undefined>;
const scopes = (globals[KEY] ??= new Map<string, AsyncLocalStorage<unknown>>());

/**
 * For interceptors: runs `fn`, and whatever it starts, in the scope of this name. No secret: Node may keep the value on every
 * promise of the scope, where an inspection shows it.
 */
export function inScope<T>(name: string, value: unknown, fn: () => T): T {
  let scope = scopes.get(name);
  if (scope === undefined) scopes.set(name, (scope = new AsyncLocalStorage()));
  return scope.run(value, fn);
}

/** What is inherited here by this name. */
export function inherited(name: string): unknown {
  return scopes.size === 0 ? undefined : scopes.get(name)?.getStore();
}

/**
 * Runs what is done for others as well, or goes on after its caller has had his answer, outside of `withCredential()` and
 * `withDeadline()` of the one who happens to be the first.
 */
export function outsideOfScopes<T>(fn: () => T): T {
  let outside = fn;
  for (const scope of scopes.values()) {
    const inner = outside;
    outside = () => scope.run(undefined, inner);
  }
  return outside();
}
