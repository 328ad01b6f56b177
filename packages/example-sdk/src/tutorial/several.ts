import { Contoso } from '../index.js';
import { startLoopback } from './loopback.js';

await using loopback = await startLoopback();
await using contoso = new Contoso({ url: loopback.url, credential: loopback.credential });

const operation = contoso.orders.export();
console.log((await operation.pollUntilDone()).orders);

const csv = 'date,euros\n2026-01-31,120';
console.log(await contoso.billing.uploadStatement('2026-01', csv));

const invoice = await contoso.orders.invoice('7');
for await (const piece of invoice) console.log(String(piece));

const names: string[] = [];
for await (const user of contoso.directory.users()) names.push(user.displayName);
console.log(names, Object.keys(contoso.snapshot().services));
