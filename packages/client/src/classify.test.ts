import { statusError } from '@holdfast/core';
import { staticCredential, type Step } from '@holdfast/testing';
import { Readable } from 'node:stream';
import { callOf, classify, type Classify, type Outcome, type SentAnswer } from './index.js';
import { BUSY, DONE, busyInBody, calls, classified, clock, errorOf, gaps, run } from './made-classified.js';

const storyOf = (subject: unknown) =>
  callOf(subject)?.attempts.map(({ status, code, decisions }) => [status ?? code, ...decisions]);

const only =
  (status: number, outcome: Outcome): Classify =>
  (_outcome, { response }) =>
    response?.status === status ? outcome : undefined;

describe('a 200 that says in its body that the service is busy', () => {
  it('is sent again, and the caller gets the answer that is none of these', async () => {
    const { client, requests } = classified([BUSY, BUSY, DONE], busyInBody);
    const response = await run(client.get('/7'));
    expect(response.data).toEqual({ id: 7 });
    expect(gaps(requests)).toEqual([200, 400]);
    expect(storyOf(response)).toEqual([
      [200, 'classified as unavailable', 'retry 1 in 200 ms: unavailable'],
      [200, 'classified as unavailable', 'retry 2 in 400 ms: unavailable'],
      [200],
    ]);
    expect([callOf(response)?.outcome, callOf(response)?.refusals]).toEqual(['success', []]);
  });

  it('is what the caller gets in the end, as axios hands it out, and his call says what it was', async () => {
    const { client, requests } = classified([BUSY, BUSY, BUSY, BUSY], busyInBody);
    const response = await run(client.get('/7'));
    expect([response.status, response.data, requests.length]).toEqual([200, { error: 'busy' }, 4]);
    expect([callOf(response)?.outcome, callOf(response)?.failed]).toEqual(['unavailable', false]);
    expect(storyOf(response)?.at(-1)).toEqual([200, 'classified as unavailable', 'gave up after 3 retries']);
  });

  it('is not sent again when it answers a POST, which may have been acted on', async () => {
    const { client, requests } = classified([BUSY], busyInBody);
    const response = await run(client.post('/7', { a: 1 }));
    expect([response.data, requests.length]).toEqual([{ error: 'busy' }, 1]);
    expect(storyOf(response)).toEqual([
      [
        200,
        'classified as unavailable',
        'not retried: a POST may have been acted on, and has no idempotency key',
      ],
    ]);
  });

  it('is still what the caller gets when the attempt after it is refused', async () => {
    const { client, requests } = classified([BUSY, BUSY], busyInBody, {
      circuitBreaker: { minimumAttempts: 2 },
    });
    const response = await run(client.get('/7'));
    expect([response.data, requests.length]).toEqual([{ error: 'busy' }, 2]);
    expect([callOf(response)?.outcome, storyOf(response)?.at(-1)]).toEqual([
      'unavailable',
      expect.arrayContaining(['refused: circuit open, next try in 800 ms']),
    ]);
  });

  it('is paid for out of the budget of retries', async () => {
    const script = Array<Step>(60).fill(BUSY);
    const stage = classified(script, busyInBody, { circuitBreaker: false });
    await calls(stage, 8);
    // Three are free at once.
    expect(stage.requests.length).toBe(8 + 3);
  });

  it('that took its time has that time in its story', async () => {
    const slow: Step = { status: 200, data: '"busy"', delayMs: 700 };
    const { client } = classified([slow, DONE], busyInBody);
    const response = await run(client.get('/7'));
    const [first] = callOf(response)?.attempts ?? [];
    expect(first && first.endedAt - first.startedAt).toBe(700);
  });
});

describe('another class than the status has', () => {
  it('has a 404 that is about to be created asked for again', async () => {
    const { client, requests } = classified([{ status: 404 }, DONE], only(404, 'unavailable'));
    expect((await run(client.get('/7'))).status).toBe(200);
    expect(gaps(requests)).toEqual([200]);
  });

  it('has a 500 that is an answer sent once, and rejected as axios does it', async () => {
    const { client, requests } = classified([{ status: 500 }], only(500, 'answered'));
    const error = await errorOf(client.get('/7'));
    expect(error).toMatchObject({ message: 'Request failed with status code 500', status: 500 });
    expect([requests.length, callOf(error)?.outcome]).toEqual([1, 'answered']);
  });

  it('has a 404 counted as a success, which is rejected all the same', async () => {
    const { client } = classified([{ status: 404 }], only(404, 'success'));
    const error = await errorOf(client.delete('/7'));
    expect([error.status, callOf(error)?.outcome, callOf(error)?.failed]).toEqual([404, 'success', true]);
  });

  it('has a POST sent again after a reset that is said to have come before it was sent', async () => {
    const hook: Classify = (_outcome, { error }) => (error === undefined ? undefined : 'not-sent');
    const { client, requests } = classified([{ error: 'ECONNRESET' }, DONE], hook);
    expect((await run(client.post('/7', { a: 1 }))).status).toBe(200);
    expect(requests).toHaveLength(2);
  });

  it('has the answer in the place of a failure go by that class', async () => {
    const { client } = classified([{ status: 403 }], only(403, 'throttled'), {
      retry: false,
      fallback: () => ({ data: 'of yesterday' }),
    });
    const response = await run(client.get('/7'));
    expect([response.data, callOf(response)?.fallbackFor]).toEqual(['of yesterday', 'throttled']);
  });

  it('is not asked for of the answer that stands in the place of a failure', async () => {
    const asked: (number | undefined)[] = [];
    const { client } = classified(
      [{ status: 404 }],
      (_outcome, { response }) => {
        asked.push(response?.status);
        return undefined;
      },
      { fallback: { respond: () => ({ data: 'none' }), on: ['answered'] } },
    );
    const response = await run(client.get('/7'));
    expect([response.data, callOf(response)?.outcome, asked]).toEqual(['none', 'success', [404]]);
  });
});

describe('the hook', () => {
  it('is asked once for each answer and error, however many want to know', async () => {
    const asked: unknown[] = [];
    const { client } = classified(
      [{ status: 503 }, { error: 'ECONNRESET' }, { status: 429 }, DONE],
      (outcome, { response, error }) => {
        asked.push([outcome, response?.status ?? (error as { readonly code?: string }).code]);
        return undefined;
      },
    );
    const response = await run(client.get('/7'));
    expect(asked).toEqual([
      ['unavailable', 503],
      ['lost', 'ECONNRESET'],
      ['throttled', 429],
      ['success', 200],
    ]);
    expect(callOf(response)?.outcome).toBe('success');
  });

  it('changes nothing about a call of which it says nothing', async () => {
    const script: Step[] = [{ status: 503 }, { error: 'ECONNRESET' }, { status: 404 }];
    const stories: unknown[] = [];
    for (const hook of [undefined, () => undefined, (outcome: Outcome) => outcome]) {
      const { client } = classified(script, hook);
      stories.push(storyOf(await errorOf(client.get('/7'))));
    }
    expect(stories[1]).toEqual(stories[0]);
    expect(stories[2]).toEqual(stories[0]);
  });

  it.each<[string, Classify, string]>([
    [
      'throws',
      () => {
        throw new Error('at fault');
      },
      'classify threw',
    ],
    ['says something else than an outcome', () => 'toString' as Outcome, 'classify named no outcome'],
    ['promises one', () => Promise.reject(new Error('late')) as never, 'classify named no outcome'],
    ['names what is the pipeline’s to say', () => 'canceled', 'classify may not name canceled'],
    ['takes an answer for a dead socket', () => 'stale-socket', 'classify may not name stale-socket'],
  ])('that %s is as if it had not been asked, and the story says so once', async (_what, hook, complaint) => {
    const { client, requests } = classified([{ status: 503 }, { status: 503 }, DONE], hook);
    const response = await run(client.get('/7'));
    expect([response.status, requests.length, callOf(response)?.outcome]).toEqual([200, 3, 'success']);
    expect(storyOf(response)).toEqual([
      [503, `${complaint}: the status counts`, 'retry 1 in 200 ms: unavailable'],
      [503, 'retry 2 in 400 ms: unavailable'],
      [200],
    ]);
  });

  it('that throws upon a success has that in the story of a call that went well', async () => {
    const { client } = classified([DONE], () => {
      throw new Error('at fault');
    });
    const response = await run(client.get('/7'));
    expect([storyOf(response), callOf(response)?.refusals]).toEqual([
      [[200, 'classify threw: the status counts']],
      [],
    ]);
  });

  it('is not asked about what the caller has cancelled, nor about what was refused or had no token', async () => {
    const asked: Outcome[] = [];
    const hook: Classify = (outcome) => {
      asked.push(outcome);
      return 'unavailable';
    };
    const { client, requests } = classified(['hang'], hook, {
      credential: staticCredential(() => {
        throw new Error('no identity provider');
      }),
      scopes: 'api://orders/.default',
    });
    const error = await errorOf(client.get('/7'));
    expect([callOf(error)?.outcome, requests.length]).toEqual(['no-token', 0]);

    const hung = classified(['hang'], hook);
    const controller = new AbortController();
    const call = hung.client.get('/7', { signal: controller.signal }).catch((reason: unknown) => reason);
    await clock.settle();
    controller.abort();
    expect(callOf(await run(call))?.outcome).toBe('canceled');
    expect(asked).toEqual([]);
  });

  it('is asked about an attempt that took too long', async () => {
    const asked: Outcome[] = [];
    const { client, requests } = classified(['hang'], (outcome) => {
      asked.push(outcome);
      return 'answered';
    });
    expect(await errorOf(client.get('/7'))).toHaveProperty('code', 'ERR_ATTEMPT_TIMEOUT');
    expect([asked, requests.length]).toEqual([['lost'], 1]);
  });

  it('sees the text that came, and the request without its token', async () => {
    const seen: unknown[] = [];
    const { client, requests } = classified(
      [BUSY],
      (_outcome, { response, config }) => {
        seen.push(response?.data, config.url, config.headers.has('Authorization'));
        return undefined;
      },
      { credential: staticCredential(), scopes: 'api://orders/.default' },
    );
    expect((await run(client.get('/7'))).data).toEqual({ error: 'busy' });
    expect(seen).toEqual(['{"error":"busy"}', '/7', false]);
    expect(requests[0]?.token).toBeDefined();
  });

  it('sees a stream where one is asked for, and leaves it to the caller', async () => {
    const body = Readable.from(['one', 'two']);
    const seen: unknown[] = [];
    const { client } = classified([{ status: 200, data: body }], (_outcome, { response }) => {
      seen.push(response?.data instanceof Readable);
      return undefined;
    });
    const { data } = await run(client.get<Readable>('/7', { responseType: 'stream' }));
    expect(seen).toEqual([true]);
    expect(await data.toArray()).toEqual(['one', 'two']);
  });

  it('must be a function', () => {
    expect(() => classify('busy' as never)).toThrow(/classify\(\): .* must be a function/);
    expect(() => classified([], 'busy' as never)).toThrow(/"classify" must be a function/);
  });

  it('is asked about an answer once, also where an interceptor inside has made an error of it', async () => {
    const asked: SentAnswer[] = [];
    const { client } = classified(
      [{ status: 409 }, DONE],
      (_outcome, answer) => {
        asked.push(answer);
        return answer.response?.status === 409 ? 'unavailable' : undefined;
      },
      {
        after: {
          attemptTimeout: (next) => async (config) => {
            const response = await next(config);
            if (response.status < 400) return response;
            throw statusError(response);
          },
        },
      },
    );
    expect((await run(client.get('/7'))).status).toBe(200);
    expect(asked.map(({ response, error }) => [response?.status, error !== undefined])).toEqual([
      [409, true],
      [200, false],
    ]);
  });
});
