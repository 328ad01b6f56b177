// How often the circuit of a service that is up opens by chance, and how soon that of one that is down opens: the real
// interceptor with its defaults, on a clock of its own, with calls that come and fail at random (Poisson arrivals, each attempt
// fails on its own, all from one seed).
//   npm run build
//   node scripts/false-openings.mjs
//   node scripts/false-openings.mjs --attempts=100000 --seed=7 --json
// Or on the sources, without a build: node --conditions=@holdfast/source --import tsx scripts/false-openings.mjs
import { parseArgs } from 'node:util';
import { createRequire } from 'node:module';
import { circuitBreaker, install } from '@holdfast/client';

const require = createRequire(new URL('../packages/client/package.json', import.meta.url));
const axios = require('axios');

const { values } = parseArgs({
  options: {
    attempts: { type: 'string', default: '500000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const ATTEMPTS = Number(values.attempts);
const SEED = Number(values.seed);

const FAILURE_RATES = [0.01, 0.05, 0.1, 0.2];
const PER_SECOND = [1, 2, 5, 20, 200];
const DAY_S = 86_400;

/** Numbers from 0 up to 1, the same ones for the same seed: mulberry32. */
function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Keeps every circuit that opens from waiting in real time. */
const clock = {
  at: Date.UTC(2025, 0, 1),
  now: () => clock.at,
  setTimeout: () => ({ cancel: () => undefined, unref: () => undefined }),
};

/** A request as interceptors meet it: what is in front of the breaker costs more than what is measured. */
async function aRequest() {
  let met;
  const adapter = (config) =>
    Promise.resolve({ status: 200, statusText: 'OK', data: '', headers: {}, config });
  const client = axios.create({ baseURL: 'https://orders.example', adapter });
  const meet = (next) => (config) => {
    met = config;
    return next(config);
  };
  install(client, [meet]);
  await client.get('/orders/7');
  return met;
}

const request = await aRequest();
const good = { status: 200, statusText: 'OK', data: '', headers: {}, config: request };
const bad = { status: 500, statusText: 'Internal Server Error', data: '', headers: {}, config: request };

/** A service with a circuit that has seen nothing yet. `attempt()`: whether the circuit opened upon its outcome. */
function service() {
  let hasOpened = false;
  let answer = Promise.resolve(good);
  const breaker = circuitBreaker({
    clock,
    random: () => 0.5,
    onStateChange: ({ state }) => {
      hasOpened ||= state === 'open';
    },
  });
  const send = breaker(() => answer);
  const answers = { true: Promise.resolve(bad), false: answer };
  return async (fails) => {
    answer = answers[fails];
    await send(request);
    return hasOpened;
  };
}

/** What remains at an opening is thrown away, as the circuit itself does when it closes again. */
async function falseOpenings(failureRate, perSecond) {
  const random = seeded(SEED + 1_000 * failureRate + 1_000_000 * perSecond);
  let attempt = service();
  let openings = 0;
  let sinceMs = 0;
  for (let made = 0; made < ATTEMPTS; made += 1) {
    sinceMs += (-Math.log(1 - random()) * 1_000) / perSecond;
    const whole = Math.floor(sinceMs);
    clock.at += whole;
    sinceMs -= whole;
    if (!(await attempt(random() < failureRate))) continue;
    openings += 1;
    attempt = service();
  }
  const perMillion = (openings / ATTEMPTS) * 1_000_000;
  const perDay = (openings / ATTEMPTS) * perSecond * DAY_S;
  return { failureRate, perSecond, attempts: ATTEMPTS, openings, perMillion, perDay };
}

/** Failures until it opens, when a service goes down at once after 10,000 successes. */
async function untilOpen(perSecond) {
  const attempt = service();
  const everyMs = 1_000 / perSecond;
  const startedAt = clock.at;
  let failures = 0;
  for (let made = 1; ; made += 1) {
    clock.at = startedAt + Math.floor(made * everyMs);
    const fails = made > 10_000;
    if (fails) failures += 1;
    if (await attempt(fails)) return { perSecond, failures };
  }
}

const rows = [];
for (const failureRate of FAILURE_RATES)
  for (const perSecond of PER_SECOND) rows.push(await falseOpenings(failureRate, perSecond));
const down = [];
for (const perSecond of [1, 20, 200, 1_000]) down.push(await untilOpen(perSecond));

if (values.json) {
  console.log(JSON.stringify({ seed: SEED, falseOpenings: rows, untilOpen: down }));
} else {
  console.log(`False openings of a service that fails by chance (${ATTEMPTS} attempts each, seed ${SEED})\n`);
  console.log('failures  attempts/s  openings  per million  per day');
  for (const { failureRate, perSecond, openings, perMillion, perDay } of rows) {
    const cells = [
      `${Math.round(failureRate * 100)} %`,
      perSecond,
      openings,
      perMillion.toFixed(1),
      perDay.toFixed(1),
    ];
    const widths = [8, 10, 8, 11, 7];
    console.log(cells.map((cell, column) => String(cell).padStart(widths[column])).join('  '));
  }
  console.log('\nFailures until it opens, down at once after 10,000 successes');
  for (const { perSecond, failures } of down) console.log(`${String(perSecond).padStart(5)}/s  ${failures}`);
}
