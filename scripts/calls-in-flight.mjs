// What one more call of a factory allocates while 1,000 and 16,000 others are in flight, by the built packages.
//   npm run build
//   node --single-threaded --expose-gc --min-semi-space-size=64 --max-semi-space-size=64 scripts/calls-in-flight.mjs
// "deadline": each call listens by limits of its own. "bare": all of them listen to one signal. "signal": each has its caller's.
// Who looks at all others for the sake of one, or copies them, is seen to.
import { createRequire } from 'node:module';
import { setImmediate } from 'node:timers/promises';

const require = createRequire(new URL('../packages/client/package.json', import.meta.url));
const axios = require('axios');
const { createClientFactory } = require('@holdfast/client');

const SIZES = [1_000, 16_000];
const MORE = 100;
const ROUNDS = 5;
const baseURL = 'https://orders.example';

const inFlight = [];
const adapter = (config) =>
  new Promise((resolve, reject) => {
    // As axios's own adapters do it.
    const onAbort = () => reject(new axios.CanceledError(undefined, config));
    config.signal.addEventListener('abort', onAbort);
    inFlight.push(() => {
      config.signal?.removeEventListener('abort', onAbort);
      resolve({ status: 200, statusText: 'OK', data: '{"id":7}', headers: {}, config });
    });
  });

const unlimited = { deadlineMs: false, attemptTimeoutMs: false, stallMs: false };
const WAYS = {
  deadline: [{}, () => ({})],
  bare: [unlimited, () => ({})],
  signal: [unlimited, () => ({ signal: new AbortController().signal })],
};

async function begin(client, options, times) {
  const calls = Array.from({ length: times }, () =>
    client.get('/orders/7', options()).catch(({ code }) => code),
  );
  await setImmediate();
  return calls;
}

/** Begins some more calls, and ends them. */
async function more(client, options) {
  const calls = await begin(client, options, MORE);
  for (const answer of inFlight.splice(-MORE)) answer();
  await Promise.all(calls);
}

/** Nothing may be collected while it is counted: what a round allocates fits into the young generation. */
async function bytesOfOne(client, options) {
  gc();
  const before = process.memoryUsage().heapUsed;
  await more(client, options);
  return (process.memoryUsage().heapUsed - before) / MORE;
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

async function measured([own, options]) {
  const clients = createClientFactory({
    credential: false,
    services: { orders: { baseURL, circuitBreaker: false, axios: { adapter }, ...own } },
  });
  const { orders } = clients;
  // Long enough for the compiler to have settled.
  for (let round = 0; round < 40; round += 1) await more(orders, options);
  const bytes = {};
  const calls = [];
  for (const size of SIZES) {
    calls.push(...(await begin(orders, options, size - inFlight.length)));
    const rounds = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await bytesOfOne(orders, options));
    bytes[size] = Math.round(median(rounds));
  }
  const { inFlight: open } = clients.snapshot().services.orders;
  await clients.close({ graceMs: 0 });
  const ended = new Set(await Promise.all(calls));
  inFlight.length = 0;
  return { bytes, open, ended: [...ended], left: clients.snapshot().services.orders.inFlight };
}

const ways = {};
for (const [name, way] of Object.entries(WAYS)) ways[name] = await measured(way);
console.log(JSON.stringify(ways));
