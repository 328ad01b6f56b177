// What it costs to find a token that is held, among 1, 100 and 10,000 of them, by the built packages: nanoseconds and bytes
// for each look-up. For the eye: times mean little on a machine that does something else. The tests count the work.
//   npm run build
//   node --expose-gc --min-semi-space-size=64 --max-semi-space-size=64 scripts/token-lookup.mjs
import { createRequire } from 'node:module';

const require = createRequire(new URL('../packages/client/package.json', import.meta.url));
const axios = require('axios');
const { attachToken, cachedCredential, install } = require('@holdfast/client');

const expiresOnTimestamp = Date.now() + 24 * 3_600_000;
class User {
  getToken = async () => ({ token: 'a-token', expiresOnTimestamp });
}

const LOOK_UPS = 50_000;
const ROUNDS = 25;

/** Nanoseconds and bytes for each time that `lookUp` is called with a number below `entries`. */
function measured(entries, lookUp) {
  const times = [];
  const bytes = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    gc();
    const before = process.memoryUsage().heapUsed;
    const start = process.hrtime.bigint();
    for (let number = 0; number < LOOK_UPS; number += 1) lookUp(number % entries);
    times.push(Number(process.hrtime.bigint() - start) / LOOK_UPS);
    bytes.push((process.memoryUsage().heapUsed - before) / LOOK_UPS);
  }
  // The quickest round: what the others took beyond it is the machine's.
  return { ns: Math.min(...times), bytes: bytes.sort((a, b) => a - b)[ROUNDS >> 1] };
}

/** `getToken(scope)`, less a method that only makes a promise. */
async function ofCache(entries, options, listed) {
  const cache = cachedCredential(new User());
  const scopes = Array.from({ length: entries }, (_, number) => {
    const scope = `api://orders-${number}/.default`;
    return listed ? [scope] : scope;
  });
  const optionsOf = scopes.map((_, number) => (options ? { tenantId: `tenant-${number}` } : undefined));
  for (const [number, scope] of scopes.entries()) await cache.getToken(scope, optionsOf[number]);
  const bare = { getToken: async () => expiresOnTimestamp };
  return [
    measured(entries, (number) => bare.getToken(scopes[number], optionsOf[number])),
    measured(entries, (number) => cache.getToken(scopes[number], optionsOf[number])),
  ];
}

/** `attachToken()` around a send that never ends, by what a request asks for, less the same for the client's own token. */
async function ofRequests(entries, wantedOf) {
  const wanted = Array.from({ length: entries }, (_, number) => wantedOf(number));
  const client = axios.create({
    baseURL: 'https://orders.example',
    adapter: async (config) => ({ status: 200, statusText: 'OK', data: '', headers: {}, config }),
  });
  let isMeasuring = false;
  // Not a promise: that would remember all who wait for it.
  const never = { then: () => never };
  const attaching = attachToken(new User(), { scopes: 'api://orders/.default' });
  let results;
  const measuring = (next) => {
    const send = attaching((config) => (isMeasuring ? never : next(config)));
    return async (config) => {
      const answer = await send(config);
      if (config.url !== '/measured') return answer;
      isMeasuring = true;
      const lookUp = (holdfast) => {
        config.holdfast = holdfast;
        // It is ours, and would be taken for the caller's own.
        delete config.headers.Authorization;
        void send(config);
      };
      results = [measured(1, () => lookUp(undefined)), measured(entries, (number) => lookUp(wanted[number]))];
      isMeasuring = false;
      return answer;
    };
  };
  install(client, [measuring]);
  for (const holdfast of wanted) await client.get('/7', { holdfast });
  await client.get('/measured');
  return results;
}

const users = new Map();
const userOf = (number) => {
  if (!users.has(number)) users.set(number, new User());
  return users.get(number);
};

const KINDS = {
  'getToken(scope)': (entries) => ofCache(entries, false, false),
  'getToken([scope])': (entries) => ofCache(entries, false, true),
  'getToken(scope, { tenantId })': (entries) => ofCache(entries, true, false),
  'holdfast: { scopes }': (entries) =>
    ofRequests(entries, (number) => ({ scopes: `api://orders-${number}/.default` })),
  'holdfast: { tenantId }': (entries) => ofRequests(entries, (number) => ({ tenantId: `tenant-${number}` })),
  'holdfast: { credential }': (entries) => ofRequests(entries, (number) => ({ credential: userOf(number) })),
};

for (const [kind, measure] of Object.entries(KINDS)) {
  for (const entries of [1, 100, 10_000]) {
    // Twice: the first time is the compiler's.
    await measure(entries);
    const [without, with_] = await measure(entries);
    const ns = Math.round(with_.ns - without.ns);
    const bytes = Math.round(with_.bytes - without.bytes);
    console.log(`${kind}, ${entries} entries: ${ns} ns, ${bytes} bytes`);
  }
}
