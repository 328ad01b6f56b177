import { Rates } from '../rates.js';
import { startLoopback } from './loopback.js';

await using loopback = await startLoopback();
const rates = new Rates(loopback.client('billing', '/billing/v1'));

loopback.api.failNext({ status: 503 });
const { data, response, call } = await rates
  .get('CHF', { deadlineMs: 5_000, headers: { 'accept-language': 'de' } })
  .withResponse();
console.log(data.perEuro, response.status, response.headers['etag']);
console.log(call.attempts.map(({ status }) => status));

loopback.api.failNext({ status: 503 });
const once = await rates.get('CHF', { retry: false }).catch((error: unknown) => error);
console.log(String(once));

const misspelt = { deadlineMS: 5_000 };
console.log(String(await rates.get('CHF', misspelt as object).catch((error: unknown) => error)));
