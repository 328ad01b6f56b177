// What a call costs that is refused at once, beside a good one of bare axios, by the built packages: by an open circuit and by a closed
// gate, alone and in the standard pipeline; by an open breaker of opossum around the adapter; and by an adapter that does nothing else.
//   npm run build
//   node scripts/refusal.mjs counts
//   node --single-threaded --expose-gc --min-semi-space-size=64 --max-semi-space-size=64 scripts/refusal.mjs bytes
//   node --expose-gc scripts/refusal.mjs time 41
//   node --cpu-prof scripts/refusal.mjs only circuitBreaker
// Counts and bytes repeat. Times are for the eye: ratios, by interleaved rounds; the last line is for a profile of one of them.
import { createRequire } from 'node:module';

const counts = {
  timers: 0,
  abortControllers: 0,
  errors: 0,
  stacks: 0,
  urls: 0,
  sends: 0,
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

// Before anything is loaded: a class keeps the parent that it was made with.
const what = process.argv[2] ?? 'time';
if (what === 'counts') {
  const { setTimeout: start } = globalThis;
  globalThis.setTimeout = (...args) => {
    counts.timers += 1;
    return start(...args);
  };
  globalThis.AbortController = counted(AbortController, 'abortControllers');
  const { captureStackTrace } = Error;
  Error.captureStackTrace = (...args) => {
    counts.stacks += 1;
    captureStackTrace(...args);
  };
  globalThis.Error = counted(Error, 'errors');
  globalThis.URL = counted(URL, 'urls');
}

const require = createRequire(new URL('../packages/client/package.json', import.meta.url));
const axios = require('axios');
const { circuitBreaker, createServiceClient, install, throttleGate } = require('@holdfast/client');
const CircuitBreaker = createRequire(import.meta.url)('opossum');

const HOUR = 3_600_000;
const baseURL = 'https://orders.example';
let answer = { status: 200 };
const adapter = (config) => {
  counts.sends += 1;
  const { status, headers = {} } = answer;
  return Promise.resolve({ status, statusText: '', data: '{"id":7}', headers, config });
};
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
    return { token: 'a-token', expiresOnTimestamp: Date.now() + HOUR };
  },
};

const piped = (interceptor) => {
  const client = axios.create({ baseURL, adapter });
  install(client, [interceptor], { clock });
  return client;
};
const standard = (options) => {
  const scopes = 'api://orders/.default';
  return createServiceClient({
    name: 'orders',
    baseURL,
    credential,
    scopes,
    clock,
    axios: { adapter },
    ...options,
  });
};
/** One failure opens it, and for long. */
const breaks = { consecutiveFailures: 1, consecutiveSpanMs: 0, openMs: HOUR, maxOpenMs: HOUR };
/** Nobody may wait at it. */
const gates = { maxClosedMs: HOUR, maxWaiters: 0 };

const fails = { status: 500 };
const throttles = { status: 429, headers: { 'retry-after': '3600' } };

/** Has a client's next call answered so, and that is the last one that is sent. */
async function shut(client, how) {
  answer = how;
  await client.get('/orders/7', { holdfast: { retry: false } }).catch(() => undefined);
  answer = { status: 200 };
  return client;
}

/** What any refusal costs at least: axios itself puts the caller's frames on it. */
class NotSent extends axios.AxiosError {}
const refuse = (config) => {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = new NotSent('Nothing was sent', 'ERR_NOT_SENT', config);
  Error.stackTraceLimit = stackTraceLimit;
  return Promise.reject(error);
};

const breaker = new CircuitBreaker((config) => adapter(config), { resetTimeout: HOUR });
breaker.open();

const bare = axios.create({ baseURL, adapter });
const refusing = {
  adapter: axios.create({ baseURL, adapter: refuse }),
  circuitBreaker: await shut(piped(circuitBreaker({ clock, ...breaks })), fails),
  throttleGate: await shut(piped(throttleGate({ clock, ...gates })), throttles),
  standardCircuit: await shut(standard({ circuitBreaker: breaks }), fails),
  standardGate: await shut(standard({ throttleGate: gates }), throttles),
  opossum: axios.create({ baseURL, adapter: (config) => breaker.fire(config) }),
};
const codes = {
  adapter: 'ERR_NOT_SENT',
  circuitBreaker: 'ERR_CIRCUIT_OPEN',
  throttleGate: 'ERR_THROTTLED',
  standardCircuit: 'ERR_CIRCUIT_OPEN',
  standardGate: 'ERR_THROTTLED',
  opossum: 'EOPENBREAKER',
};

const CALLS = 300;

async function goodCalls(client, times) {
  for (let call = 0; call < times; call += 1) await client.get('/orders/7');
}
async function refusedCalls(client, times) {
  for (let call = 0; call < times; call += 1) {
    try {
      await client.get('/orders/7');
    } catch {
      continue;
    }
    throw new Error('A call was not refused');
  }
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

/** For each call; what is not a whole number happens now and then. */
async function countsOf(calls) {
  for (const name in counts) counts[name] = 0;
  await calls(CALLS);
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count / CALLS]));
}

/** Nothing may be collected while it is counted: what a round allocates fits into the young generation. */
async function bytesOf(calls) {
  gc();
  const before = process.memoryUsage().heapUsed;
  await calls(CALLS);
  return (process.memoryUsage().heapUsed - before) / CALLS;
}

/** Of CPU, of all threads: what the collector does counts, and what the machine does beside does not. */
async function microsecondsOf(calls) {
  const before = process.cpuUsage();
  await calls(CALLS);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / CALLS;
}

const each = Object.entries(refusing).map(([name, client]) => [name, (times) => refusedCalls(client, times)]);
const all = [['bare', (times) => goodCalls(bare, times)], ...each];

for (const [name, client] of Object.entries(refusing)) {
  const { code } = await client.get('/orders/7').catch((error) => error);
  if (code !== codes[name]) throw new Error(`${name} refuses by ${code}`);
}
// Long enough for the compiler to have settled.
if (what !== 'only')
  for (let round = 0; round < 12; round += 1) for (const [, calls] of all) await calls(500);

if (what === 'counts') {
  const figures = {};
  for (const [name, calls] of all) figures[name] = await countsOf(calls);
  console.log(JSON.stringify(figures));
} else if (what === 'only') {
  await refusedCalls(refusing[process.argv[3]], 100_000);
} else {
  const rounds = Number(process.argv[3] ?? 21);
  const measure = what === 'bytes' ? bytesOf : microsecondsOf;
  const seen = Object.fromEntries(all.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const [name, calls] of all) seen[name].push(await measure(calls));
  const figure = (name) =>
    what === 'bytes'
      ? Math.round(median(seen[name]))
      : Number(median(seen[name].map((time, round) => time / seen.bare[round])).toFixed(2));
  const figures = Object.fromEntries(all.map(([name]) => [name, figure(name)]));
  console.log(
    JSON.stringify(
      what === 'bytes' ? figures : { ...figures, bareMicroseconds: Math.round(median(seen.bare)) },
    ),
  );
}
breaker.shutdown();
