import { isText } from '@holdfast/core';

/** Whether this is a scope, or a list of scopes. */
export function isScopes(value: unknown): boolean {
  return isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText));
}

/** A list of our own: what the caller does with his later changes nothing. */
export function listOf(scopes: string | readonly string[]): readonly string[] {
  return typeof scopes === 'string' ? [scopes] : [...scopes];
}
