import { LONGEST_TIMER_MS, accepted, count, readOptions } from '@holdfast/core';
import type { AxiosInstance, CreateAxiosDefaults } from 'axios';
import http from 'node:http';
import https from 'node:https';
import { inspect } from 'node:util';

/** Options of the agents that a service client has of its own. */
export interface AgentOptions {
  /**
   * How many connections there are to one origin at a time. Default: 100. Too few, and calls queue for one inside of their
   * attempt timeout; too many, and a service that is slow takes all of a process's files or of a gateway's ports.
   */
  readonly maxSockets?: number;
  /**
   * How many of them stay open while nothing is sent. Default: 100. Too few, and after each burst connections are made anew;
   * more than `maxSockets` there never are.
   */
  readonly maxFreeSockets?: number;
  /**
   * Milliseconds for which one stays open so; less where the server announces that it closes earlier. Default: 4,000. Longer
   * than the server keeps it, and a request can meet its end: a POST that does is lost. Too short, and calls connect anew.
   */
  readonly idleMs?: number;
}

const schemas = {
  // Fewer than the 128 ports that a worker of Azure App Service has to one address and port:
  // https://learn.microsoft.com/azure/app-service/troubleshoot-intermittent-outbound-connection-errors
  maxSockets: count(100, 1),
  maxFreeSockets: count(100, 1),
  // Node's, Apache's and uvicorn's servers close a connection that is idle for 5 s, load balancers after a minute or more.
  idleMs: accepted<number>(
    (value) => typeof value === 'number' && value > 0 && value <= LONGEST_TIMER_MS,
    `a number of milliseconds above 0, up to ${LONGEST_TIMER_MS}`,
    4_000,
  ),
};

/** The agents of one client: what happens to the sockets of another service happens to none of these. */
export class ClientAgents {
  /** As axios takes them. */
  readonly defaults: Pick<CreateAxiosDefaults, 'httpAgent' | 'httpsAgent'>;

  constructor(defaults: Pick<CreateAxiosDefaults, 'httpAgent' | 'httpsAgent'>) {
    this.defaults = defaults;
  }

  /** Ends the connections that are idle, the others when they are done with, and keeps none from then on. */
  close(): void {
    for (const agent of Object.values(this.defaults) as http.Agent[]) retire(agent);
  }
}

/**
 * What makes the agents for a client with these axios defaults, when there is to be one: for each protocol that has none
 * there, and none at all where it is not axios's http adapter that sends.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function agentsFor(
  { adapter, httpAgent, httpsAgent }: Pick<CreateAxiosDefaults, 'adapter' | 'httpAgent' | 'httpsAgent'>,
  options: AgentOptions | false,
): () => ClientAgents {
  const { maxSockets, maxFreeSockets, idleMs } = readOptions(
    'agent',
    schemas,
    options === false ? {} : options,
  );
  const sendsByAgent = [adapter].flat().some((one) => one === undefined || one === 'http');
  if (options === false || !sendsByAgent) return () => new ClientAgents({});
  const pooling = { keepAlive: true, maxSockets, maxFreeSockets, timeout: idleMs };
  return () =>
    new ClientAgents({
      ...(httpAgent === undefined && { httpAgent: guarded(new http.Agent(pooling)) }),
      ...(httpsAgent === undefined && { httpsAgent: guarded(new https.Agent(pooling)) }),
    });
}

const agentsByClient = new WeakMap<AxiosInstance, ClientAgents>();

/** Remembers what a client was given. */
export function putAgentsOf(client: AxiosInstance, agents: ClientAgents): void {
  agentsByClient.set(client, agents);
}

/** The agents that a client was given, without those that somebody else had made for it. */
export function agentsOf(client: AxiosInstance): ClientAgents | undefined {
  return agentsByClient.get(client);
}

/** Sockets hold the requests that they carry, and those their tokens: who logs a config must not walk into them. */
const SHOWN: PropertyDescriptorMap = {
  sockets: { enumerable: false },
  freeSockets: { enumerable: false },
  requests: { enumerable: false },
  toJSON: { value: shown },
  [inspect.custom]: { value: shown },
};

function shown(this: http.Agent): object {
  const { maxSockets, maxFreeSockets } = this;
  return { maxSockets, maxFreeSockets };
}

function guarded<T extends http.Agent & { readonly options?: http.AgentOptions }>(agent: T): T {
  Object.defineProperties(agent, SHOWN);
  // Node reads it for idle sockets. Who copies the options, as axios does to tunnel through a proxy and Node to connect, would
  // make a limit for connecting of it.
  if (agent.options !== undefined) Object.defineProperty(agent.options, 'timeout', { enumerable: false });
  return agent;
}

function retire(agent: http.Agent): void {
  // Node keeps no more idle sockets than that; those who queue for one still get it.
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets)) sockets?.forEach((socket) => socket.destroy());
}
