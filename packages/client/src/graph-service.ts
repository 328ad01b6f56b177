import { accepted, func, having, quotable, readOptions, systemClock, type Clock } from '@holdfast/core';
import { graphBatch, type GraphBatchOptions } from './graph-batch.js';
import { GRAPH_ROOTS, type GraphCloud } from './graph-cloud.js';
import { graphHints } from './graph-hints.js';
import { graphCircuitKey, graphGateKey } from './graph-key.js';
import type { ServiceClientOptions } from './service-client.js';

/** Options of {@link graphService}. */
export interface GraphServiceOptions {
  /** That of the pipeline. Default: interactive. `batch` for a user, and he looks at nothing for a quarter of an hour. */
  readonly profile?: 'interactive' | 'batch';
  /** The version of the API. Default: v1.0. `beta` changes without notice. */
  readonly version?: 'v1.0' | 'beta';
  /**
   * The cloud in which the tenant is. Default: global. In another one than the tenant's, no token is to be had: the credential's
   * authority must be of the same cloud.
   */
  readonly cloud?: GraphCloud;
  /** Options of {@link graphBatch}, or `false`: then throttled parts of a `$batch` are the caller's own matter. Default: its own. */
  readonly batch?: Omit<GraphBatchOptions, 'clock' | 'random'> | false;
  /** Where time comes from, for all interceptors. Default: the machine's clock. Given elsewhere alone, throttled parts wait in real time. */
  readonly clock?: Clock;
  /** Where chance comes from, for all interceptors: numbers from 0 up to 1. Default: `Math.random`. */
  readonly random?: () => number;
}

/** What {@link graphService} returns: all of a service's options but the credential. */
export type GraphService = Omit<ServiceClientOptions, 'credential'>;

const isOneOf = (names: object) => (value: unknown) =>
  typeof value === 'string' && Object.hasOwn(names, value);
const PROFILES = { interactive: true, batch: true };
const VERSIONS = { 'v1.0': true, beta: true };

const schemas = {
  profile: quotable(
    accepted<'interactive' | 'batch'>(isOneOf(PROFILES), '"interactive" or "batch"', 'interactive'),
  ),
  version: quotable(accepted<'v1.0' | 'beta'>(isOneOf(VERSIONS), '"v1.0" or "beta"', 'v1.0')),
  cloud: quotable(
    accepted<GraphCloud>(isOneOf(GRAPH_ROOTS), '"global", "usgov", "usgov-dod" or "china"', 'global'),
  ),
  batch: accepted<Omit<GraphBatchOptions, 'clock' | 'random'> | false>(
    (value) => value === false || (typeof value === 'object' && value !== null),
    'an object of options, or false',
    {},
  ),
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
  random: func<() => number>(Math.random),
};

/**
 * Microsoft Graph's manners, as options of a service: `createServiceClient({ ...graphService(), credential })`, or a value among
 * the services of a factory.
 *
 * A throttle holds for the mailbox, site, drive or team that it was told for, and a circuit opens for a whole workload (Outlook,
 * files, Teams, the directory …). Calls are spread by the `RateLimit` fields that SharePoint sends, throttled parts of a `$batch`
 * are sent again, and a failure's `request-id` stands in the story of its call.
 *
 * https://learn.microsoft.com/graph/best-practices-concept, https://learn.microsoft.com/graph/throttling
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function graphService(options: GraphServiceOptions = {}): GraphService {
  const { version, cloud, batch, clock, random } = readOptions('graphService', schemas, options);
  const root = GRAPH_ROOTS[cloud];
  return {
    name: 'graph',
    baseURL: `${root}/${version}`,
    scopes: [`${root}/.default`],
    // What is not said here may be said by a factory's defaults.
    ...given(options),
    key: graphGateKey,
    throttleGate: { pace: true },
    circuitBreaker: { key: graphCircuitKey },
    // It is the one that Microsoft Graph logs and echoes.
    correlation: { header: 'client-request-id' },
    ...(batch !== false && { before: { retry: graphBatch({ ...batch, clock, random }) } }),
    after: { attemptTimeout: graphHints() },
  };
}

function given({ profile, clock, random }: GraphServiceOptions): Partial<GraphService> {
  return { ...(profile && { profile }), ...(clock && { clock }), ...(random && { random }) };
}
