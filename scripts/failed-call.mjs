// What a failed call costs a circuit breaker with 0, 1,000, 10,000 and 100,000 calls in its window, by the built packages, through
// axios and by the layer alone; and opossum's own fire(), as it comes.
//   npm run build
//   node --no-opt scripts/failed-call.mjs counts
//   node --single-threaded --expose-gc --min-semi-space-size=64 --max-semi-space-size=64 scripts/failed-call.mjs bytes
//   node --expose-gc scripts/failed-call.mjs time 15
// "counts" are the blocks of code that run for one failed call, by V8's own coverage, and repeat to the last one. Times are for the eye.
import { createRequire } from 'node:module';
import { Session } from 'node:inspector/promises';

const require = createRequire(new URL('../packages/client/package.json', import.meta.url));
const axios = require('axios');
const { circuitBreaker, install } = require('@holdfast/client');
const CircuitBreaker = createRequire(import.meta.url)('opossum');

const SIZES = [0, 1_000, 10_000, 100_000];
const what = process.argv[2] ?? 'time';
const baseURL = 'https://orders.example';
/** More than there are: nothing opens, and each failed call is counted like the one before. */
const NEVER = 1e9;

const answer = (status, config) => ({ status, statusText: '', data: '{"id":7}', headers: {}, config });
const succeeds = (config) => Promise.resolve(answer(200, config));
const fails = (config) => {
  const response = answer(500, config);
  // As axios's own adapters do.
  return config.validateStatus(500) ? Promise.resolve(response) : Promise.reject(statusError(response));
};
const statusError = (response) =>
  new axios.AxiosError(
    'Request failed with status code 500',
    'ERR_BAD_RESPONSE',
    response.config,
    null,
    response,
  );

let now = Date.now();
const clock = { now: () => now, setTimeout };

/** A request with its call, such as a layer meets it. */
async function requestOf(client) {
  const { config } = await client.get('/orders/7', { adapter: succeeds });
  config.validateStatus = () => true;
  return config;
}

/** Our breaker: how its window is filled, and a failed call through axios, and through the layer alone. */
async function ours() {
  const interceptor = circuitBreaker({ minimumAttempts: NEVER, consecutiveFailures: NEVER, clock });
  const client = axios.create({ baseURL, adapter: fails });
  install(client, [interceptor]);
  const config = await requestOf(client);
  const [good, failing] = [interceptor(succeeds), interceptor(fails)];
  return {
    async fill(size) {
      // What was counted is too old.
      now += 60_000;
      for (let tenth = 0; tenth < 10; tenth += 1) {
        for (let call = 0; call < size / 10; call += 1) await good(config);
        if (tenth < 9) now += 1_000;
      }
    },
    throughAxios: () => client.get('/orders/7').catch(() => undefined),
    alone: () => failing(config),
    end: () => undefined,
  };
}

/** opossum's, a new one for each fill: its window is emptied by an interval. Its defaults, but that nothing opens it or is too old. */
async function opossums() {
  const options = { volumeThreshold: NEVER, rollingCountTimeout: 3_600_000 };
  let breaker = new CircuitBreaker((send, config) => send(config), options);
  const client = axios.create({ baseURL, adapter: (config) => breaker.fire(fails, config) });
  const config = await requestOf(axios.create({ baseURL }));
  config.validateStatus = axios.defaults.validateStatus;
  return {
    async fill(size) {
      breaker.shutdown();
      breaker = new CircuitBreaker((send, request) => send(request), options);
      for (let call = 0; call < size; call += 1) await breaker.fire(succeeds, config);
    },
    throughAxios: () => client.get('/orders/7').catch(() => undefined),
    alone: () => breaker.fire(fails, config).catch(() => undefined),
    end: () => breaker.shutdown(),
  };
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

async function repeat(call, times) {
  for (let time = 0; time < times; time += 1) await call();
}

/** Blocks of the code of `packages` that run for one failed call, whatever they are. */
async function blocksOf({ alone }, packages) {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  await alone();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  await session.post('Profiler.stopPreciseCoverage');
  session.disconnect();
  const ranges = result
    .filter(({ url }) => packages.some((name) => url.includes(name)))
    .flatMap(({ functions }) => functions.flatMap((each) => each.ranges));
  return ranges.reduce((sum, { count }) => sum + count, 0);
}

async function counted(peer, packages) {
  const counts = {};
  for (const size of SIZES) {
    await peer.fill(size);
    // The first one of a size may find something to tidy up.
    await peer.alone();
    counts[size] = await blocksOf(peer, packages);
  }
  peer.end();
  return counts;
}

/** Nothing may be collected while it is counted: what a round allocates fits into the young generation. */
async function bytesOf(call, times) {
  gc();
  const before = process.memoryUsage().heapUsed;
  await repeat(call, times);
  return (process.memoryUsage().heapUsed - before) / times;
}

async function microsecondsOf(call, times) {
  const start = process.hrtime.bigint();
  await repeat(call, times);
  return Number(process.hrtime.bigint() - start) / 1_000 / times;
}

/** Rounds in which each size has its turn, so that what the machine does beside falls upon all of them. */
async function inRounds(peer, rounds, timesOf, measure) {
  const seen = SIZES.map(() => ({ throughAxios: [], alone: [] }));
  // Long enough for the compiler to have settled.
  await repeat(peer.throughAxios, 3_000);
  await repeat(peer.alone, 20_000);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, size] of SIZES.entries()) {
      for (const way of ['throughAxios', 'alone']) {
        const times = timesOf(size);
        await peer.fill(size);
        // The caches are warm again.
        await repeat(peer[way], Math.ceil(times / 10));
        seen[index][way].push(await measure(peer[way], times));
      }
    }
  }
  peer.end();
  const figures = (way) => {
    const each = seen.map((of) => median(of[way]));
    const perSize = Object.fromEntries(SIZES.map((size, index) => [size, Number(each[index].toFixed(1))]));
    return { ...perSize, ratio: Number((each.at(-1) / each[0]).toFixed(2)) };
  };
  return { throughAxios: figures('throughAxios'), alone: figures('alone') };
}

if (what === 'counts') {
  const holdfast = await counted(await ours(), ['/circuit-breaker/', '/core/', '/opossum/']);
  console.log(JSON.stringify({ holdfast, opossum: await counted(await opossums(), ['/opossum/']) }));
} else if (what === 'bytes') {
  console.log(JSON.stringify({ holdfast: await inRounds(await ours(), 5, () => 300, bytesOf) }));
} else {
  const rounds = Number(process.argv[3] ?? 15);
  const holdfast = await inRounds(await ours(), rounds, () => 300, microsecondsOf);
  // Of ten fills of 100,000 few are enough to see what becomes of it.
  const few = (size) => (size < 10_000 ? 100 : 3);
  console.log(
    JSON.stringify({ holdfast, opossum: await inRounds(await opossums(), 3, few, microsecondsOf) }),
  );
}
