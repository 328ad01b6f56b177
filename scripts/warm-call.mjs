// What a call that succeeds at once costs beside one of bare axios, by the built packages: counts and bytes, never time.
//   npm run build
//   node scripts/warm-call.mjs counts
//   node --single-threaded --expose-gc --min-semi-space-size=64 --max-semi-space-size=64 scripts/warm-call.mjs bytes
//   node --single-threaded --expose-gc --min-semi-space-size=64 --max-semi-space-size=64 scripts/warm-call.mjs factory
// `factory`: the bytes of a call through a client of a factory beside one of createServiceClient(). Several runs, since what
// counts also allocates.
import { createRequire } from 'node:module';

const counts = {
  timers: 0,
  abortControllers: 0,
  errors: 0,
  urls: 0,
  sends: 0,
  headersSet: 0,
  tokensAsked: 0,
  clockReadings: 0,
};

const counted = (constructor, name) =>
  new Proxy(constructor, {
    construct(target, args, newTarget) {
      counts[name] += 1;
      return Reflect.construct(target, args, newTarget);
    },
  });
const countedFunction = (original, name) =>
  function counting(...args) {
    counts[name] += 1;
    return original.apply(this, args);
  };

// Before anything is loaded: a class keeps the parent that it was made with.
const isCounting = process.argv[2] === 'counts';
if (isCounting) {
  globalThis.setTimeout = countedFunction(setTimeout, 'timers');
  globalThis.setInterval = countedFunction(setInterval, 'timers');
  globalThis.AbortController = counted(AbortController, 'abortControllers');
  globalThis.Error = counted(Error, 'errors');
  globalThis.URL = counted(URL, 'urls');
}

const require = createRequire(new URL('../packages/client/package.json', import.meta.url));
const axios = require('axios');
const { createClientFactory, createServiceClient } = require('@holdfast/client');

if (isCounting) {
  const { prototype } = axios.AxiosHeaders;
  // Its methods are accessors: who assigns one sets a header of that name.
  Object.defineProperty(prototype, 'set', { value: countedFunction(prototype.set, 'headersSet') });
}

const baseURL = 'https://orders.example';
const adapter = (config) => {
  counts.sends += 1;
  return Promise.resolve({ status: 200, statusText: 'OK', data: '{"id":7}', headers: {}, config });
};
// Whatever goes through axios once more comes out here.
axios.defaults.adapter = adapter;
const clock = {
  now: () => {
    counts.clockReadings += 1;
    return Date.now();
  },
  setTimeout: (callback, delayMs) => {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer), unref: () => timer.unref() };
  },
};
const credential = {
  getToken: async () => {
    counts.tokensAsked += 1;
    return { token: 'a-token', expiresOnTimestamp: Date.now() + 3_600_000 };
  },
};

const bare = axios.create({ baseURL, adapter });
const orders = { baseURL, scopes: 'api://orders/.default', clock, axios: { adapter } };
const alone = createServiceClient({ name: 'orders', credential, ...orders });
const isOfFactory = process.argv[2] === 'factory';
const [without, held] = isOfFactory
  ? [alone, createClientFactory({ credential, services: { orders } }).orders]
  : [bare, alone];

const CALLS = 500;
const ROUNDS = 21;

async function calls(client, times) {
  for (let call = 0; call < times; call += 1) await client.get('/orders/7');
}

/** Counts per call; what is not a whole number happens now and then. */
async function countsOf(client) {
  for (const name in counts) counts[name] = 0;
  await calls(client, CALLS);
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count / CALLS]));
}

/** Nothing may be collected while it is counted: a round's garbage fits into the young generation. */
async function bytesOf(client) {
  gc();
  const before = process.memoryUsage().heapUsed;
  await calls(client, CALLS);
  return (process.memoryUsage().heapUsed - before) / CALLS;
}

// Long enough for the compiler to have settled.
for (let round = 0; round < 12; round += 1) {
  await calls(without, CALLS);
  await calls(held, CALLS);
}

if (isCounting) {
  const [counted, with_] = [await countsOf(without), await countsOf(held)];
  console.log(
    JSON.stringify(
      Object.fromEntries(Object.keys(counts).map((name) => [name, with_[name] - counted[name]])),
    ),
  );
} else {
  const differences = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const bytes = await bytesOf(without);
    differences.push((await bytesOf(held)) - bytes);
  }
  console.log(JSON.stringify({ bytes: Math.round(differences.sort((a, b) => a - b)[ROUNDS >> 1]) }));
}
