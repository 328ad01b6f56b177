import { randomBytes } from 'node:crypto';
import {
  RetryBudget,
  attachToken,
  attemptTimeout,
  cachedCredential,
  circuitBreaker,
  claimsChallenge,
  correlate,
  createClientFactory,
  createServiceClient,
  deadline,
  fallback,
  graphBatch,
  graphService,
  logCalls,
  paginate,
  retry,
  servicesFrom,
  standardInterceptors,
  throttleGate,
  withDeadline,
} from '@holdfast/client';
import { httpReplyFor } from '@holdfast/core';
import {
  clientCredential,
  credentialFromEnvironment,
  deviceCode,
  encryptedStore,
  fileStore,
  managedIdentity,
  onBehalfOf,
  signedInUser,
  workloadIdentity,
} from '@holdfast/msal';
import { ServiceSdk as Base, type CallPromise } from '@holdfast/sdk-base';
import {
  manualClock,
  scriptedTransport,
  staticCredential,
  testDefaults,
  type ManualClock,
} from '@holdfast/testing';
import axios from 'axios';
import { concurrencyLimit } from './how-to/concurrency-limit.js';

const credential = staticCredential('a-token');
const scopes = 'api://orders/.default';
export const ORDERS = { name: 'orders', baseURL: 'https://orders.test', credential: false } as const;
const application = { tenantId: 'contoso.example', clientId: 'orders', clientSecret: 'a-secret' };

/** Where an SDK has its time from: its client's. */
export const SDK_CLOCK: ManualClock = manualClock({ fakeGlobals: false });
const { adapter } = scriptedTransport(() => ({ status: 200 }));

/** Under the name of its base, so that its settings are read by that. */
class ServiceSdk extends Base {
  get(): CallPromise<unknown> {
    return this.http.get('/orders');
  }
  poll(): unknown {
    return this.http.poll(this.get());
  }
  download(): unknown {
    return this.http.download('/orders');
  }
  upload(): unknown {
    return this.http.upload('/orders', '');
  }
}
const sdk = () => new ServiceSdk(createServiceClient({ ...ORDERS, clock: SDK_CLOCK, axios: { adapter } }));

/** Every factory that reads options, run with no more than it needs. */
export const RUNS: Readonly<Record<string, () => unknown>> = {
  retry: () => retry(),
  testDefaults: () => testDefaults(),
  RetryBudget: () => new RetryBudget(),
  throttleGate: () => throttleGate(),
  circuitBreaker: () => circuitBreaker(),
  claimsChallenge: () => claimsChallenge(),
  correlate: () => correlate(),
  deadline: () => deadline(),
  attemptTimeout: () => attemptTimeout(),
  fallback: () => fallback(),
  withDeadline: () => withDeadline(1_000, () => 7),
  cachedCredential: () => cachedCredential(credential),
  attachToken: () => attachToken(credential, { scopes }),
  clientCredential: () => clientCredential(application),
  workloadIdentity: () =>
    workloadIdentity({ tenantId: 'contoso.example', clientId: 'orders', tokenFile: '/token' }),
  managedIdentity: () => managedIdentity(),
  onBehalfOf: () => onBehalfOf(application),
  signedInUser: () => signedInUser({ tenantId: 'contoso.example', clientId: 'orders' }),
  deviceCode: () => deviceCode({ tenantId: 'contoso.example', clientId: 'orders', prompt: () => undefined }),
  credentialFromEnvironment: () => credentialFromEnvironment({ env: {} }),
  encryptedStore: () =>
    encryptedStore(fileStore({ path: '/store' }), { keys: [{ id: 'a', key: randomBytes(32) }] }),
  fileStore: () => fileStore({ path: '/store' }),
  standardInterceptors: () => standardInterceptors({ name: 'orders', credential, scopes }),
  createServiceClient: () => createServiceClient(ORDERS),
  agent: () => createServiceClient({ ...ORDERS, agent: {} }),
  createClientFactory: () => createClientFactory({ credential: false, services: {} }),
  close: () => createClientFactory({ credential: false, services: {} }).close(),
  servicesFrom: () => servicesFrom({ services: {} }),
  graphService: () => graphService(),
  graphBatch: () => graphBatch(),
  paginate: () => paginate(axios.create(), '/orders'),
  byPage: () => paginate(axios.create(), '/orders').byPage(),
  logCalls: () => {
    logCalls(console)();
  },
  manualClock: () => manualClock({ fakeGlobals: false }),
  scriptedTransport: () => scriptedTransport([]),
  ServiceSdk: sdk,
  get: () => sdk().get(),
  poll: () => sdk().poll(),
  download: () => sdk().download(),
  upload: () => sdk().upload(),
  httpReplyFor: () => httpReplyFor(new Error('of no service')),
  concurrencyLimit: () => concurrencyLimit(),
};
