// What it costs when the token of 10,000 calls in flight is revoked. Counts and bytes repeat; CPU time is for the eye.
//   node packages/bench/dist/esm/failures/challenge-storm.js counts
//   node --single-threaded --expose-gc packages/bench/dist/esm/failures/challenge-storm.js bytes
//   node --expose-gc packages/bench/dist/esm/failures/challenge-storm.js cpu 15
import { counts, resetCounts, type Counts } from '../measuring/counts.js';
import { collect, cpuOf, heapUsed, interleaved, median, ratio } from '../measuring/rounds.js';
import { BASE_URL as baseURL, PATH } from './orders.js';
import axios, {
  type AxiosAdapter,
  type AxiosError,
  type AxiosInstance,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import {
  attachToken,
  claimsChallenge,
  createServiceClient,
  install,
  type TokenCredential,
} from '@holdfast/client';
import { statusError, systemClock, type Clock } from '@holdfast/core';
import { setImmediate } from 'node:timers';
import { setImmediate as turn } from 'node:timers/promises';

const CALLS = 10_000;
const FEW = 1_000;
const SCOPE = 'api://orders/.default';

/** What a storm has made, in all. */
export interface StormCounts extends Counts {
  tokensAsked: number;
  sends: number;
  clockReadings: number;
}

export interface ChallengeCounts {
  readonly holdfast: StormCounts;
  /** What each call adds, beyond what there is once. */
  readonly holdfastPerCall: StormCounts;
  readonly naive: StormCounts;
}

/** Bytes on the heap for each call: one in flight, and those that wait for their token. */
export interface ChallengeBytes {
  readonly bareInFlight: number;
  readonly holdfast: number;
  readonly naive: number;
}

/** CPU of the storm, over that of as many sends of bare axios. */
export interface ChallengeCpu {
  readonly bareMs: number;
  readonly attachTokenAndClaimsChallenge: number;
  readonly serviceClient: number;
  readonly naive: number;
}

/** Gives answers as they come, or holds them back until all are asked for. */
class Answers {
  #held: (() => void)[] | undefined = undefined;

  give(answer: () => void): void {
    if (this.#held === undefined) answer();
    else this.#held.push(answer);
  }

  hold(): void {
    this.#held = [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const answer of held) answer();
  }
}

const asked = { tokensAsked: 0, sends: 0, clockReadings: 0 };
const answers = new Answers();
const tokens = new Answers();
/** Tokens up to this one are revoked. */
let revoked = 0;
let issued = 0;
let challenge = '';

const adapter: AxiosAdapter = (config) => {
  asked.sends += 1;
  const token = config.headers.get('Authorization');
  const isGood = typeof token !== 'string' || Number(token.slice('Bearer t-'.length)) > revoked;
  const data = isGood ? '{"id":7}' : '{"error":{"code":401}}';
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'content-length': String(data.length),
    ...(!isGood && { 'www-authenticate': challenge }),
  };
  const status = isGood ? 200 : 401;
  const response: AxiosResponse = { status, statusText: '', data, headers, config };
  const isTaken = config.validateStatus?.(status) ?? true;
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      if (isTaken) resolve(response);
      else reject(statusError(response));
    };
    answers.give(() => setImmediate(settle));
  });
};

// It stands still during a storm, whose counts are no matter of how long it takes; and jumps from one to the next, so that what is
// remembered of one does not count in the next.
const startedAt = Date.now();
let offsetMs = 0;
const clock: Clock = {
  now: () => {
    asked.clockReadings += 1;
    return startedAt + offsetMs;
  },
  setTimeout: (callback, delayMs) => {
    const timer = systemClock.setTimeout(callback, delayMs + 3_600_000);
    timer.unref();
    return timer;
  },
};

const credential: TokenCredential = {
  getToken: () => {
    asked.tokensAsked += 1;
    issued += 1;
    const access = { token: `t-${issued}`, expiresOnTimestamp: startedAt + offsetMs + 28 * 3_600_000 };
    return new Promise((resolve) => {
      tokens.give(() => {
        resolve(access);
      });
    });
  },
};

const bare = axios.create({ baseURL, adapter });
const standard = createServiceClient({
  name: 'orders',
  baseURL,
  credential,
  scopes: SCOPE,
  clock,
  axios: { adapter },
});

/** Nothing but what answers the challenge. */
const attached = axios.create({ baseURL, adapter });
install(attached, [attachToken(credential, { scopes: SCOPE, enableCae: true, clock }), claimsChallenge()], {
  clock,
});

/** As it is written everywhere: the token in a variable, and whoever gets a 401 asks for another one, and sends again. */
const naive = axios.create({ baseURL, adapter });
let held = '';
naive.interceptors.request.use(async (config) => {
  if (held === '') held = await askedFor();
  config.headers.Authorization = `Bearer ${held}`;
  return config;
});
naive.interceptors.response.use(undefined, async (error: AxiosError) => {
  const config = error.config as (InternalAxiosRequestConfig & { _retry?: boolean }) | undefined;
  if (error.response?.status !== 401 || config === undefined || config._retry === true) throw error;
  config._retry = true;
  const claims = /claims="([^"]*)"/.exec(String(error.response.headers['www-authenticate']))?.[1] ?? '';
  held = await askedFor(Buffer.from(claims, 'base64').toString());
  return naive(config);
});

async function askedFor(claims?: string): Promise<string> {
  const access = await credential.getToken(SCOPE, claims === undefined ? {} : { claims });
  return access?.token ?? '';
}

async function calls(client: AxiosInstance, times: number): Promise<void> {
  const responses = await Promise.all(Array.from({ length: times }, () => client.get(PATH)));
  if (responses.some(({ status }) => status !== 200)) throw new Error('A call has failed');
}

/** The token that is held is revoked, before any of the calls is answered. */
async function storm(client: AxiosInstance, times: number): Promise<void> {
  revoke();
  await calls(client, times);
}

function revoke(): void {
  offsetMs += 60_000;
  revoked = issued;
  const claims = { access_token: { nbf: { essential: true, value: String(offsetMs) } } };
  const text = Buffer.from(JSON.stringify(claims)).toString('base64');
  challenge = `Bearer realm="", authorization_uri="https://login.example/authorize", error="insufficient_claims", claims="${text}"`;
}

async function countsOf(client: AxiosInstance, times: number): Promise<StormCounts> {
  await storm(client, times);
  resetCounts();
  Object.assign(asked, { tokensAsked: 0, sends: 0, clockReadings: 0 });
  await storm(client, times);
  return { ...counts, ...asked };
}

async function countedStorm(): Promise<ChallengeCounts> {
  const [few, many] = [await countsOf(standard, FEW), await countsOf(standard, CALLS)];
  const perCall = { ...many };
  for (const name of Object.keys(many) as (keyof StormCounts)[])
    perCall[name] = (many[name] - few[name]) / (CALLS - FEW);
  return { holdfast: many, holdfastPerCall: perCall, naive: await countsOf(naive, CALLS) };
}

/** Bytes on the heap for each call while what it waits for is held back. */
async function bytesHeld(client: AxiosInstance, heldBack: Answers): Promise<number> {
  const rounds: number[] = [];
  for (let round = -1; round < 3; round += 1) {
    revoke();
    const before = heapUsed();
    heldBack.hold();
    const all = calls(client, CALLS);
    // Until the last one has come to wait.
    for (let time = 0; time < 20; time += 1) await turn();
    const bytes = (heapUsed() - before) / CALLS;
    heldBack.release();
    await all;
    if (round >= 0) rounds.push(bytes);
  }
  return Math.round(median(rounds));
}

async function weighedStorm(): Promise<ChallengeBytes> {
  return {
    bareInFlight: await bytesHeld(bare, answers),
    holdfast: await bytesHeld(standard, tokens),
    naive: await bytesHeld(naive, tokens),
  };
}

async function timedStorm(rounds: number): Promise<ChallengeCpu> {
  const cpu = (run: () => Promise<void>) => (): Promise<number> => {
    collect();
    return cpuOf(run, 1);
  };
  const seen = await interleaved(
    {
      bare: cpu(() => calls(bare, 2 * CALLS)),
      attached: cpu(() => storm(attached, CALLS)),
      standard: cpu(() => storm(standard, CALLS)),
      naive: cpu(() => storm(naive, CALLS)),
    },
    { rounds, warmUp: 3 },
  );
  const over = (of: readonly number[]): number => Number(ratio(of, seen.bare).toFixed(2));
  return {
    bareMs: Math.round(median(seen.bare) / 1_000),
    attachTokenAndClaimsChallenge: over(seen.attached),
    serviceClient: over(seen.standard),
    naive: over(seen.naive),
  };
}

for (const client of [standard, attached, naive]) await calls(client, 1);
const [what, rounds = '15'] = process.argv.slice(2);
const measures = { counts: countedStorm, bytes: weighedStorm, cpu: () => timedStorm(Number(rounds)) };
console.log(JSON.stringify(await measures[what as keyof typeof measures]()));
