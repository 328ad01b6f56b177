import { Contoso } from '../index.js';
import { startLoopback } from './loopback.js';

await using loopback = await startLoopback();
await using contoso = new Contoso({ url: loopback.url, credential: loopback.credential });
const ada = contoso.as(loopback.ada);

console.log((await contoso.directory.me()).displayName);
console.log((await ada.directory.me()).displayName);

loopback.api.throttle({ retryAfterMs: 60_000 });
const failureOf = (call: Promise<unknown>) => call.catch((error: unknown) => (error as Error).name);
console.log(await failureOf(ada.orders.get('7', { retry: false })));
console.log(await failureOf(contoso.orders.get('7', { retry: false })));
