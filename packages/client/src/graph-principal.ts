import type { CurrentCall } from '@holdfast/core';
import { identityOf, inheritedBy, isTokenCredential } from '@holdfast/token';
import type { InternalAxiosRequestConfig } from 'axios';
import { uuid } from './uuid.js';

const byIdentity = new WeakMap<object, string>();
const byCall = new WeakMap<CurrentCall, string>();

/**
 * Who `me` is in a request: `me` itself for the client's own credential, and with another one a text that is of that credential
 * alone, in this process and beside others. Nothing of the credential is in it.
 */
export function principalOf({ holdfast }: InternalAxiosRequestConfig, call: CurrentCall): string {
  const known = byCall.get(call);
  if (known !== undefined) return known;
  const credential = holdfast?.credential ?? inheritedBy(call);
  // What is no credential is refused further in.
  const principal = isTokenCredential(credential) ? nameOf(identityOf(credential) ?? credential) : 'me';
  byCall.set(call, principal);
  return principal;
}

function nameOf(identity: object): string {
  let name = byIdentity.get(identity);
  if (name === undefined) {
    name = `me-${uuid()}`;
    byIdentity.set(identity, name);
  }
  return name;
}
