import { callOf, type Interceptor } from '@holdfast/core';
import { retry } from '@holdfast/retry';
import type { Step } from '@holdfast/testing';
import axios, { type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import { PassThrough } from 'node:stream';
import { fallback, isFallback, type FallbackOptions } from './index.js';
import { stage, takeDown } from './made-stage.js';

afterEach(takeDown);

const reduced = { data: 'a reduced answer' };
const throttled: Step = { status: 429 };

function orders(script: readonly Step[], options: FallbackOptions = {}, within: readonly Interceptor[] = []) {
  const respond = jest.fn(() => reduced);
  return { respond, ...stage(script, (clock) => [fallback(respond, { clock, ...options }), ...within]) };
}

const answerTo = (config: InternalAxiosRequestConfig, status: number): AxiosResponse => ({
  data: '',
  status,
  statusText: '',
  headers: {},
  config,
});

describe('what is no failure of the service has no fallback', () => {
  it('a 304, of which axios makes an error for the caller, whatever is picked', async () => {
    const { client, respond, failure } = orders([{ status: 304 }], { on: () => true });
    expect(await failure(client.get('/7'))).toHaveProperty('status', 304);
    expect(respond).not.toHaveBeenCalled();
  });

  it('a cancellation that is not the caller’s own: somebody inside has given the request up', async () => {
    const givingUp: Interceptor = () => () => Promise.reject(new axios.CanceledError('closing down'));
    const { client, respond, failure } = orders([], { on: () => true }, [givingUp]);
    expect(await failure(client.get('/7'))).toHaveProperty('code', 'ERR_CANCELED');
    expect(respond).not.toHaveBeenCalled();
  });

  it('a failure that comes when its caller has given up: an adapter had not heard of it', async () => {
    const { client, respond, failure } = orders([], { on: () => true });
    const controller = new AbortController();
    client.defaults.adapter = (config) => {
      controller.abort();
      return Promise.reject(new axios.AxiosError('reset', 'ECONNRESET', config, {}));
    };
    const error = await failure(client.get('/7', { signal: controller.signal }));
    expect(error).toHaveProperty('code', 'ERR_CANCELED');
    expect(respond).not.toHaveBeenCalled();
  });

  it('finds in the story that the function of the client’s owner threw', async () => {
    const on = () => {
      throw new Error('the password is 1234');
    };
    const { client, failure } = orders([throttled], { on });
    const error = await failure(client.get('/7'));
    expect(callOf(error)?.attempts[0]?.decisions).toEqual(['no fallback: the function "on" threw']);
  });

  it.each([null, 0, ''])(
    'a request is not sent whose fallback is %p: that is none, and no "false"',
    async (wrong) => {
      const { client, requests, failure } = orders([throttled]);
      const error = await failure(client.get('/7', { holdfast: { fallback: wrong as never } }));
      expect(String(error)).toMatch(/^TypeError: holdfast: the option "fallback" must be/);
      expect(requests).toHaveLength(0);
    },
  );
});

it('an answer that is at hand starts no timer: in an outage there are thousands of them', async () => {
  const setTimeout = jest.fn();
  const { client, run } = orders([throttled], { clock: { now: () => 0, setTimeout } });
  await expect(run(client.get('/7'))).resolves.toHaveProperty('data', reduced.data);
  expect(setTimeout).not.toHaveBeenCalled();
});

describe('an error that somebody has made of an answer', () => {
  const asError =
    (data: unknown): Interceptor =>
    () =>
    (config) =>
      Promise.reject(
        new axios.AxiosError('quota', 'ERR_BAD_REQUEST', config, {}, { ...answerTo(config, 429), data }),
      );

  it('is told by its status, and its stream is closed when something else stands in its place', async () => {
    const stream = new PassThrough();
    const { client, run } = orders([], {}, [asError(stream)]);
    const response = await run(client.get('/7'));
    expect(callOf(response)?.refusals).toEqual(['fallback: throttled (429)']);
    expect(stream.destroyed).toBe(true);
  });

  it('of another attempt is not what is answered for', async () => {
    const told: unknown[] = [];
    const { client, run } = stage([], (clock) => [
      fallback(
        (error) => {
          told.push([error.message, error.status]);
          return reduced;
        },
        { clock, on: ['unavailable', 'answered'] },
      ),
      retry({ clock, random: () => 0 }),
    ]);
    let sends = 0;
    client.defaults.adapter = (config) => {
      sends += 1;
      if (sends > 1) {
        config.validateStatus?.(404);
        return Promise.resolve(answerTo(config, 404));
      }
      return Promise.reject(
        new axios.AxiosError('the adapter’s own', 'ERR_BAD_RESPONSE', config, {}, answerTo(config, 500)),
      );
    };
    expect(isFallback(await run(client.get('/7')))).toBe(true);
    expect(told).toEqual([['Request failed with status code 404', 404]]);
  });
});
