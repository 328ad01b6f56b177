import { currentCall, type Authorization } from '@holdfast/core';
import type { InternalAxiosRequestConfig } from 'axios';
import { failureForCall, type AcquisitionFailure } from './acquisition-failure.js';
import type { AccessToken } from './token-credential.js';

/** Who can give another token for one that was rejected. */
export interface TokenSuccession {
  readonly scopes: readonly string[];
  replace(rejected: CachedToken, claims: string | undefined): Promise<CachedToken | undefined>;
}

/** Claims that were tried for a token and led nowhere; with the failure, where there was one. */
export interface DeadEnd {
  /** Epoch milliseconds until which it is not tried again. */
  readonly until: number;
  readonly failure?: AcquisitionFailure;
}

// Claims are the API's words: one that sends others each time must not fill the memory.
const MOST_DEAD_ENDS = 100;

/**
 * A token in use. It stands in `call.authorization`, where anybody may look, so the secret is in private fields only.
 */
export class CachedToken implements Authorization {
  /** Epoch milliseconds until which it is put on requests. */
  readonly usableUntil: number;
  readonly #succession: TokenSuccession;
  readonly #access: AccessToken;
  readonly #header: string;
  #deadEnds: Map<string, DeadEnd> | undefined = undefined;

  constructor(access: AccessToken, usableUntil: number, succession: TokenSuccession) {
    this.usableUntil = usableUntil;
    this.#access = access;
    this.#header = `Bearer ${access.token}`;
    this.#succession = succession;
  }

  get scopes(): readonly string[] {
    return this.#succession.scopes;
  }

  /** For callers that ask by `getToken`. A method, since inspecting an object may run its getters. */
  toAccessToken(): AccessToken {
    return this.#access;
  }

  holds(token: string): boolean {
    return this.#access.token === token;
  }

  equals(other: CachedToken): boolean {
    return other.holds(this.#access.token);
  }

  attachTo(config: InternalAxiosRequestConfig): void {
    config.headers.Authorization = this.#header;
  }

  async renew(config: InternalAxiosRequestConfig, claims: string | undefined): Promise<boolean> {
    const call = currentCall(config);
    const other = await this.#succession.replace(this, claims).catch((error: unknown) => {
      throw failureForCall(error, call.service, config);
    });
    // A send that has ended meanwhile took its token off the request; nobody would take off another one.
    if (other === undefined || call.authorization !== this) return false;
    call.authorization = other;
    other.attachTo(config);
    return true;
  }

  deadEnd(claims: string | undefined, now: number): DeadEnd | undefined {
    const found = this.#deadEnds?.get(claims ?? '');
    return found !== undefined && now < found.until ? found : undefined;
  }

  rememberDeadEnd(claims: string | undefined, deadEnd: DeadEnd): void {
    this.#deadEnds ??= new Map();
    if (this.#deadEnds.size >= MOST_DEAD_ENDS) this.#deadEnds.clear();
    this.#deadEnds.set(claims ?? '', deadEnd);
  }
}
