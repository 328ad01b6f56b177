import axios, { CanceledError, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import {
  InteractionRequiredError,
  TokenAcquisitionError,
  callOf,
  currentCall,
  install,
  type Interceptor,
} from '@holdfast/core';
import {
  challengeHeader,
  manualClock,
  scriptedTransport,
  staticCredential,
  type CredentialAnswer,
  type ManualClock,
  type StaticCredential,
  type Step,
} from '@holdfast/testing';
import { attachToken } from '@holdfast/token';
import fc from 'fast-check';
import { claimsChallenge, type Challenger } from './index.js';

const RUNS = Number(process.env['HOLDFAST_RUNS'] ?? 200);
const FUTILE_MS = 5_000;
const LEAST_RETRY_AFTER_MS = 1_000;

const CHALLENGES = {
  nbf: challengeHeader({ claims: { access_token: { nbf: { value: '1' } } } }),
  acrs: challengeHeader({ claims: { access_token: { acrs: { value: 'c1' } } } }),
  stepUp: challengeHeader({ acrValues: 'c1', maxAge: 60 }),
  vague: 'Bearer error="insufficient_user_authentication"',
  invalid: 'Bearer error="invalid_token"',
  unreadable: 'Bearer error="insufficient_claims", claims="[]"',
  nonce: 'DPoP error="use_dpop_nonce"',
  both: `DPoP error="use_dpop_nonce", ${challengeHeader({ claims: { a: 1 } })}`,
  none: 'Bearer realm="orders"',
};

const delayMs = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 4_000 }));
const answerOfApi: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ status: fc.constant(200), delayMs }) },
  {
    weight: 6,
    arbitrary: fc.record({
      status: fc.constant(401),
      delayMs,
      headers: fc
        .constantFrom(...Object.values(CHALLENGES))
        .map((challenge) => ({ 'www-authenticate': challenge })),
    }),
  },
  { weight: 1, arbitrary: fc.record({ status: fc.constant(503), delayMs }) },
  { weight: 1, arbitrary: fc.record({ error: fc.constant('ECONNRESET'), delayMs }) },
);

const common = { service: 'idp', message: 'no', scopes: ['orders'] };
const answerOfSource = fc.record({
  what: fc.constantFrom('new', 'new', 'same', 'throttled', 'down', 'broken', 'refused', 'user', 'nothing'),
  retryAfterMs: fc.integer({ min: LEAST_RETRY_AFTER_MS, max: 8_000 }),
  delayMs: fc.oneof({ weight: 9, arbitrary: delayMs }, { weight: 1, arbitrary: fc.constant(100_000) }),
});
/** Mostly there is a token to begin with. */
const FIRST = { what: 'new' as const, retryAfterMs: 0, delayMs: 0 };
type SourceAnswer = typeof answerOfSource extends fc.Arbitrary<infer T> ? T : never;

const aCall = fc.record({
  atMs: fc.integer({ min: 0, max: 6_000 }),
  credential: fc.constantFrom('a' as const, 'b' as const),
  deadlineMs: fc.option(fc.integer({ min: 1, max: 60_000 })),
  cancelMs: fc.option(fc.integer({ min: 0, max: 10_000 }), { freq: 1 }),
  byToken: fc.boolean(),
  hedged: fc.boolean(),
});
type ACall = typeof aCall extends fc.Arbitrary<infer T> ? T : never;

const answerOfChallenger = fc.record({
  what: fc.constantFrom('yes', 'no', 'throws', 'rejects'),
  delayMs,
});

const scenario = fc.record({
  api: fc.array(answerOfApi, { minLength: 1, maxLength: 12 }),
  source: fc.array(answerOfSource, { minLength: 1, maxLength: 8 }).map((later) => [...later, FIRST]),
  calls: fc.array(aCall, { minLength: 1, maxLength: 30 }),
  challengers: fc.array(fc.array(answerOfChallenger, { minLength: 1, maxLength: 4 }), { maxLength: 2 }),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

/** A wait that keeps nobody alive. */
const pause = (clock: ManualClock, ms: number) =>
  ms === 0
    ? Promise.resolve()
    : new Promise<void>((resolve) => {
        clock.setTimeout(resolve, ms).unref();
      });

function sourceOf(name: string, answers: readonly SourceAnswer[], clock: ManualClock): StaticCredential {
  return staticCredential(async (_, number): Promise<CredentialAnswer> => {
    const { what, retryAfterMs, delayMs: ms } = answers.at((number - 2) % answers.length) as SourceAnswer;
    await pause(clock, ms);
    if (what === 'new') return `${name}-${number}`;
    if (what === 'same') return `${name}-same`;
    if (what === 'throttled') return new TokenAcquisitionError({ ...common, retryAfterMs, transient: true });
    if (what === 'down') return new TokenAcquisitionError({ ...common, transient: true });
    if (what === 'refused') return new TokenAcquisitionError({ ...common, transient: false });
    if (what === 'user') return new InteractionRequiredError(common);
    return what === 'nothing' ? null : new Error('broken');
  });
}

function challengersOf({ challengers }: Scenario, clock: ManualClock): Challenger[] {
  return challengers.map((answers, index) => {
    let asked = 0;
    return {
      name: `challenger ${index}`,
      answer: (challenges) => {
        const one = answers[(asked += 1) % answers.length];
        if (one === undefined || !challenges.some(({ scheme }) => scheme === 'dpop')) return false;
        if (one.what === 'throws') throw new Error('it throws');
        return pause(clock, one.delayMs).then(() => {
          if (one.what === 'rejects') throw new Error('it rejects');
          return one.what === 'yes';
        });
      },
    };
  });
}

const LIMIT = Symbol('what a call brings along');
interface Limits {
  readonly deadlineAt: number;
  readonly hedged: boolean;
}

/** Outermost: when the call gives up, and that it sends the same request twice. */
const around: Interceptor = (next) => async (config) => {
  const limits = Reflect.get(config.params as object, LIMIT) as Limits;
  currentCall(config).deadlineAt = limits.deadlineAt;
  const sends = limits.hedged ? [next(config), next(config)] : [next(config)];
  await Promise.allSettled(sends);
  return Promise.any(sends).catch(() => sends[0] as Promise<AxiosResponse>);
};

const ENDS = /^(200|401|503|ERR_CANCELED|ERR_INTERACTION_REQUIRED|ERR_TOKEN_ACQUISITION|ECONNRESET)$/;

/** Whether the story of a 401 that challenged somebody tells why it was not answered. */
function hasReason(subject: object): boolean {
  const { headers } = subject as AxiosResponse;
  const decisions = callOf(subject)?.attempts.at(-1)?.decisions ?? [];
  const foreign = [CHALLENGES.nonce, CHALLENGES.none];
  return (
    foreign.includes(String(headers['www-authenticate'])) ||
    decisions.some((one) => one.includes('not answered'))
  );
}

async function play(given: Scenario): Promise<string[]> {
  const clock = manualClock({ fakeGlobals: false });
  const { api, source, calls } = given;
  const broken: string[] = [];
  const isOver = new Map<string, () => boolean>();
  const sends = new Map<string, number>();
  const transport = scriptedTransport(
    ({ url, token = '' }, number) => {
      sends.set(url, (sends.get(url) ?? 0) + 1);
      if (isOver.get(url)?.() !== false) broken.push(`${url} was sent after its end`);
      if (!token.startsWith(String(url[1]))) broken.push(`${url} went out with ${token}`);
      return api[(number - 1) % api.length] as Step;
    },
    { clock },
  );
  const client = axios.create({
    baseURL: 'https://orders.test',
    adapter: transport.adapter,
    validateStatus: () => true,
  });
  const sources = { a: sourceOf('a', source, clock), b: sourceOf('b', source, clock) };
  const challengers = challengersOf(given, clock);
  const token = attachToken(sources.a, { scopes: 'orders', clock, futileMs: FUTILE_MS, random: () => 0 });
  install(client, [around, token, claimsChallenge({ challengers })], { clock });

  const startedAt = clock.now();
  const begin = async (one: ACall, index: number): Promise<void> => {
    await new Promise<void>((resolve) => void clock.setTimeout(resolve, one.atMs));
    const url = `/${one.credential}/${index}`;
    const controller = new AbortController();
    const cancel = axios.CancelToken.source();
    isOver.set(url, () => controller.signal.aborted || cancel.token.reason !== undefined);
    const timers = [
      one.deadlineMs === null
        ? undefined
        : clock.setTimeout(() => {
            controller.abort();
          }, one.deadlineMs),
      one.cancelMs === null
        ? undefined
        : clock.setTimeout(() => {
            if (one.byToken) cancel.cancel();
            else controller.abort();
          }, one.cancelMs),
    ];
    const deadlineAt = one.deadlineMs === null ? Infinity : clock.now() + one.deadlineMs;
    const params = Object.assign(new URLSearchParams(), { [LIMIT]: { deadlineAt, hedged: one.hedged } });
    const holdfast = { credential: sources[one.credential] };
    const subject = await client
      .get(url, { params, holdfast, signal: controller.signal, cancelToken: cancel.token })
      .catch((error: unknown) => error as { readonly config?: InternalAxiosRequestConfig });
    for (const timer of timers) timer?.cancel();
    if (subject.config !== undefined && 'Authorization' in subject.config.headers)
      broken.push(`${url} keeps its token`);
    if (isOver.get(url)?.() === true && !(subject instanceof CanceledError) && !('status' in subject))
      broken.push(`${url} was given up, and ended otherwise`);
    const end = 'status' in subject ? String(subject.status) : (subject as { readonly code?: string }).code;
    if (!ENDS.test(String(end))) broken.push(`${url} ended with ${String(end)}`);
    if (end === '401' && sends.get(url) === 1 && !hasReason(subject)) broken.push(`${url} is not told why`);
    const attempts = one.hedged ? 2 : 1;
    if ((sends.get(url) ?? 0) > attempts * (1 + 1 + challengers.length))
      broken.push(`${url} was resent too often`);
    const story = String(callOf(subject));
    if (story.includes('Bearer') || story.includes('-same')) broken.push(`${url} tells its token`);
  };
  await clock.runUntilSettled(Promise.all(calls.map(begin)));

  if (clock.pendingRef > 0) broken.push(`${clock.pendingRef} timers are left`);
  if (transport.inFlight > 0) broken.push('a request is left');
  const elapsedMs = clock.now() - startedAt;
  const most = 3 * (1 + elapsedMs / FUTILE_MS) + 2 + elapsedMs / LEAST_RETRY_AFTER_MS;
  for (const { requests } of Object.values(sources))
    if (requests.length > most) broken.push(`${requests.length} token requests in ${elapsedMs} ms`);
  return broken;
}

describe('whatever an API demands and a credential answers', () => {
  it('each call ends, sends once per answer with a token of its own, and asks a bounded number of times', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        expect(await play(given)).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  }, 60_000);
});
