import { accepted, func, having, isText, limit, readOptions, systemClock, type Clock } from '@holdfast/core';
import type { TokenCredential } from '@holdfast/token';
import { ManagedIdentityClient } from './managed-identity-client.js';

/** Options of {@link managedIdentity}. */
export interface ManagedIdentityOptions {
  /**
   * The client id of an identity that a user has assigned. Default: the identity of the system; `AZURE_CLIENT_ID` is not
   * looked at. At most one of `clientId`, `resourceId` and `objectId` is given. A wrong one, and there is no token.
   */
  readonly clientId?: string;
  /** The same by its resource id, `/subscriptions/…`. Default: none. A wrong one, and there is no token. */
  readonly resourceId?: string;
  /** The same by its object (principal) id. Default: none. A wrong one, and there is no token. */
  readonly objectId?: string;
  /**
   * Milliseconds for one request to the endpoint on the machine; `false` for no limit. Default: 10,000. Too short, and an
   * endpoint that asks the identity provider itself is asked again and again; too long, and calls without a token wait for
   * nothing.
   */
  readonly timeoutMs?: number | false;
  /**
   * Milliseconds for Azure's metadata service to answer at all, before it is asked for the first token; `false`: it is taken
   * to be there. Not used where the environment names an endpoint. Default: 1,000. Too short, and a machine that has it is
   * taken for one that has not, until the next try; too long, and a laptop waits for nothing. With `false`,
   * `firstAvailable()` never goes on to the next credential on a laptop.
   */
  readonly probeTimeoutMs?: number | false;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
  /** A number from 0 to 1, exclusive: spreads the retries of a fleet after an outage. Default: `Math.random`. */
  readonly random?: () => number;
}

const schemas = {
  clientId: accepted<string | undefined>(isText, 'the client id of an identity', undefined),
  resourceId: accepted<string | undefined>(isText, 'the resource id of an identity', undefined),
  objectId: accepted<string | undefined>(isText, 'the object id of an identity', undefined),
  timeoutMs: limit(10_000),
  probeTimeoutMs: limit(1_000),
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
  random: func<() => number>(Math.random),
};

/**
 * The credential of an identity that Azure has given to the machine, or to the app on it: App Service, Functions, Container
 * Apps, virtual machines, nodes of Kubernetes, and whatever else MSAL Node finds in the environment. Every `getToken` is one
 * request to an endpoint on the machine: put it into `attachToken()` or `cachedCredential()`. A tenant that is asked for is
 * ignored, since such an identity has one.
 *
 * @throws {TypeError} for a bad option, naming it, and for more than one identity.
 */
export function managedIdentity(options: ManagedIdentityOptions = {}): TokenCredential {
  const settings = readOptions('managedIdentity', schemas, options);
  const { clientId, resourceId, objectId } = settings;
  const given = Object.entries({ clientId, resourceId, objectId }).filter(([, id]) => id !== undefined);
  if (given.length > 1) {
    const names = given.map(([name]) => `"${name}"`).join(' and ');
    throw new TypeError(
      `managedIdentity(): at most one of the options "clientId", "resourceId" and "objectId" must be given, and ${names} are`,
    );
  }
  return new ManagedIdentityClient(settings);
}
