import { createServiceClient } from '@holdfast/client';
import { Rates } from '../rates.js';
import { startLoopback } from './loopback.js';

await using loopback = await startLoopback();

const client = createServiceClient({
  name: 'billing',
  baseURL: `${loopback.url}/billing/v1`,
  scopes: 'api://contoso/.default',
  credential: loopback.credential,
});
const rates = new Rates(client);

console.log(await rates.get('CHF'));
