import { createClientFactory, type ServiceDefaults, type TokenCredential } from '@holdfast/client';
import { SdkRoot, SdkView } from '@holdfast/sdk-base';
import { Billing } from './billing.js';
import { Directory } from './directory.js';
import { Orders } from './orders.js';

export interface ContosoOptions {
  /** Who calls, for all that is not done in the name of a user. */
  readonly credential: TokenCredential;
  /** Where the services are. Default: production. */
  readonly url?: string;
  /** Options of all clients: `{ profile: 'batch' }` for a job at night, `testDefaults()` for a test. */
  readonly defaults?: ServiceDefaults;
}

/** Contoso's services. One for a process: what they share lives in it. */
export class Contoso extends SdkRoot<'orders' | 'billing' | 'directory'> {
  readonly orders = this.service(Orders, 'orders');
  readonly billing = this.service(Billing, 'billing');
  readonly directory = this.service(Directory, 'directory');

  constructor(options: ContosoOptions | SdkView) {
    super(options instanceof SdkView ? options : clientsFor(options), {
      product: { name: 'contoso-sdk', version: '1.0.0' },
    });
  }
}

function clientsFor({ url = 'https://api.contoso.example', ...options }: ContosoOptions) {
  const scopes = 'api://contoso/.default';
  return createClientFactory({
    ...options,
    services: {
      orders: { baseURL: `${url}/sales/v1`, scopes },
      billing: { baseURL: `${url}/billing/v1`, scopes },
      directory: { baseURL: `${url}/directory/v1.0`, scopes },
    },
  });
}
