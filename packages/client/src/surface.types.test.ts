import { staticCredential } from '@holdfast/testing';
import type { AxiosInstance } from 'axios';
import {
  createClientFactory,
  createServiceClient,
  explain,
  graphBatch,
  graphService,
  odataErrorOf,
  servicesFrom,
  standardInterceptors,
  type Classify,
  type GraphService,
  type Interceptor,
} from './index.js';

const credential = staticCredential('a-token');
const orders = { baseURL: 'https://orders.test', scopes: 'api://orders/.default' };

/** How the parts go together, and how they do not: the compiler looks at it, nobody calls it. */
function compiled(): void {
  createServiceClient({ ...graphService({ profile: 'batch', cloud: 'china' }), credential });
  graphService() satisfies GraphService;
  graphBatch() satisfies Interceptor;
  graphService({ batch: false, version: 'beta' }) satisfies GraphService;
  // @ts-expect-error -- it brings no credential
  createServiceClient(graphService());
  // @ts-expect-error -- there is no such cloud
  graphService({ cloud: 'germany' });
  // @ts-expect-error -- nor such a version
  graphService({ version: 'v2.0' });
  // @ts-expect-error -- the clock of parts is that of their service
  graphService({ batch: { random: () => 0 } });
  // @ts-expect-error -- an address is the cloud's
  graphService({ baseURL: 'https://graph.test' });

  const read = servicesFrom({}, { names: ['orders', 'stock'] });
  const clients = createClientFactory({ credential, services: { ...read, graph: graphService() } });
  clients.orders satisfies AxiosInstance;
  clients.graph satisfies AxiosInstance;
  // @ts-expect-error -- a configuration that was not asked for a name has none for certain
  createClientFactory({ credential, services: servicesFrom({}) }).orders satisfies AxiosInstance;
  // @ts-expect-error -- it was not read
  clients.billing satisfies unknown;
  void clients.close({ graceMs: 5_000 });
  // @ts-expect-error -- milliseconds are a number
  void clients.close({ graceMs: '5s' });
  // @ts-expect-error -- it is plain data, and nobody's to change
  clients.snapshot().closed = false;
  clients.breakers.get('orders')?.forceOpen({ forMs: 600_000, reason: 'INC-4711' });
  // @ts-expect-error -- of an instant, there is no option
  clients.breakers.get('orders')?.forceOpen({ until: 600_000 });

  createServiceClient({ ...orders, name: 'orders', credential, agent: { maxSockets: 10 } });
  createServiceClient({ ...orders, name: 'orders', credential, agent: false });
  // @ts-expect-error -- there is no such option of an agent
  createServiceClient({ ...orders, name: 'orders', credential, agent: { keepAlive: true } });
  // @ts-expect-error -- true is no options
  createServiceClient({ ...orders, name: 'orders', credential, agent: true });

  const classify: Classify = (outcome, { response }) => (response?.status === 418 ? undefined : outcome);
  const pipeline = standardInterceptors({ name: 'orders', credential: false, classify });
  explain(pipeline).toJSON().interceptors satisfies readonly object[];
  // @ts-expect-error -- there is no such class
  standardInterceptors({ name: 'orders', credential: false, classify: () => 'broken' });
  // @ts-expect-error -- a header is a text
  standardInterceptors({ name: 'orders', credential: false, correlation: { header: 7 } });

  odataErrorOf(new Error('x'))?.code satisfies string | undefined;
  // @ts-expect-error -- it may be none
  odataErrorOf(new Error('x')).code satisfies unknown;
}

it('the parts of the package go together as they are typed, and in no other way', () => {
  expect(compiled).toHaveLength(0);
});
