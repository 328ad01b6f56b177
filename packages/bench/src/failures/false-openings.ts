// How often the circuit of a service that is up opens by chance, and how soon that of one that is down opens: the real
// interceptor with its defaults, on a clock of its own, with calls that come and fail at random (Poisson arrivals, each attempt
// fails on its own, all from one seed).
//   false-openings.js --attempts=100000 --seed=7
import { parseArgs } from 'node:util';
import { circuitBreaker, install, type Interceptor } from '@holdfast/client';
import type { Clock } from '@holdfast/core';
import axios, { type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import { BASE_URL, Orders, PATH } from './orders.js';

const { values } = parseArgs({
  options: {
    attempts: { type: 'string', default: '500000' },
    seed: { type: 'string', default: '1' },
  },
});
const ATTEMPTS = Number(values.attempts);
const SEED = Number(values.seed);

const FAILURE_RATES = [0.01, 0.05, 0.1, 0.2];
const PER_SECOND = [1, 2, 5, 20, 200];
const DAY_S = 86_400;

/** Numbers from 0 up to 1, the same ones for the same seed: mulberry32. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

let at = Date.UTC(2025, 0, 1);
/** Keeps every circuit that opens from waiting in real time. */
const clock: Clock = {
  now: () => at,
  setTimeout: () => ({ cancel: () => undefined, unref: () => undefined }),
};

/** A request as interceptors meet it: what is in front of the breaker costs more than what is measured. */
async function aRequest(): Promise<InternalAxiosRequestConfig> {
  const met: InternalAxiosRequestConfig[] = [];
  const client = axios.create({ baseURL: BASE_URL, adapter: new Orders().adapter });
  const meet: Interceptor = (next) => (config) => {
    met.push(config);
    return next(config);
  };
  install(client, [meet]);
  await client.get(PATH);
  const [request] = met;
  if (request === undefined) throw new Error('No request came through');
  return request;
}

const request = await aRequest();
const answered = (status: number): Promise<AxiosResponse> =>
  Promise.resolve({ status, statusText: '', data: '', headers: {}, config: request });
const good = answered(200);
const bad = answered(500);

/** A service with a circuit that has seen nothing yet. What is returned makes an attempt, and says whether the circuit has opened. */
function service(): (fails: boolean) => Promise<boolean> {
  let hasOpened = false;
  let answer = good;
  const breaker = circuitBreaker({
    clock,
    random: () => 0.5,
    onStateChange: ({ state }) => {
      hasOpened ||= state === 'open';
    },
  });
  const send = breaker(() => answer);
  return async (fails) => {
    answer = fails ? bad : good;
    await send(request);
    return hasOpened;
  };
}

/** What remains at an opening is thrown away, as the circuit itself does when it closes again. */
async function falseOpenings(failureRate: number, perSecond: number): Promise<object> {
  const random = seeded(SEED + 1_000 * failureRate + 1_000_000 * perSecond);
  let attempt = service();
  let openings = 0;
  let sinceMs = 0;
  for (let made = 0; made < ATTEMPTS; made += 1) {
    sinceMs += (-Math.log(1 - random()) * 1_000) / perSecond;
    const whole = Math.floor(sinceMs);
    at += whole;
    sinceMs -= whole;
    if (!(await attempt(random() < failureRate))) continue;
    openings += 1;
    attempt = service();
  }
  const perDay = (openings / ATTEMPTS) * perSecond * DAY_S;
  return { failureRate, perSecond, attempts: ATTEMPTS, openings, perDay };
}

/** Failures until it opens, when a service goes down at once after 10,000 successes. */
async function untilOpen(perSecond: number): Promise<object> {
  const attempt = service();
  const everyMs = 1_000 / perSecond;
  const startedAt = at;
  let failures = 0;
  for (let made = 1; ; made += 1) {
    at = startedAt + Math.floor(made * everyMs);
    const fails = made > 10_000;
    if (fails) failures += 1;
    if (await attempt(fails)) return { perSecond, failures };
  }
}

const rows: object[] = [];
for (const failureRate of FAILURE_RATES)
  for (const perSecond of PER_SECOND) rows.push(await falseOpenings(failureRate, perSecond));
const down: object[] = [];
for (const perSecond of [1, 20, 200, 1_000]) down.push(await untilOpen(perSecond));
console.log(JSON.stringify({ seed: SEED, falseOpenings: rows, untilOpen: down }));
