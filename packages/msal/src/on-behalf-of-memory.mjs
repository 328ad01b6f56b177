// What the users of a middle tier weigh, each with a token: bytes for each of 250, and what others leave behind for whom
// they made room. Waves of others: some memory is taken once by what they are the first to do, but a leak shows in each.
//   node --expose-gc --conditions=@holdfast/source --import=tsx src/on-behalf-of-memory.mjs [users]
import { onBehalfOf } from '@holdfast/msal';
import { MadeProvider } from './made-provider.js';

const USERS = Number(process.argv[2] ?? 250);
const WARM_UP = 100;
const WAVES = 4;

let tokens = 0;
const provider = await MadeProvider.start((_, response) => {
  tokens += 1;
  response.end(JSON.stringify({ token_type: 'Bearer', expires_in: 3_599, access_token: `token ${tokens}` }));
});
const obo = onBehalfOf({ ...provider.app, maxUsers: USERS });
let users = 0;

/** So many users call for the first time, 50 at once; resolves to what they have added to the heap, for each. */
async function call(many) {
  const before = heap();
  for (let left = many; left > 0; left -= 50) {
    const credentials = Array.from({ length: 50 }, () => obo.forUser(`user-${(users += 1)}`));
    await Promise.all(credentials.map((credential) => credential.getToken('api://orders/.default')));
  }
  provider.requests.length = 0;
  return Math.round((heap() - before) / many);
}

function heap() {
  for (let round = 0; round < 4; round += 1) gc();
  return process.memoryUsage().heapUsed;
}

await call(WARM_UP);
const bytesPerUser = await call(USERS - WARM_UP);
const bytesLeftByOthers = [];
for (let wave = 0; wave < WAVES; wave += 1) bytesLeftByOthers.push(await call(USERS));
await provider[Symbol.asyncDispose]();
console.log(JSON.stringify({ users: obo.size, bytesPerUser, bytesLeftByOthers }));
