// What services cost that nobody calls just now, 10,000 of them, by the built packages: bytes and timers for each, and the CPU time
// of a second in which nothing happens. And opossum's, one breaker each, as it comes.
//   npm run build
//   node --single-threaded --expose-gc scripts/idle-services.mjs
//   node --single-threaded --expose-gc scripts/idle-services.mjs cpu
// Bytes and timers repeat. The latter also waits a second for each, and is for the eye.
import { createRequire } from 'node:module';
import { setImmediate } from 'node:timers';

/** Timers that were started and have neither run out nor been cancelled, whether they keep the process alive or not. */
const running = new Set();
const { setTimeout: startTimeout, setInterval: startInterval } = globalThis;
const { clearTimeout: endTimeout, clearInterval: endInterval } = globalThis;
// Before anything is loaded.
globalThis.setTimeout = (callback, ...rest) => {
  const timer = startTimeout(
    (...args) => {
      running.delete(timer);
      callback(...args);
    },
    ...rest,
  );
  running.add(timer);
  return timer;
};
globalThis.setInterval = (...args) => {
  const timer = startInterval(...args);
  running.add(timer);
  return timer;
};
globalThis.clearTimeout = (timer) => {
  running.delete(timer);
  endTimeout(timer);
};
globalThis.clearInterval = (timer) => {
  running.delete(timer);
  endInterval(timer);
};

const require = createRequire(new URL('../packages/client/package.json', import.meta.url));
const axios = require('axios');
const { circuitBreaker, install, standardInterceptors, throttleGate } = require('@holdfast/client');
const CircuitBreaker = createRequire(import.meta.url)('opossum');

let services = 100;
const hasCpu = process.argv[2] === 'cpu';

// It jumps over what would have to be waited for.
let offsetMs = 0;
const clock = {
  now: () => Date.now() + offsetMs,
  setTimeout: (callback, delayMs) => {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer), unref: () => timer.unref() };
  },
};

let answer = { status: 200 };
const adapter = (config) => {
  const { status, headers = {} } = answer;
  config.validateStatus(status);
  return Promise.resolve({ status, statusText: '', data: '{}', headers: { ...headers }, config });
};

/** Calls each of the services once, one after the other. */
async function callAll(client, options) {
  for (let number = 0; number < services; number += 1) {
    const request = options?.(number) ?? { url: `https://service-${number}.example/orders/7` };
    await client.request({ validateStatus: null, ...request }).catch(() => undefined);
  }
}

function heapUsed() {
  // Once more for what only a first collection sets free.
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Milliseconds of CPU in a second of which nobody makes use. */
async function idleCpuMs() {
  await turn();
  const before = process.cpuUsage();
  await new Promise((resolve) => startTimeout(resolve, 1_000));
  const { user, system } = process.cpuUsage(before);
  return Math.round((user + system) / 1_000);
}

/** What is there once `make` has been through, over what was there before. What it returns is kept meanwhile. */
async function heldBy(make) {
  const timersBefore = new Set(running);
  const before = heapUsed();
  const kept = await make();
  await turn();
  const bytes = Math.round((heapUsed() - before) / services);
  const timers = [...running].filter((timer) => !timersBefore.has(timer)).length;
  const awake = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const idle = hasCpu ? { idleCpuMs: await idleCpuMs() } : {};
  kept?.end?.();
  return { bytes, timers, awake, ...idle };
}

/** A client with a pipeline of its own. */
function clientOf(...interceptors) {
  const client = axios.create({ adapter });
  install(client, interceptors, { clock });
  return client;
}

/** Circuits that are what a change of state makes of them: all of them have come to it. */
function breaking(options) {
  let awaited = 0;
  let reached = () => undefined;
  const interceptor = circuitBreaker({
    clock,
    ...options,
    onStateChange: () => {
      awaited -= 1;
      if (awaited === 0) reached();
    },
  });
  const next = async (changes) => {
    awaited = changes;
    // The timer of a circuit keeps no process alive.
    const awake = startInterval(() => undefined, 1_000);
    await new Promise((resolve) => (reached = resolve));
    endInterval(awake);
  };
  return { client: clientOf(interceptor), next };
}

const fail = { status: 500 };
const succeed = { status: 200 };

async function healthy(interceptors, options) {
  answer = succeed;
  const client = clientOf(...interceptors);
  await callAll(client, options);
  return { client };
}

/** Each has been down and is up again, and nothing has happened to it for long. */
async function recovered() {
  // So short that opossum's own timer has run out soon.
  const { client, next } = breaking({
    openMs: 1,
    maxOpenMs: 1,
    consecutiveFailures: 2,
    consecutiveSpanMs: 0,
  });
  const isHalfOpen = next(2 * services);
  answer = fail;
  await callAll(client);
  await callAll(client);
  await isHalfOpen;
  const isClosed = next(services);
  answer = succeed;
  await callAll(client);
  await callAll(client);
  await isClosed;
  offsetMs += 60_000;
  await callAll(client);
  return { client };
}

/** Some failures each: too few to open anything. */
async function failedNowAndThen() {
  const client = clientOf(circuitBreaker({ clock }));
  answer = fail;
  for (let time = 0; time < 5; time += 1) await callAll(client);
  return { client };
}

/** Each has asked to be left alone, and nobody has called it since; or it was called when all was over. */
async function throttled(callsLater) {
  const client = clientOf(throttleGate({ clock }));
  answer = { status: 429, headers: { 'retry-after': '5' } };
  await callAll(client);
  answer = succeed;
  for (let time = 0; time < callsLater; time += 1) {
    offsetMs += 20_000;
    await callAll(client);
  }
  return { client };
}

function opossums() {
  const send = () => Promise.resolve();
  const breakers = Array.from(
    { length: services },
    (_, number) => new CircuitBreaker(send, { name: `service-${number}` }),
  );
  return { end: () => breakers.forEach((breaker) => breaker.shutdown()) };
}

const standard = () => standardInterceptors({ name: 'orders', credential: false, clock });
const tenants = (number) => ({
  url: 'https://orders.example/orders/7',
  headers: { 'x-tenant': `tenant-${number}` },
});
const byTenant = { key: ({ headers }) => headers['x-tenant'] };

// What is made once, whatever the number of services, and what the compiler makes of the code.
for (const make of [() => healthy([]), () => healthy(standard()), recovered, () => throttled(3)])
  await make();

services = 10_000;
const cases = {
  circuitBreaker: () => healthy([circuitBreaker({ clock })]),
  circuitBreakerByTenant: () => healthy([circuitBreaker({ clock, ...byTenant })], tenants),
  standardInterceptors: () => healthy(standard()),
  failedNowAndThen,
  recovered,
  gateClosed: () => throttled(0),
  gateOver: () => throttled(3),
  opossum: opossums,
};
const figures = {};
for (const [name, make] of Object.entries(cases)) figures[name] = await heldBy(make);
console.log(JSON.stringify(figures));
