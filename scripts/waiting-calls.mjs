// What 10,000 calls hold while they wait for their next attempt, by the built packages, and whether one abort frees them all.
//   npm run build
//   node --single-threaded --expose-gc scripts/waiting-calls.mjs
//   node --single-threaded --expose-gc scripts/waiting-calls.mjs snapshot
// The latter writes heap snapshots, of none and of all waiting, and says what there are more of, by constructor.
import { Buffer } from 'node:buffer';
import { getEventListeners, setMaxListeners } from 'node:events';
import { createRequire } from 'node:module';
import { setImmediate } from 'node:timers';
import { getHeapSnapshot } from 'node:v8';

const require = createRequire(new URL('../packages/client/package.json', import.meta.url));
const axios = require('axios');
const { RetryBudget, createServiceClient } = require('@holdfast/client');

const CALLS = 10_000;
const ROUNDS = 3;
const baseURL = 'https://orders.example';

/** Whether the service answers at all, or keeps everybody waiting for an answer. */
let isSilent = false;
let sends = 0;

const adapter = (config) => {
  sends += 1;
  return new Promise((resolve, reject) => {
    if (isSilent) {
      // As axios's own adapters do it: one listener per request, and its own error.
      const onAbort = () => reject(new axios.CanceledError(undefined, config));
      config.signal.addEventListener('abort', onAbort, { once: true });
      return;
    }
    const data = '{"error":{"code":500}}';
    const headers = { 'content-type': 'application/json', 'content-length': String(data.length) };
    const response = { status: 500, statusText: 'Internal Server Error', data, headers, config };
    config.validateStatus(response.status);
    setImmediate(resolve, response);
  });
};

const credential = {
  getToken: () => Promise.resolve({ token: 'a-token', expiresOnTimestamp: Date.now() + 3_600_000 }),
};

/** Each waits a quarter of an hour, unless it is given up. */
const WAIT_MS = 900_000;
const held = () =>
  createServiceClient({
    name: 'orders',
    baseURL,
    credential,
    scopes: 'api://orders/.default',
    deadlineMs: 3 * WAIT_MS,
    random: () => 0.5,
    // As many retries as there are calls; in each round a circuit that has seen no failure.
    retry: {
      baseDelayMs: 2 * WAIT_MS,
      maxDelayMs: 2 * WAIT_MS,
      budget: new RetryBudget({ ratio: 1, minPerSecond: CALLS }),
    },
    axios: { adapter },
  });
const bare = () => axios.create({ baseURL, adapter });

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
const turns = async (count) => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
const heapUsed = () => {
  gc();
  return process.memoryUsage().heapUsed;
};

/** How many objects of each constructor there are, and how many bytes they take. */
async function census() {
  gc();
  const chunks = [];
  for await (const chunk of getHeapSnapshot()) chunks.push(chunk);
  const { snapshot, nodes, strings } = JSON.parse(Buffer.concat(chunks).toString());
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const at = (name) => fields.indexOf(name);
  const kinds = new Map();
  for (let node = 0; node < nodes.length; node += fields.length) {
    const type = types[at('type')][nodes[node + at('type')]];
    const name = strings[nodes[node + at('name')]];
    const key = type === 'string' ? type : `${type} ${name.slice(0, 60)}`;
    const kind = kinds.get(key) ?? { count: 0, bytes: 0 };
    kind.count += 1;
    kind.bytes += nodes[node + at('self_size')];
    kinds.set(key, kind);
  }
  return kinds;
}

/** Has all calls made on a client, and looks while they wait, and once they are given up. */
async function round(client, look) {
  const controller = new AbortController();
  const { signal } = controller;
  // As many as there are calls, and no leak.
  setMaxListeners(0, signal);
  const before = await look();
  sends = 0;
  const endings = {};
  const end = (ending) => {
    endings[ending] = (endings[ending] ?? 0) + 1;
  };
  const all = [];
  for (let call = 0; call < CALLS; call += 1) {
    const ended = client.get('/orders/7', { signal });
    all.push(
      ended.then(
        ({ status }) => end(status),
        ({ code }) => end(code),
      ),
    );
  }
  await turns(50);
  const waiting = await look();
  const during = { sends, timers: timers(), listeners: getEventListeners(signal, 'abort').length };
  controller.abort();
  await Promise.all(all);
  all.length = 0;
  await turns(50);
  const after = await look();
  const left = { timers: timers(), listeners: getEventListeners(signal, 'abort').length, sends };
  return { before, waiting, after, endings, during, left };
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

async function measured(client, silent) {
  isSilent = silent;
  const rounds = [];
  for (let time = -1; time < ROUNDS; time += 1) {
    const seen = await round(client(), heapUsed);
    if (time >= 0) rounds.push(seen);
  }
  const { endings, during, left } = rounds[0];
  const perCall = (bytes) => Math.round(median(rounds.map(bytes)) / CALLS);
  return {
    bytes: perCall(({ waiting, before }) => waiting - before),
    bytesLeft: perCall(({ after, before }) => after - before),
    endings,
    during,
    left,
  };
}

if (process.argv[2] === 'snapshot') {
  for (const [name, client, silent] of [
    ['bare', bare, true],
    ['held', held, false],
  ]) {
    isSilent = silent;
    await round(client(), heapUsed);
    const { before, waiting } = await round(client(), census);
    const more = [...waiting].map(([kind, { count, bytes }]) => {
      const had = before.get(kind) ?? { count: 0, bytes: 0 };
      return [kind, (count - had.count) / CALLS, (bytes - had.bytes) / CALLS];
    });
    more.sort((a, b) => b[2] - a[2]);
    console.log(`\n${name}: what one call holds (number, bytes)`);
    for (const [kind, count, bytes] of more.filter(([, , size]) => size >= 4))
      console.log(`  ${bytes.toFixed(0).padStart(6)}  ${count.toFixed(2).padStart(6)}  ${kind}`);
  }
} else {
  const inFlight = await measured(bare, true);
  const waiting = await measured(held, false);
  console.log(JSON.stringify({ inFlight, waiting, bytesOver: waiting.bytes - inFlight.bytes }));
}
