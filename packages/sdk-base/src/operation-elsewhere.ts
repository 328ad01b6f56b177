import { descriptionOf, install, interceptorsOn, type Clock, type Interceptor } from '@holdfast/core';
import axios, { type AxiosInstance } from 'axios';
import { SdkConnection } from './connection.js';

/** Those that neither put anything on a request nor name it: they wait, refuse, repeat and count. */
const GOING_ALONG: ReadonlySet<string> = new Set([
  'refuseWhenClosed',
  'classify',
  'deadline',
  'retry',
  'throttleGate',
  'circuitBreaker',
  'attemptTimeout',
]);

/** How one sends and reads. What one is known by is not among it: no header, parameter, cookie or `auth`, and no agent, which may hold a certificate. */
const CARRIED = [
  'adapter',
  'proxy',
  'transformResponse',
  'transitional',
  'timeout',
  'decompress',
  'maxContentLength',
] as const;

/**
 * The same SDK's connection to a place that must learn nothing of it: one that was named by a service. With the client's own limits,
 * retries, gate and breaker, and nothing else of its pipeline; under a key of its own, nothing that happens there reaches the service.
 */
export function elsewhere({ client, settings }: SdkConnection, clock: Clock): SdkConnection {
  const bare = axios.create();
  // What an app has put into the defaults of axios itself is in there too.
  for (const name of Object.keys(bare.defaults)) Reflect.deleteProperty(bare.defaults, name);
  Object.assign(bare.defaults, carriedBy(client), {
    headers: { common: { Accept: 'application/json, */*' } },
  });
  install(bare, (interceptorsOn(client) ?? []).filter(goesAlong), { clock });
  const { logger, logLevel } = settings;
  return new SdkConnection(() => bare, {
    ...(logger !== undefined && { logger }),
    ...(logLevel !== undefined && { logLevel }),
  });
}

function goesAlong(interceptor: unknown): interceptor is Interceptor {
  return GOING_ALONG.has(descriptionOf(interceptor)?.name ?? '');
}

function carriedBy({ defaults }: AxiosInstance): object {
  const given = CARRIED.map((name) => [name, defaults[name]] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}
