import { currentCall, type Authorization, type CurrentCall, type TokenDemand } from '@holdfast/core';
import type { InternalAxiosRequestConfig } from 'axios';
import { failureForCall } from './acquisition-failure.js';
import { overlapping } from './overlapping-sends.js';
import type { AccessToken } from './token-credential.js';

/** Who can give another token for one that was rejected. */
export interface TokenSuccession {
  readonly scopes: readonly string[];
  replace(
    rejected: CachedToken,
    demand: TokenDemand,
    config: InternalAxiosRequestConfig,
    call: CurrentCall,
  ): Promise<CachedToken | undefined>;
}

/** How a token came to be held. */
export interface CachedTokenInit {
  readonly access: AccessToken;
  readonly acquiredAt: number;
  readonly usableUntil: number;
  readonly demandKey: string;
  readonly answersRejection: boolean;
  readonly succession: TokenSuccession;
}

/**
 * A token in use. It stands in `call.authorization`, where anybody may look, so the secret is in private fields only.
 */
export class CachedToken implements Authorization {
  /** Epoch milliseconds. */
  readonly acquiredAt: number;
  /** Epoch milliseconds until which it is put on requests. */
  readonly usableUntil: number;
  /** What it was acquired for (`keyOf()`); '' when nobody had demanded anything. */
  readonly demandKey: string;
  /** It was acquired because another one had been rejected. */
  readonly answersRejection: boolean;
  readonly #succession: TokenSuccession;
  readonly #access: AccessToken;
  readonly #header: string;

  constructor({ access, acquiredAt, usableUntil, demandKey, answersRejection, succession }: CachedTokenInit) {
    this.acquiredAt = acquiredAt;
    this.usableUntil = usableUntil;
    this.demandKey = demandKey;
    this.answersRejection = answersRejection;
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

  /** Whether both have the same text: a source may give the same token again. */
  equals(other: CachedToken): boolean {
    return other.#access.token === this.#access.token;
  }

  attachTo(config: InternalAxiosRequestConfig): void {
    config.headers.Authorization = this.#header;
  }

  renew(config: InternalAxiosRequestConfig, demand: TokenDemand): Promise<boolean> {
    const call = currentCall(config);
    return this.#succession.replace(this, demand, config, call).then(
      (other) => this.#makeWayFor(other, config, call),
      (error: unknown) => {
        throw failureForCall(error, call.service, config);
      },
    );
  }

  #makeWayFor(
    other: CachedToken | undefined,
    config: InternalAxiosRequestConfig,
    call: CurrentCall,
  ): boolean {
    // A send that has ended meanwhile took its token off the request; nobody would take off another one.
    if (call.authorization === undefined) return false;
    // Another send of the same request may have got this one since the refused one was sent: then it is the other token.
    if (other === undefined) return this.answersRejection && overlapping.has(call);
    call.authorization = other;
    other.attachTo(config);
    return true;
  }
}
