import { Orders } from '../orders.js';
import { startLoopback } from './loopback.js';

await using loopback = await startLoopback();
const orders = new Orders(loopback.client('orders', '/sales/v1'));

for await (const { id, status } of orders.list()) console.log(id, status);

const pages = orders.list().byPage();
const first = await pages.next();
const continuationToken = first.value?.continuationToken;
// In another process, another day.
for await (const { items } of orders.list().byPage({ continuationToken }))
  console.log(items.map(({ id }) => id));
