import { type Step } from '@holdfast/testing';
import { AxiosError, type AxiosAdapter } from 'axios';
import { callOf, httpReplyFor, subscribe, type Classify, type Interceptor } from './index.js';
import { DONE, calls, classified, clock, errorOf, gaps, run } from './made-classified.js';

/** Microsoft's services are not the only ones: this one throttles by 403. */
const forbiddenFor = (seconds: number): Step => ({
  status: 403,
  headers: { 'retry-after': String(seconds) },
});
const throttlesBy403: Classify = (_outcome, { response }) =>
  response?.status === 403 && response.headers['retry-after'] !== undefined ? 'throttled' : undefined;

describe('an API that throttles by 403', () => {
  it('is called again when it said so, by any method, once a hook knows it', async () => {
    const { client, requests } = classified([forbiddenFor(3), DONE], throttlesBy403, { random: () => 0 });
    const response = await run(client.post('/7', { a: 1 }));
    expect([response.status, ...gaps(requests)]).toEqual([200, 3_000]);
    expect(callOf(response)?.attempts[0]?.decisions).toEqual([
      'classified as throttled',
      'throttled: the gate is closed for 3000 ms',
      'retry 1 in 0 ms: throttled',
    ]);
  });

  it('is nobody’s fault but the load’s for the caller of a middle tier: 503, and when to come back', async () => {
    const { client } = classified([forbiddenFor(60)], throttlesBy403);
    const reply = httpReplyFor(await errorOf(client.get('/7')), { clock });
    expect([reply?.status, reply?.headers['retry-after']]).toEqual([503, '60']);
  });

  it('is left alone by the other calls as well', async () => {
    const { client, requests } = classified([forbiddenFor(3), DONE, DONE], throttlesBy403, {
      random: () => 0,
    });
    const first = client.get('/7');
    await clock.advance(500);
    const second = client.get('/8');
    await clock.settle();
    expect(requests).toHaveLength(1);
    await run(Promise.all([first, second]));
    expect(requests.map(({ at }) => at - requests[0]!.at).every((ms) => ms === 0 || ms >= 3_000)).toBe(true);
  });

  it('is known by that to no breaker: a gate handles it', async () => {
    const stage = classified(Array<Step>(20).fill(forbiddenFor(0)), throttlesBy403, { retry: false });
    await calls(stage, 20);
    expect(stage.breakers.get('orders')?.state).toBe('closed');
    expect(stage.breakers.get('orders')?.window).toMatchObject({ attempts: 0 });
  });

  it('has not opened its gate by saying so once more to the first that comes back', async () => {
    const states: string[] = [];
    const off = subscribe('holdfast:gate', ({ state }) => states.push(state));
    const stage = classified([forbiddenFor(1), { status: 403 }, DONE], () => undefined, { retry: false });
    const known = classified(
      [forbiddenFor(1), { status: 403 }, DONE],
      (_outcome, { response }) => (response?.status === 403 ? 'throttled' : undefined),
      { retry: false },
    );
    await calls(stage, 3);
    expect(states).toEqual([]);
    await calls(known, 2);
    expect(states).toEqual(['closed']);
    await calls(known, 1);
    expect(states).toEqual(['closed', 'open']);
    off();
  });

  it('pays a fifth of a retry for each time it is called again', async () => {
    const stage = classified(Array<Step>(100).fill({ status: 403 }), () => 'throttled', {
      retry: { baseDelayMs: 1, maxDelayMs: 1 },
    });
    await calls(stage, 25);
    // 12.5 is what there is: ten and a tenth for each call. It is enough for 62 at 0.2, and the calls may make 75.
    const retries = stage.requests.length - 25;
    expect(retries).toBeGreaterThan(55);
    expect(retries).toBeLessThan(63);
  });

  it('without a hook is not called again at all', async () => {
    const { client, requests } = classified([forbiddenFor(3)], undefined);
    expect(await errorOf(client.get('/7'))).toHaveProperty('status', 403);
    expect(requests).toHaveLength(1);
  });
});

describe('a Retry-After', () => {
  it.each([
    ['202', 'busy'],
    ['200', 'throttled'],
    ['500', 'throttled'],
  ] as const)('with a %s that is classified as %s closes the gate', async (status, outcome) => {
    const step: Step = { status: Number(status), headers: { 'retry-after': '2' } };
    const { client, requests } = classified(
      [step, { ...DONE, status: 201 }],
      (_outcome, { response }) => (response?.status === 201 ? undefined : outcome),
      { random: () => 0 },
    );
    const response = await run(client.get('/7'));
    expect([response.status, ...gaps(requests)]).toEqual([201, 2_000]);
    expect(callOf(response)?.attempts[0]?.decisions).toContain('throttled: the gate is closed for 2000 ms');
  });

  it('with a 429 that is classified as an answer closes nothing, and the caller gets it at once', async () => {
    const { client, requests } = classified(
      [{ status: 429, headers: { 'retry-after': '60' } }, DONE],
      (_outcome, { response }) => (response?.status === 429 ? 'answered' : undefined),
    );
    const error = await errorOf(client.get('/7'));
    expect([error.status, callOf(error)?.outcome]).toEqual([429, 'answered']);
    await run(client.get('/7'));
    expect(gaps(requests)).toEqual([0]);
  });

  it('in an answer of which an interceptor inside has made an error closes the gate', async () => {
    const thrown: Interceptor = (next) => async (config) => {
      const response = await next(config);
      if (response.status < 400) return response;
      throw new AxiosError('not now', 'ERR_BAD_REQUEST', config, undefined, response);
    };
    const { client, requests } = classified([forbiddenFor(2), DONE], throttlesBy403, {
      random: () => 0,
      after: { circuitBreaker: thrown },
    });
    const response = await run(client.get('/7'));
    expect(gaps(requests)).toEqual([2_000]);
    expect(callOf(response)?.attempts[0]?.decisions).toContain('throttled: the gate is closed for 2000 ms');
  });

  it('in the answer of another service, with which an interceptor inside has failed, closes nothing', async () => {
    let asked = 0;
    const asking: Interceptor = (next) => async (config) => {
      asked += 1;
      if (asked > 1) return next(config);
      const other = { ...config, url: 'https://elsewhere.test/' };
      const headers = { 'retry-after': '600' };
      const answer = { status: 429, statusText: '', data: '', headers, config: other };
      throw new AxiosError('not now', 'ERR_BAD_REQUEST', other, undefined, answer);
    };
    const { client, requests } = classified([DONE], undefined, {
      after: { circuitBreaker: asking },
      retry: false,
    });
    expect(await errorOf(client.get('/7'))).toHaveProperty('status', 429);
    expect((await run(client.get('/8'))).status).toBe(200);
    expect(requests).toHaveLength(1);
  });

  it('is read from the headers of an adapter’s own making', async () => {
    const sentAt: number[] = [];
    const { client } = classified([], () => (sentAt.length === 1 ? 'busy' : undefined), { random: () => 0 });
    const adapter: AxiosAdapter = (config) => {
      sentAt.push(clock.now());
      // Not those of axios: what fetch has.
      const headers = new Headers({ 'retry-after': '2' }) as never;
      return Promise.resolve({ status: 200, statusText: '', data: '', headers, config });
    };
    await run(client.get('/7', { adapter }));
    expect(sentAt.map((at) => at - sentAt[0]!)).toEqual([0, 2_000]);
  });
});
