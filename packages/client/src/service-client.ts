import { accepted, install, quotable, readOptions, required, type Interceptor } from '@holdfast/core';
import axios, { type AxiosInstance, type CreateAxiosDefaults } from 'axios';
import { agentsFor, putAgentsOf, type AgentOptions } from './agents.js';
import { refuseContradictingDefaults } from './contradictions.js';
import {
  standardPipeline,
  type PipelineOwner,
  type StandardInterceptorsOptions,
} from './standard-interceptors.js';

type AxiosDefaults = Omit<CreateAxiosDefaults, 'baseURL'>;

/** Options of {@link createServiceClient}, beside those of the standard pipeline. */
export interface ServiceClientOptions extends StandardInterceptorsOptions {
  /** Where the service is: https, or loopback. Its token goes nowhere else. Required. */
  readonly baseURL: string;
  /**
   * Options of the agents that keep the client's connections, or `false`: then it shares those of the process, without a
   * bound. Default: agents of its own for http and https, so that the hung sockets of one service never starve another. None
   * are made where `axios` has an agent for that protocol, or an adapter other than axios's `http`. The sessions of HTTP/2, and
   * the tunnels that axios makes through a proxy, are axios's own.
   */
  readonly agent?: AgentOptions | false;
  /** Whatever else `axios.create` takes: `headers`, `httpAgent`, `adapter`, … */
  readonly axios?: AxiosDefaults;
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

const schemas = {
  baseURL: quotable(
    required<string>((value) => typeof value === 'string' && URL.canParse(value), 'an absolute URL'),
  ),
  agent: accepted<AgentOptions | false>(
    (value) => value === false || isObject(value),
    'an object of options, or false',
    {},
  ),
  axios: accepted<AxiosDefaults>(isObject, 'an object of axios defaults', {}),
};

/**
 * An axios client for one service, with the standard pipeline and connections of its own: an ordinary `AxiosInstance`.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function createServiceClient(options: ServiceClientOptions): AxiosInstance {
  return preparedClient(options).make();
}

/** A client that is not made yet. */
interface PreparedClient {
  readonly interceptors: readonly Interceptor[];
  readonly make: () => AxiosInstance;
}

/**
 * Everything of a client that can be wrong, made and checked, and what makes the client itself. `owner`: a factory that makes
 * it for its user.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function preparedClient(options: ServiceClientOptions, owner?: PipelineOwner): PreparedClient {
  const { baseURL: url, agent: pooling, axios: others, ...standard } = options;
  const given = { baseURL: url, agent: pooling, axios: others };
  const { baseURL, agent, axios: defaults } = readOptions('createServiceClient', schemas, given);
  const interceptors = standardPipeline(standard, owner, defaults.timeout);
  refuseContradictingDefaults(defaults, interceptors);
  const makeAgents = agentsFor(defaults, agent);
  const clock = owner?.clock ?? standard.clock;

  const make = () => {
    const agents = makeAgents();
    const client = axios.create({ ...defaults, ...agents.defaults, baseURL });
    putAgentsOf(client, agents);
    install(client, interceptors, clock && { clock });
    return client;
  };
  return { interceptors, make };
}
