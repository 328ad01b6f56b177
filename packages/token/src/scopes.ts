import { isText } from '@holdfast/core';

/** Whether this is a scope, or a list of scopes. */
export function isScopes(value: unknown): boolean {
  return isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText));
}
