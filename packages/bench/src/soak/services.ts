import { createClientFactory, type ClientFactory, type Clients, type ServiceOptions } from '@holdfast/client';
import type { Clock } from '@holdfast/core';
import { Agent, type AgentOptions } from 'node:https';
import type { Api } from './api.js';
import type { Chance } from './chance.js';
import { SECRET_HEADER } from './elsewhere.js';
import type { Identities } from './identities.js';

/** The services that are called: by axios's http adapter, by fetch, and over TLS with an agent of one's own. */
export const SERVICES = ['orders', 'stock', 'vault', 'files'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** Of each call that does not say otherwise. */
export const DEADLINE_MS = 5_000;

/** The clients, and the agent that is not theirs to close. */
export interface SoakServices {
  readonly clients: ClientFactory & Clients<Record<ServiceName, ServiceOptions>>;
  readonly agent: Agent;
}

export function soakServices(
  apis: Readonly<Record<ServiceName, Api>>,
  { application }: Identities,
  {
    clock,
    chance,
    secure,
  }: { readonly clock: Clock; readonly chance: Chance; readonly secure: AgentOptions },
): SoakServices {
  const agent = new Agent({ keepAlive: true, maxSockets: 50, ...secure });
  const at = (name: ServiceName): { readonly baseURL: string; readonly scopes: string } => ({
    baseURL: apis[name].url,
    scopes: `${apis[name].audience}/.default`,
  });
  const guarded = { sensitiveHeaders: [SECRET_HEADER], axios: { headers: { [SECRET_HEADER]: 'a secret' } } };
  const clients = createClientFactory({
    credential: application,
    defaults: {
      deadlineMs: DEADLINE_MS,
      attemptTimeoutMs: 1_500,
      stallMs: 1_500,
      // An API is down for a second here, and not for a minute.
      circuitBreaker: { openMs: 300, maxOpenMs: 1_000, rampMs: 500 },
      clock,
      random: chance.next,
    },
    services: {
      orders: { ...at('orders'), ...guarded },
      stock: { ...at('stock'), axios: { adapter: 'fetch' } },
      vault: { ...at('vault'), axios: { httpsAgent: agent } },
      files: { ...at('files'), ...guarded, profile: 'batch', agent: { maxSockets: 30, idleMs: 500 } },
    },
  });
  return { clients, agent };
}
