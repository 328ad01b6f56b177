export { Contoso, type ContosoOptions } from './contoso.js';
export { Orders } from './orders.js';
export type { NewOrder, Order, OrderExport } from './order.js';
export { Billing, type Statement } from './billing.js';
export { Rates, type Rate } from './rates.js';
export { Directory, type User } from './directory.js';
export { requeueAfter } from './requeue.js';
