// What it costs when the token of 10,000 calls in flight is revoked, by the built packages: counts, bytes, and CPU time beside
// as many sends of bare axios.
//   npm run build
//   node scripts/challenge-storm.mjs counts
//   node --expose-gc scripts/challenge-storm.mjs bytes
//   node --expose-gc scripts/challenge-storm.mjs cpu 15
// Counts and bytes repeat; the last one is for the eye, and takes the median of interleaved rounds, since a machine does
// something else now and then.
import { Buffer } from 'node:buffer';
import { createRequire } from 'node:module';
import { setImmediate } from 'node:timers';

const counts = {
  tokensAsked: 0,
  sends: 0,
  clockReadings: 0,
  timers: 0,
  urls: 0,
  abortControllers: 0,
  errors: 0,
};

const counted = (constructor, name) =>
  new Proxy(constructor, {
    construct(target, args, newTarget) {
      counts[name] += 1;
      return Reflect.construct(target, args, newTarget);
    },
  });

// Before anything is loaded: a class keeps the parent that it was made with.
const what = process.argv[2] ?? 'cpu';
if (what === 'counts') {
  const { setTimeout: start } = globalThis;
  globalThis.setTimeout = (...args) => {
    counts.timers += 1;
    return start(...args);
  };
  globalThis.URL = counted(URL, 'urls');
  globalThis.AbortController = counted(AbortController, 'abortControllers');
  globalThis.Error = counted(Error, 'errors');
}

const require = createRequire(new URL('../packages/client/package.json', import.meta.url));
const axios = require('axios');
const { attachToken, claimsChallenge, createServiceClient, install } = require('@holdfast/client');

const CALLS = 10_000;
const ROUNDS = Number(process.argv[3] ?? 15);
const baseURL = 'https://orders.example';

/** Tokens up to this one are revoked. */
let revoked = 0;
let issued = 0;
let challenge = '';
/** Answers token requests; while it is held up, all calls wait. */
let answerToken = (answer) => answer();

const adapter = (config) => {
  counts.sends += 1;
  const token = config.headers.Authorization;
  const isGood = token === undefined || Number(token.slice('Bearer t-'.length)) > revoked;
  const status = isGood ? 200 : 401;
  const data = isGood ? '{"id":7}' : '{"error":{"code":401}}';
  const headers = { 'content-type': 'application/json', 'content-length': String(data.length) };
  if (!isGood) headers['www-authenticate'] = challenge;
  const response = { status, statusText: '', data, headers, config };
  // As axios's own do.
  config.validateStatus(status);
  return new Promise((resolve) => setImmediate(resolve, response));
};

// It jumps from storm to storm: what is remembered of one must not count in the next.
let offsetMs = 0;
const clock = {
  now: () => {
    counts.clockReadings += 1;
    return Date.now() + offsetMs;
  },
  setTimeout: (callback, delayMs) => {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer), unref: () => timer.unref() };
  },
};
const credential = {
  getToken: () => {
    counts.tokensAsked += 1;
    issued += 1;
    const access = { token: `t-${issued}`, expiresOnTimestamp: Date.now() + offsetMs + 28 * 3_600_000 };
    return new Promise((resolve) => answerToken(() => resolve(access)));
  },
};

const bare = axios.create({ baseURL, adapter });
const held = createServiceClient({
  name: 'orders',
  baseURL,
  credential,
  scopes: 'api://orders/.default',
  clock,
  axios: { adapter },
});

/** Nothing but what answers the challenge. */
const attached = axios.create({ baseURL, adapter });
const tokens = attachToken(credential, { scopes: 'api://orders/.default', enableCae: true, clock });
install(attached, [tokens, claimsChallenge()], { clock });

async function calls(client, times) {
  const answers = await Promise.all(Array.from({ length: times }, () => client.get('/orders/7')));
  if (answers.some(({ status }) => status !== 200)) throw new Error('A call has failed');
}

/** The token that is held is revoked, before any of the calls is answered. */
function revoke() {
  offsetMs += 60_000;
  revoked = issued;
  const claims = { access_token: { nbf: { essential: true, value: String(offsetMs) } } };
  const text = Buffer.from(JSON.stringify(claims)).toString('base64');
  challenge = `Bearer realm="", authorization_uri="https://login.example/authorize", error="insufficient_claims", claims="${text}"`;
}

async function storm(times, client = held) {
  revoke();
  await calls(client, times);
}

/** Microseconds of CPU, of all threads: what the collector does counts. */
async function cpuOf(run) {
  gc();
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

/** Bytes on the heap for each call that waits for the one token. */
async function bytesHeld() {
  revoke();
  gc();
  const before = process.memoryUsage().heapUsed;
  let release;
  const asked = new Promise((resolve) => (answerToken = (answer) => resolve((release = answer))));
  const all = calls(held, CALLS);
  await asked;
  // Until the last one has come to wait.
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  gc();
  const bytes = (process.memoryUsage().heapUsed - before) / CALLS;
  answerToken = (answer) => answer();
  release();
  await all;
  return bytes;
}

await calls(held, 1);
if (what === 'counts') {
  const atOnce = async (times) => {
    await storm(times);
    for (const name in counts) counts[name] = 0;
    await storm(times);
    return { ...counts };
  };
  const [few, many] = [await atOnce(1_000), await atOnce(CALLS)];
  const perCall = Object.fromEntries(
    Object.keys(counts).map((name) => [name, (many[name] - few[name]) / (CALLS - 1_000)]),
  );
  console.log(JSON.stringify({ ...many, perCall }));
} else if (what === 'bytes') {
  await bytesHeld();
  const bytes = [];
  for (let round = 0; round < 3; round += 1) bytes.push(await bytesHeld());
  console.log(JSON.stringify({ bytesPerWaitingCall: Math.round(median(bytes)) }));
} else {
  await calls(attached, 1);
  const rounds = [];
  for (let round = -3; round < ROUNDS; round += 1) {
    const bareCpu = await cpuOf(() => calls(bare, 2 * CALLS));
    const attachedCpu = await cpuOf(() => storm(CALLS, attached));
    const serviceCpu = await cpuOf(() => storm(CALLS));
    if (round >= 0) rounds.push({ bareCpu, attachedCpu, serviceCpu });
  }
  for (const name in counts) counts[name] = 0;
  await storm(CALLS);
  const ratio = (cpu) => Number(median(rounds.map((round) => cpu(round) / round.bareCpu)).toFixed(2));
  const { tokensAsked, sends } = counts;
  console.log(
    JSON.stringify({
      bareMs: Math.round(median(rounds.map(({ bareCpu }) => bareCpu)) / 1_000),
      attachTokenAndClaimsChallenge: ratio(({ attachedCpu }) => attachedCpu),
      serviceClient: ratio(({ serviceCpu }) => serviceCpu),
      tokensAsked,
      sends,
      bytesPerWaitingCall: Math.round(await bytesHeld()),
    }),
  );
}
