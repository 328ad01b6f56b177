import { inspect } from 'node:util';
import type { IdentityProvider } from '@holdfast/testing';

/** What a promise rejects with, which has to reject. */
export function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('A token was not expected');
    },
    (error: unknown) => error,
  );
}

/** Every way in which a value ends up in a log. */
export function shown(value: unknown): string {
  return [
    inspect(value, { depth: Infinity, showHidden: true, getters: true }),
    inspect({ ...(value as object) }, { depth: Infinity, getters: true }),
    String(value),
    value instanceof Error ? `${value.stack} ${JSON.stringify(value)}` : '',
  ].join('\n');
}

/** Resolves as soon as the identity provider has been asked so many times. */
export async function asked(idp: IdentityProvider, times: number): Promise<void> {
  while (idp.tokenRequests.length < times) await new Promise((resolve) => setImmediate(resolve));
}
