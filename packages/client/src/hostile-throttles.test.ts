import { callOf, retryAfterOf } from './index.js';
import { ADAPTERS, stage, type Stage } from './made-hostile-play.js';
import { OK, answers, type Behaviour } from './made-hostile-server.js';

const HOUR = 3_600_000;
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** The three forms of an HTTP-date (RFC 9110, section 5.6.7). */
const imfFixdate = (at: number) => new Date(at).toUTCString();
const rfc850 = (at: number) => {
  const [, day, month, year, time] = imfFixdate(at).split(/,? /);
  return `${DAYS[new Date(at).getUTCDay()]}, ${day}-${month}-${year?.slice(2)} ${time} GMT`;
};
const asctime = (at: number) => {
  const [weekday, day, month, year, time] = imfFixdate(at).split(/,? /);
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`;
};

interface Row {
  readonly told: (now: number) => Record<string, string>;
  /** Milliseconds before which nobody may come back, and those by which he is back. */
  readonly between: readonly [number, number];
}

const after = (value: string) => () => ({ 'retry-after': value });
const date = (form: (at: number) => string) => (now: number) => ({ 'retry-after': form(now + 3_000) });
/** By a server whose clock is wrong by that much. */
const skewed = (form: (at: number) => string, byMs: number) => (now: number) => ({
  date: imfFixdate(now + byMs),
  'retry-after': form(now + byMs + 3_000),
});
// With a chance of a half: 5 % of the wait, at least 25 ms, for the one who was told and the same for the probe.
const SECONDS_2 = [2_000, 2_300] as const;
const SECONDS_3 = [3_000, 3_450] as const;
const BACKOFF = [100, 200] as const;

const ROWS: Record<string, Row> = {
  'in seconds': { told: after('2'), between: SECONDS_2 },
  'in seconds, with a fraction': { told: after('1.5'), between: SECONDS_2 },
  'in milliseconds': { told: () => ({ 'retry-after-ms': '2000' }), between: SECONDS_2 },
  'as an IMF-fixdate': { told: date(imfFixdate), between: SECONDS_3 },
  'as an RFC 850 date': { told: date(rfc850), between: SECONDS_3 },
  'as an asctime date': { told: date(asctime), between: SECONDS_3 },
  'as a date, by a clock that is an hour ahead': { told: skewed(imfFixdate, HOUR), between: SECONDS_3 },
  'as a date, by a clock that is an hour behind': { told: skewed(asctime, -HOUR), between: SECONDS_3 },
  'in seconds, by a clock that is an hour behind': {
    told: (now) => ({ date: imfFixdate(now - HOUR), 'retry-after': '2' }),
    between: SECONDS_2,
  },
  'by nothing': { told: () => ({}), between: BACKOFF },
  'by a blank': { told: after(' '), between: BACKOFF },
  'by 1e3': { told: after('1e3'), between: BACKOFF },
  'by -1': { told: after('-1'), between: BACKOFF },
  'by a word': { told: after('soon'), between: BACKOFF },
  'by 0': { told: after('0'), between: BACKOFF },
  'by a date that is over': { told: (now) => ({ 'retry-after': imfFixdate(now - 1_000) }), between: BACKOFF },
};

const throttled = (status: number, { told }: Row): Behaviour => answers(status, told);
const names = Object.keys(ROWS);

let on: Stage | undefined;

afterEach(() => {
  on?.close();
});

/** Milliseconds from the first request to each later one. */
const later = ({ server }: Stage) => server.requests.slice(1).map(({ at }) => at - server.requests[0]!.at);

describe.each(ADAPTERS)('a server that throttles (%s adapter)', (adapter) => {
  it.each([429, 503].flatMap((status) => names.map((name) => [status, name] as const)))(
    'with %d, telling the instant %s: a GET comes back once, never before it',
    async (status, name) => {
      const row = ROWS[name]!;
      on = await stage(adapter, [throttled(status, row)]);
      const { ending } = await on.play(on.client.get('/orders/7'));
      expect(ending).toBe(200);
      expect(on.server.requests).toHaveLength(2);
      const [earliest, latest] = row.between;
      expect(later(on)[0]).toBeGreaterThanOrEqual(earliest);
      expect(later(on)[0]).toBeLessThanOrEqual(latest);
    },
  );

  it.each([429, 503])(
    'with %d, and no gate stands: a GET waits for the instant by itself',
    async (status) => {
      on = await stage(adapter, [throttled(status, ROWS['as an RFC 850 date']!)], { throttleGate: false });
      expect((await on.play(on.client.get('/orders/7'))).ending).toBe(200);
      expect(later(on)[0]).toBeGreaterThanOrEqual(3_000);
      expect(later(on)[0]).toBeLessThanOrEqual(3_300);
    },
  );

  it('with 429: a POST comes back, whole', async () => {
    on = await stage(adapter, [throttled(429, ROWS['in seconds']!)]);
    const { ending } = await on.play(on.client.post('/orders', { n: 1 }));
    expect(ending).toBe(200);
    expect(on.server.requests.map(({ body }) => body)).toEqual(['{"n":1}', '{"n":1}']);
    expect(later(on)[0]).toBeGreaterThanOrEqual(2_000);
  });

  it('with 503: a POST does not come back, and its caller hears when he may', async () => {
    on = await stage(adapter, [throttled(503, ROWS['in seconds']!)]);
    const { ending, error } = await on.play(on.client.post('/orders', { n: 1 }));
    expect(ending).toBe(503);
    expect(on.server.requests).toHaveLength(1);
    expect(retryAfterOf(error)).toBe(2_000);
  });

  it.each([429, 503])(
    'with %d, for a month: nobody comes back, and the caller hears it at once',
    async (status) => {
      on = await stage(adapter, [answers(status, after('2592000'))], { deadlineMs: false });
      const begun = on.clock.now();
      const { ending, error } = await on.play(on.client.get('/orders/7'));
      expect(ending).toBe(status);
      expect(on.clock.now() - begun).toBeLessThanOrEqual(50);
      expect(on.server.requests).toHaveLength(1);
      expect(retryAfterOf(error)).toBe(2_592_000_000);
      await on.clock.advance(29_000);
      expect(on.server.requests).toHaveLength(1);
    },
  );

  it('for longer than the deadline: the caller has its answer now, and not at the deadline', async () => {
    on = await stage(adapter, [throttled(429, ROWS['in seconds']!)], { deadlineMs: 2_000 });
    const begun = on.clock.now();
    const { ending, error } = await on.play(on.client.get('/orders/7'));
    expect(ending).toBe(429);
    expect(on.clock.now() - begun).toBeLessThanOrEqual(50);
    expect(on.server.requests).toHaveLength(1);
    expect(retryAfterOf(error)).toBe(2_000);
  });

  it('again and again, each time later: each instant is waited for', async () => {
    on = await stage(adapter, ['1', '2', '1'].map((value) => answers(429, after(value))).concat(OK));
    const { ending, response } = await on.play(on.client.get('/orders/7'));
    expect(ending).toBe(200);
    const [first = 0, second = 0, third = 0] = later(on);
    expect(first).toBeGreaterThanOrEqual(1_000);
    expect(second - first).toBeGreaterThanOrEqual(2_000);
    expect(third - second).toBeGreaterThanOrEqual(1_000);
    expect(callOf(response)?.sends).toBe(4);
  });
});
