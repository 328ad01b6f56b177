import { ConflictError, PreconditionFailedError, ResponseValidationError } from '@holdfast/sdk-base';
import { Orders } from '../orders.js';
import { requeueAfter } from '../requeue.js';
import { startLoopback } from './loopback.js';

await using loopback = await startLoopback();
const orders = new Orders(loopback.client('orders', '/sales/v1'), { retry: false });

const minutes = (ms = 0) => `${Math.ceil(ms / 60_000)} min`;

async function attempt(call: PromiseLike<unknown>) {
  try {
    await call;
  } catch (error) {
    if (error instanceof ConflictError) console.log('too late:', error.problem?.title);
    else if (error instanceof PreconditionFailedError) console.log('read it again:', error.status);
    else if (error instanceof ResponseValidationError) console.log(error.message);
    else console.log(`${(error as Error).name}, again in ${minutes(requeueAfter(error))}`);
  }
}

await attempt(orders.cancel('8'));
await attempt(orders.update('7', { euros: 90 }, { ifMatch: '"v0"' }));
loopback.api.failNext({ status: 200 });
await attempt(orders.get('7'));
loopback.api.throttle({ retryAfterMs: 60_000 });
await attempt(orders.get('7')); // the service says no, and for how long
await attempt(orders.get('7')); // nobody asks it again before that
