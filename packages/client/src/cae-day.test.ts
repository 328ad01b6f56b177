import type { StaticToken } from '@holdfast/testing';
import axios, { type InternalAxiosRequestConfig } from 'axios';
import { callOf, createServiceClient } from './index.js';
import { CaeDay, HOUR, MINUTE, SECOND, seeded, type Span } from './made-cae-day.js';
import { SCOPE, endingOf } from './made-challenge-storm.js';

/** One call, as its caller saw it. */
interface SeenCall {
  readonly url: string;
  readonly from: number;
  readonly to: number;
  readonly ending: number | string;
  readonly story: string;
}

const overlaps = (one: Span, other: Span) => one.from < other.to && other.from < one.to;

/** A day with Holdfast, and what each call came to. */
async function lived(day: CaeDay, seed: number): Promise<SeenCall[]> {
  const { clock, source, adapter } = day;
  const client = createServiceClient({
    ...{ name: 'orders', baseURL: 'https://orders.test', scopes: SCOPE, credential: source },
    ...{ clock, random: seeded(seed), axios: { adapter } },
  });
  const seen: SeenCall[] = [];
  await day.live(async (url) => {
    const from = clock.now();
    const [ending, story] = await client.get(url).then(
      (response) => [response.status, String(callOf(response))] as const,
      (error: unknown) => [endingOf(error), String(callOf(error))] as const,
    );
    seen.push({ url, from, to: clock.now(), ending, story });
  });
  return seen;
}

/** Calls that failed although there was a way: no outage, no lag, and not revoked a second time in short. */
function failedInVain({ outages, lags, revokedAt }: CaeDay, calls: readonly SeenCall[]): SeenCall[] {
  // The provider is left alone for 5.5 minutes at most after it has failed, and what led nowhere for 5 seconds.
  const troubles = [
    ...outages.map(({ from, to }) => ({ from, to: to + 5.5 * MINUTE })),
    ...lags.map(({ from, to }) => ({ from, to: to + 5 * SECOND })),
  ];
  // What led nowhere counts from when its token came, which takes 4 seconds at most.
  return calls.filter((call) => {
    const revocations = revokedAt.filter((at) => at >= call.from - 10 * SECOND && at <= call.to);
    return (
      call.ending !== 200 && revocations.length < 2 && !troubles.some((trouble) => overlaps(trouble, call))
    );
  });
}

/** A token request for each revocation, one more every 5 seconds of lag, and ever fewer while the provider is down. */
function mostTokenRequests({ outages, lags, revokedAt }: CaeDay): number {
  const inLags = lags.map(({ from, to }) => 1 + Math.ceil((to - from) / (5 * SECOND)));
  const inOutages = outages.map(({ from, to }) => 8 + Math.ceil((to - from) / (5 * MINUTE)));
  const refreshes = 3;
  return [...inLags, ...inOutages].reduce((sum, one) => sum + one, 1 + refreshes + revokedAt.length);
}

const RUNS = Number(process.env['HOLDFAST_RUNS'] ?? 4);
const SEEDS = Array.from({ length: RUNS }, (_, number) => number + 1);

describe.each(SEEDS)(
  'a day of tokens that live for 28 hours, and are revoked at any moment (seed %i)',
  (seed) => {
    it('has no loop in it, no token request too many, and no call that failed in vain', async () => {
      const day = new CaeDay(seed);
      const calls = await lived(day, seed);
      expect(Math.max(...day.sends.values())).toBeLessThanOrEqual(2);
      expect(failedInVain(day, calls)).toEqual([]);
      expect(day.source.requests.length).toBeLessThanOrEqual(mostTokenRequests(day));
      expect(day.clock.pendingRef).toBe(0);
      // It was such a day: calls were challenged, and most of them served all the same.
      expect(day.revokedAt.length).toBeGreaterThanOrEqual(25);
      expect([...day.sends.values()].filter((sends) => sends === 2).length).toBeGreaterThan(50);
      expect(calls.filter(({ ending }) => ending === 200).length).toBeGreaterThan(0.6 * calls.length);
      expect(calls.at(-1)!.to - calls[0]!.from).toBeGreaterThan(28 * HOUR);
    });
  },
);

/** The textbook handler: whoever is answered 401 asks for a token, which MSAL has in its cache, and sends again. */
function naive({ adapter, source }: CaeDay) {
  const client = axios.create({ baseURL: 'https://orders.test', adapter });
  let cached: Promise<StaticToken | null> | undefined;
  client.interceptors.request.use(async (config) => {
    cached ??= source.getToken(SCOPE);
    config.headers.set('Authorization', `Bearer ${(await cached)?.token}`);
    return config;
  });
  client.interceptors.response.use(undefined, (error: unknown) => {
    if (!axios.isAxiosError(error) || error.response?.status !== 401) throw error;
    return client.request(error.config as InternalAxiosRequestConfig);
  });
  return client;
}

describe('the same day by the textbook handler of a 401', () => {
  it('is a loop from the first revocation on', async () => {
    const day = new CaeDay(1);
    const client = naive(day);
    // Nobody else would end it.
    const mostSends = 51;
    client.interceptors.request.use((config) => {
      if (day.sends.get(config.url ?? '') === mostSends) throw new Error('Enough');
      return config;
    });
    await day.live(async (url) => {
      if (day.sends.size < 40) await client.get(url).catch(() => undefined);
    });
    expect(Math.max(...day.sends.values())).toBe(mostSends);
    expect([...day.sends.values()].filter((sends) => sends > 2).length).toBeGreaterThan(10);
  });
});
