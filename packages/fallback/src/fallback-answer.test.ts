import { callOf, headerOf, type Call, type Interceptor } from '@holdfast/core';
import type { Step } from '@holdfast/testing';
import axios, { AxiosHeaders, type AxiosResponse } from 'axios';
import { PassThrough } from 'node:stream';
import { fallback, isFallback, type FallbackAnswer, type FallbackRespond } from './index.js';
import { stage, takeDown } from './made-stage.js';

afterEach(takeDown);

const down: Step = { status: 503, headers: { 'retry-after': '60' } };

const storyOf = (subject: unknown) => callOf(subject)?.attempts[0]?.decisions;

/** What the caller of a service that is down gets from somebody who answers so. */
function answeredBy(respond: FallbackRespond) {
  const { client, run } = stage([down], (clock) => [fallback(respond, { clock })]);
  return run(client.get('/7'));
}

/** Answers with a stream, as a client with `responseType: 'stream'` gets it. */
const streaming =
  (stream: PassThrough, status = 503): Interceptor =>
  () =>
  (config) =>
    Promise.resolve({ data: stream, status, statusText: '', headers: { 'retry-after': '60' }, config });

describe('what the caller gets in place of a failure', () => {
  it('has the status, the text and the headers that it was given', async () => {
    const headers = { 'X-Source': 'replica', 'set-cookie': ['a=1', 'b=2'] };
    const response = await answeredBy(() => ({ data: [1], status: 203, statusText: 'Reduced', headers }));
    expect(response).toMatchObject({ data: [1], status: 203, statusText: 'Reduced' });
    expect(response.headers).toBeInstanceOf(AxiosHeaders);
    expect(headerOf(response.headers, 'x-source')).toBe('replica');
    expect(response.headers['set-cookie']).toEqual(['a=1', 'b=2']);
  });

  it('is read by the client like what the service sends', async () => {
    await expect(answeredBy(() => ({ data: '{"id":7}' }))).resolves.toHaveProperty('data', { id: 7 });
  });

  it.each([304, 404, 503])(
    'is a success with a status of %d too: nobody asks validateStatus',
    async (status) => {
      const response = await answeredBy(() => ({ data: '', status }));
      expect(response.status).toBe(status);
      expect(callOf(response)?.failed).toBe(false);
      expect(isFallback(response)).toBe(true);
    },
  );

  it('is a success where the adapter had rejected the status itself, with an error of its own', async () => {
    const told: unknown[] = [];
    const { client, run } = stage([], () => [
      fallback((error) => {
        told.push(error.message);
        return { data: 'reduced' };
      }),
    ]);
    client.defaults.adapter = (config) => {
      const response = { data: '', status: 429, statusText: '', headers: {}, config };
      return Promise.reject(
        new axios.AxiosError('quota of the adapter', 'ERR_BAD_REQUEST', config, {}, response),
      );
    };
    await expect(run(client.get('/7'))).resolves.toHaveProperty('data', 'reduced');
    expect(told).toEqual(['quota of the adapter']);
  });

  it('from a cache leaves what is cached as it was, and belongs to this call', async () => {
    const cache = axios.create({
      adapter: (config) =>
        Promise.resolve({
          data: { id: 7 },
          status: 200,
          statusText: 'OK',
          headers: new AxiosHeaders({ etag: '"7"' }),
          config,
          request: { socket: 'of another call' },
        }),
    });
    const cached: AxiosResponse = await cache.get('https://cache.test/7');
    const { config, headers, request } = cached;
    const response = await answeredBy(() => cached);
    expect(response).not.toBe(cached);
    expect(response.config.baseURL).toBe('https://orders.test');
    expect(response).not.toHaveProperty('request');
    response.headers['etag'] = '"8"';
    expect(cached).toMatchObject({ data: { id: 7 }, headers: { etag: '"7"' } });
    expect([cached.config, cached.headers, cached.request]).toEqual([config, headers, request]);
    expect(cached.config).toBe(config);
    expect(isFallback(cached)).toBe(false);
    expect(isFallback(response)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['a bare value', 'the data itself'],
    ['null', null],
    ['no data', { status: 200 }],
    ['a status that is none', { data: '', status: 'ok' }],
    ['a status that no server has', { data: '', status: 0 }],
  ])('is the failure when it is answered with %s', async (_, answer) => {
    const { client, failure } = stage([down, down], () => [fallback(() => answer as FallbackAnswer)]);
    const error = await failure(client.get('/7'));
    expect(error).toHaveProperty('status', 503);
    expect(storyOf(error)).toEqual(['no fallback: respond must return an object with "data", or undefined']);
  });
});

describe('what a failure held', () => {
  it('is let go of when something else stands in its place: its socket is free', async () => {
    const stream = new PassThrough();
    const { client, run } = stage([], () => [fallback(() => ({ data: '' })), streaming(stream)]);
    await run(client.get('/7'));
    expect(stream.destroyed).toBe(true);
  });

  it('is the caller’s when nothing stands in its place', async () => {
    const stream = new PassThrough();
    const { client, failure } = stage([], () => [fallback(() => undefined), streaming(stream)]);
    await failure(client.get('/7'));
    expect(stream.destroyed).toBe(false);
  });

  it('is the caller’s when it is what he is answered with', async () => {
    const stream = new PassThrough();
    const { client, run } = stage([], () => [fallback((error) => error.response), streaming(stream)]);
    const response = await run(client.get('/7'));
    expect(response).toMatchObject({ data: stream, status: 503 });
    expect(stream.destroyed).toBe(false);
  });
});

describe('an answer that is promised', () => {
  const reduced = { data: 'from a replica' };

  it('is waited for', async () => {
    const { client, clock, run } = stage([down], (time) => [
      fallback(
        () =>
          new Promise((resolve) => {
            time.setTimeout(() => {
              resolve(reduced);
            }, 4_999);
          }),
        { clock: time },
      ),
    ]);
    const start = clock.now();
    await expect(run(client.get('/7'))).resolves.toMatchObject(reduced);
    expect(clock.now() - start).toBe(4_999);
    expect(clock.pending).toBe(0);
  });

  it('and never comes, is the failure after five seconds: a call that never ends is worse', async () => {
    const { client, clock, failure } = stage([down], (time) => [
      fallback(() => new Promise(() => undefined), { clock: time }),
    ]);
    const start = clock.now();
    const error = await failure(client.get('/7'));
    expect(error).toHaveProperty('status', 503);
    expect(clock.now() - start).toBe(5_000);
    expect(storyOf(error)).toEqual(['no fallback: respond did not answer within 5000 ms']);
  });

  it('is waited for as long as it takes, where the client’s owner says so', async () => {
    const { client, clock } = stage([down], (time) => [
      fallback(() => new Promise(() => undefined), { clock: time, timeoutMs: false }),
    ]);
    const ended = jest.fn();
    client.get('/7').then(ended, ended);
    await clock.advance(3_600_000);
    expect(ended).not.toHaveBeenCalled();
    expect(clock.pending).toBe(0);
  });

  it.each<[string, () => { readonly abort: () => void; readonly request: object }]>([
    [
      'signal',
      () => {
        const controller = new AbortController();
        return {
          abort: () => {
            controller.abort(new Error('closed'));
          },
          request: { signal: controller.signal },
        };
      },
    ],
    [
      'cancelToken',
      () => {
        const { token, cancel } = axios.CancelToken.source();
        return {
          abort: () => {
            cancel('closed');
          },
          request: { cancelToken: token },
        };
      },
    ],
  ])('ends at once when the caller gives up by his %s, and so do both answers', async (_, cancellation) => {
    const { abort, request } = cancellation();
    const failed = new PassThrough();
    const late = new PassThrough();
    let answer: (answer: FallbackAnswer) => void = () => undefined;
    const { client, clock, failure } = stage([], (time) => [
      fallback(() => new Promise((resolve) => (answer = resolve)), { clock: time }),
      streaming(failed),
    ]);
    const call = client.get('/7', request);
    call.catch(() => undefined);
    await clock.settle();
    const before = clock.now();
    abort();
    const error = await failure(call);
    expect(error).toMatchObject({ code: 'ERR_CANCELED' });
    expect(clock.now()).toBe(before);
    expect(callOf(error)?.fallbackFor).toBeUndefined();
    expect(failed.destroyed).toBe(true);
    expect(clock.pending).toBe(0);
    answer({ data: late });
    await clock.settle();
    expect(late.destroyed).toBe(true);
  });

  it('and fails after the caller has gone, brings nothing down', async () => {
    const { client, clock, failure } = stage([down], (time) => [
      fallback(
        () =>
          new Promise((_resolve, reject) => {
            time.setTimeout(() => {
              reject(new Error('late'));
            }, 9_000);
          }),
        { clock: time },
      ),
    ]);
    await failure(client.get('/7'));
    await clock.advance(9_000);
    expect(clock.pending).toBe(0);
  });
});

describe('who answers', () => {
  it('is given the error that the caller would get, and its story', async () => {
    let call: Call | undefined;
    const respond = jest.fn<undefined, Parameters<FallbackRespond>>((error) => {
      call = callOf(error);
      return undefined;
    });
    const { client, failure } = stage([down], () => [fallback(respond)]);
    const error = await failure(client.get('/7'));
    const [given] = respond.mock.lastCall!;
    expect(given).toMatchObject({ message: 'Request failed with status code 503', code: 'ERR_BAD_RESPONSE' });
    expect(given.response).toBe((error as typeof given).response);
    expect(call).toBe(callOf(error));
  });

  it('may send the request elsewhere, where a failure is one', async () => {
    const asked: (string | undefined)[] = [];
    const replica = axios.create({
      adapter: axios.getAdapter((config) => {
        asked.push(`${config.baseURL ?? ''}${config.url ?? ''}`);
        const response = { data: '', status: 500, statusText: '', headers: {}, config };
        return config.validateStatus?.(500) === true
          ? Promise.resolve(response)
          : Promise.reject(new axios.AxiosError('500', 'ERR_BAD_RESPONSE', config, {}, response));
      }),
    });
    const { client, failure } = stage([down], (clock) => [
      fallback(
        (_, { url, params, ...request }) =>
          replica.request({
            ...request,
            adapter: replica.defaults.adapter!,
            url: url!,
            params,
            baseURL: 'https://replica.test',
          }),
        { clock },
      ),
    ]);
    expect(await failure(client.get('/7'))).toHaveProperty('status', 503);
    expect(asked).toEqual(['https://replica.test/7']);
  });

  it('cannot change the request of the call that failed', async () => {
    const { client, failure } = stage([down], () => [
      fallback((_, request) => {
        request.url = 'https://elsewhere.test';
        return undefined;
      }),
    ]);
    expect(await failure(client.get('/7'))).toHaveProperty('config.url', '/7');
  });
});
