import { callOf, subscribe, type Interceptor } from '@holdfast/core';
import type { ScriptFunction, Step } from '@holdfast/testing';
import type { AxiosError, AxiosRequestConfig } from 'axios';
import { fallback, isFallback, type FallbackOptions, type FallbackReason } from './index.js';
import { stage, takeDown } from './made-stage.js';

afterEach(takeDown);

const reduced = { data: 'a reduced answer' };
const retryAfter = { 'retry-after': '60' };
const down: Step = { status: 503, headers: retryAfter };

/** A client whose service answers so, with a fallback for everything that `on` names. */
const orders = (script: readonly Step[] | ScriptFunction, options: FallbackOptions = {}) =>
  stage(script, (clock) => [fallback(() => reduced, { clock, ...options })]);

/** Whether a failure with that answer or socket error is answered in another way. */
async function isAnswered(step: Step, on?: FallbackOptions['on'], request: AxiosRequestConfig = {}) {
  const { client, run } = orders([step], on && { on });
  return run(client.get('/7', request).then(isFallback, () => false));
}

describe('a caller whose service fails', () => {
  it('gets the reduced answer, and can tell that it is one', async () => {
    const { client, run } = orders([down]);
    const response = await run(client.get('/7'));
    expect(response).toMatchObject({ ...reduced, status: 200, statusText: '', config: { url: '/7' } });
    expect(Object.keys(response.headers)).toEqual([]);
    expect(response.request).toBeUndefined();
    expect(isFallback(response)).toBe(true);
    expect(callOf(response)?.fallbackFor).toBe('busy');
  });

  it('finds in the story in whose place it stands', async () => {
    const { client, run } = orders([down]);
    const call = callOf(await run(client.get('/7')));
    expect(call?.attempts[0]?.decisions).toEqual(['fallback: busy (503)']);
    expect(call).toMatchObject({ outcome: 'success', failed: false, fallbackFor: 'busy' });
    expect(JSON.parse(JSON.stringify(call))).toMatchObject({ fallbackFor: 'busy' });
  });

  it('is told of to whoever watches calls: a success, in the place of a failure', async () => {
    const { client, run } = orders([down, { status: 200 }]);
    const told: unknown[] = [];
    const stop = subscribe('tracing:holdfast:call:asyncEnd', ({ call, error }) => {
      told.push([call.outcome, call.fallbackFor, error]);
    });
    await run(client.get('/7'));
    await run(client.get('/8'));
    stop();
    expect(told).toEqual([
      ['success', 'busy', undefined],
      ['success', undefined, undefined],
    ]);
  });

  it('gets the service’s own answer whenever there is one', async () => {
    const asked = jest.fn(() => reduced);
    const steps: Step[] = [{ status: 200, data: 'fresh' }, { status: 404 }];
    const { client, run, failure } = stage(steps, () => [fallback(asked)]);
    const response = await run(client.get('/7'));
    expect(response.data).toBe('fresh');
    expect(isFallback(response)).toBe(false);
    expect(isFallback(await failure(client.get('/8')))).toBe(false);
    expect(asked).not.toHaveBeenCalled();
  });

  it('gets the failure as it was when there is nothing to answer with, and the story says so', async () => {
    const { client, failure } = stage([down, { error: 'ECONNREFUSED' }], () => [
      fallback(() => undefined, { on: ['throttle', 'network'] }),
    ]);
    const throttled = await failure(client.get('/7'));
    expect(throttled).toMatchObject({ code: 'ERR_BAD_RESPONSE', status: 503, response: { status: 503 } });
    expect(callOf(throttled)?.attempts[0]?.decisions).toEqual(['no fallback: respond has none']);
    expect(callOf(throttled)).toMatchObject({ outcome: 'busy', failed: true, fallbackFor: undefined });
    expect(isFallback(throttled)).toBe(false);
    expect(await failure(client.get('/7'))).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('gets the failure when who should answer fails himself, and nothing of what that one said', async () => {
    const throwing = () => {
      throw new RangeError('the password is 1234');
    };
    for (const respond of [throwing, async () => throwing()]) {
      const { client, failure } = stage([down], () => [fallback(respond)]);
      const error = await failure(client.get('/7'));
      expect(error).toMatchObject({ status: 503 });
      expect(callOf(error)?.attempts[0]?.decisions).toEqual(['no fallback: respond failed: RangeError']);
    }
  });
});

describe('the failures that have a fallback', () => {
  it.each<[Step, string]>([
    [{ status: 429 }, 'throttled without an instant'],
    [{ status: 429, headers: retryAfter }, 'throttled'],
    [down, 'a 503 that says when'],
  ])('are without a word %j', async (step) => {
    await expect(isAnswered(step)).resolves.toBe(true);
  });

  it.each<Step>([
    { status: 400 },
    { status: 401 },
    { status: 404 },
    { status: 500 },
    { status: 503 },
    { error: 'ECONNRESET' },
    { error: 'ECONNREFUSED' },
    { error: 'CERT_HAS_EXPIRED' },
    { error: 'ERR_BAD_OPTION' },
  ])('are not, without a word, %j', async (step) => {
    await expect(isAnswered(step)).resolves.toBe(false);
  });

  it.each<[FallbackReason, readonly Step[]]>([
    ['throttle', [{ status: 429 }, down]],
    [
      'unavailable',
      [{ status: 408 }, { status: 500 }, { status: 503 }, { status: 504 }, { status: 520 }, down],
    ],
    [
      'network',
      [
        { error: 'ECONNREFUSED' },
        { error: 'ENOTFOUND' },
        { error: 'ECONNRESET' },
        { error: 'ECONNRESET', reusedSocket: true },
        { error: 'ETIMEDOUT' },
      ],
    ],
    ['timeout', [{ error: 'ETIMEDOUT' }, { error: 'ECONNABORTED' }, { error: 'UND_ERR_CONNECT_TIMEOUT' }]],
    ['unauthorized', [{ status: 401 }]],
    ['answered', [{ status: 400 }, { status: 404 }, { status: 409 }, { status: 501 }]],
    ['tls', [{ error: 'CERT_HAS_EXPIRED' }]],
  ])('"%s" means what a user would expect', async (reason, steps) => {
    for (const step of steps) await expect(isAnswered(step, [reason])).resolves.toBe(true);
  });

  it.each<[FallbackReason, readonly Step[]]>([
    ['circuit', [{ status: 503 }, down, { status: 429 }]],
    ['throttle', [{ status: 503 }, { status: 500 }]],
    ['unavailable', [{ status: 429 }, { status: 501 }, { status: 404 }, { error: 'ECONNRESET' }]],
    ['network', [{ status: 504 }, { error: 'CERT_HAS_EXPIRED' }, { error: 'ERR_BAD_OPTION' }]],
    ['timeout', [{ error: 'ECONNRESET' }, { error: 'ECONNREFUSED' }, { status: 504 }]],
    ['unauthorized', [{ status: 403 }]],
    ['answered', [{ status: 401 }, { status: 429 }, { status: 500 }]],
    ['deadline', [{ error: 'ETIMEDOUT' }, { status: 504 }]],
    ['token', [{ status: 401 }]],
  ])('"%s" does not mean more', async (reason, steps) => {
    for (const step of steps) await expect(isAnswered(step, [reason])).resolves.toBe(false);
  });

  it('are those that a function picks, by the error that the caller would get and its outcome', async () => {
    const asked = jest.fn((error: AxiosError) => error.response?.status === 404);
    await expect(isAnswered({ status: 404 }, asked)).resolves.toBe(true);
    expect(asked).toHaveBeenCalledWith(expect.objectContaining({ code: 'ERR_BAD_REQUEST' }), 'answered');
    await expect(isAnswered({ status: 400 }, asked)).resolves.toBe(false);
    await expect(isAnswered({ error: 'ERR_BAD_OPTION' }, () => true)).resolves.toBe(true);
  });

  it('are none when that function throws, or promises: a promise is no answer to the question', async () => {
    const throwing = () => {
      throw new Error('on');
    };
    await expect(isAnswered(down, throwing)).resolves.toBe(false);
    const promising = (async () => true) as never;
    await expect(isAnswered(down, promising)).resolves.toBe(false);
  });

  it('never include what the caller has cancelled himself', async () => {
    const asked = jest.fn(() => true);
    const { client, clock, failure } = orders(() => 'hang', { on: asked });
    const controller = new AbortController();
    const call = client.get('/7', { signal: controller.signal });
    call.catch(() => undefined);
    await clock.settle();
    controller.abort();
    expect(await failure(call)).toMatchObject({ code: 'ERR_CANCELED' });
    expect(asked).not.toHaveBeenCalled();
  });

  it('do not include an answer that its caller takes for a success: he asked to see it himself', async () => {
    const asked = jest.fn(() => reduced);
    const { client, run } = stage([down, down], () => [fallback(asked)]);
    await expect(run(client.get('/7', { validateStatus: () => true }))).resolves.toHaveProperty(
      'status',
      503,
    );
    await expect(run(client.get('/7', { validateStatus: null }))).resolves.toHaveProperty('status', 503);
    expect(asked).not.toHaveBeenCalled();
    const strict = { validateStatus: (status: number) => status < 500 };
    await expect(isAnswered({ status: 503 }, ['unavailable'], strict)).resolves.toBe(true);
    await expect(isAnswered({ status: 404 }, ['answered'], strict)).resolves.toBe(false);
  });

  it('do not include an answer of an adapter that takes any status for a success', async () => {
    const careless: Interceptor = () => (config) =>
      Promise.resolve({ data: '', status: 429, statusText: '', headers: {}, config });
    const { client, run } = stage([], () => [fallback(() => reduced)]);
    client.defaults.adapter = careless(() => Promise.reject(new Error()));
    await expect(run(client.get('/7'))).resolves.toHaveProperty('status', 429);
  });
});

describe('one request', () => {
  const own: AxiosRequestConfig = { holdfast: { fallback: () => ({ data: 'its own' }) } };

  it('brings an answer of its own, in place of the client’s', async () => {
    const { client, run } = orders([down, down]);
    expect((await run(client.get('/7', own))).data).toBe('its own');
    expect((await run(client.get('/7'))).data).toBe(reduced.data);
  });

  it('brings one to a client that has none', async () => {
    const { client, run, failure } = stage([down, down], () => [fallback()]);
    expect((await run(client.get('/7', own))).data).toBe('its own');
    expect(await failure(client.get('/7'))).toHaveProperty('status', 503);
  });

  it('goes without: the caller wants to know', async () => {
    const { client, failure } = orders([down]);
    expect(await failure(client.get('/7', { holdfast: { fallback: false } }))).toHaveProperty('status', 503);
  });

  it('is refused, and not sent, when its fallback is neither: a wrong word is no fallback', async () => {
    const { client, requests, failure } = orders([down]);
    const wrong = { holdfast: { fallback: 'cached' as never } };
    expect(String(await failure(client.get('/7', wrong)))).toBe(
      'TypeError: holdfast: the option "fallback" must be a function, or false',
    );
    expect(requests).toHaveLength(0);
  });

  it('without anybody to answer pays for nothing: what is sent is handed on as it is', async () => {
    const sent = new Promise<never>(() => undefined);
    let handedOn: unknown;
    const outside: Interceptor = (next) => (config) => {
      const promise = next(config);
      handedOn = promise;
      return promise;
    };
    const { client, clock } = stage([], () => [outside, fallback(), () => () => sent]);
    void client.get('/7');
    await clock.settle();
    expect(handedOn).toBe(sent);
  });
});

describe('a bad option', () => {
  it.each<[unknown, string]>([
    [
      { on: ['circiut'] },
      'the option "on" must be a list of "circuit", .*, or a function, and is \\["circiut"\\]',
    ],
    [{ on: 'circuit' }, 'the option "on" must be a list'],
    [{ timeoutMs: 0 }, 'the option "timeoutMs" must be a number of milliseconds above 0'],
    [{ timeout: 5 }, 'there is no option "timeout"'],
  ])('is named when the client is made: %j', (options, message) => {
    expect(() => fallback(() => reduced, options as FallbackOptions)).toThrow(new RegExp(message));
  });

  it('is what answers, when it is no function', () => {
    expect(() => fallback(reduced as never)).toThrow(
      'fallback(): what answers must be a function, or undefined',
    );
  });
});
