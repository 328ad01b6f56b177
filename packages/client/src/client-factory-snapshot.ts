import type { Breaker, BreakerWindow, CircuitState, Forced } from '@holdfast/circuit-breaker';
import type { FailureSummary } from '@holdfast/core';
import type { AxiosInstance } from 'axios';
import type { Agent } from 'node:http';
import { agentsOf } from './agents.js';

/**
 * What an operator wants to see of all services of a factory, as plain data for JSON. Instants are epoch milliseconds; what
 * does not apply is not there. There is no secret in it, but names, keys and reasons are: for those who operate it.
 */
export interface ClientsSnapshot {
  /** Of this shape: it changes when a reader of the old one could not read the new one. */
  readonly version: 1;
  readonly at: number;
  /** The factory was closed: it takes no calls any more. */
  readonly closed: boolean;
  /** By the names under which the factory has them. */
  readonly services: Readonly<Record<string, ServiceSnapshot>>;
}

/** One service of a {@link ClientsSnapshot}. */
export interface ServiceSnapshot {
  /** As errors, journals and events have it. */
  readonly name: string;
  /** Without user, password and query. */
  readonly baseURL: string;
  /** Its client was asked for. */
  readonly used: boolean;
  /** Calls that have begun and not ended. */
  readonly inFlight: number;
  /** Its circuits, the healthy ones too: mostly one; of a service with a `key` of its own, those of the keys in use. */
  readonly breakers: readonly ServiceBreaker[];
  /** Its gates that are closed now, unless a store of the owner's own keeps them. */
  readonly gates: readonly ServiceGate[];
  /** The connections of its own agents, where it has some. */
  readonly sockets?: ServiceSockets;
}

/** One circuit of a service. */
export interface ServiceBreaker {
  readonly key: string;
  readonly state: CircuitState;
  readonly openUntil?: number;
  readonly forced?: Forced;
  readonly window: BreakerWindow;
  readonly lastFailure?: FailureSummary;
}

/** One closed gate of a service. */
export interface ServiceGate {
  readonly key: string;
  readonly closedAt: number;
  /** Nothing is sent before. */
  readonly until: number;
}

/** The connections of a service's client. */
export interface ServiceSockets {
  readonly inUse: number;
  /** Open, and idle. */
  readonly free: number;
  /** Sends that wait for a connection. */
  readonly queued: number;
}

/** Circuits as they are shown to an operator, by the names of their services. */
export type BreakersByService = ReadonlyMap<string, readonly ServiceBreaker[]>;

/** Of thousands of services, each looks up its own. */
export function byService(breakers: Iterable<Breaker>): BreakersByService {
  const shown = new Map<string, ServiceBreaker[]>();
  for (const { service, key, state, openUntil, forced, window, lastFailure } of breakers) {
    const one = {
      key,
      state,
      ...(openUntil !== undefined && { openUntil }),
      ...(forced && { forced }),
      window,
      ...(lastFailure && { lastFailure }),
    };
    const others = shown.get(service);
    if (others === undefined) shown.set(service, [one]);
    else others.push(one);
  }
  return shown;
}

/** The connections of a client's own agents; `undefined` without any. */
export function socketsOf(client: AxiosInstance): ServiceSockets | undefined {
  const { httpAgent, httpsAgent } = agentsOf(client)?.defaults ?? {};
  const agents = ([httpAgent, httpsAgent] as (Agent | undefined)[]).filter((agent) => agent !== undefined);
  if (agents.length === 0) return undefined;
  return {
    inUse: countOf(agents.map(({ sockets }) => sockets)),
    free: countOf(agents.map(({ freeSockets }) => freeSockets)),
    queued: countOf(agents.map(({ requests }) => requests)),
  };
}

/** Of each origin there is a list. */
function countOf(byOrigin: readonly Readonly<Record<string, readonly unknown[] | undefined>>[]): number {
  return byOrigin.flatMap((lists) => Object.values(lists).flat()).length;
}

/** A URL without what may be secret in it. */
export function shownURL(baseURL: string): string {
  const { origin, pathname } = new URL(baseURL);
  return pathname === '/' ? origin : origin + pathname;
}
