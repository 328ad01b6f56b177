import type { Interceptor } from '@holdfast/core';
import type { Step } from '@holdfast/testing';
import axios, { AxiosHeaders, type AxiosInstance, type InternalAxiosRequestConfig } from 'axios';
import { fallback, type FallbackRespond } from './index.js';
import { stage, takeDown } from './made-stage.js';

afterEach(takeDown);

const throttled: Step = { status: 429 };

/** A replica that is down as well. */
const failingReplica = (): AxiosInstance =>
  axios.create({
    adapter: (config) => {
      const response = { data: 'an error page', status: 500, statusText: '', headers: {}, config };
      if (config.validateStatus?.(500) ?? true) return Promise.resolve(response);
      return Promise.reject(new axios.AxiosError('500', 'ERR_BAD_RESPONSE', config, {}, response));
    },
  });

describe('the request of a call that failed', () => {
  it.each<[string, FallbackRespond]>([
    ['as it was handed over', (_error, request) => send(request)],
    ['as the error has it', ({ config }) => send({ ...config! })],
  ])('sent to a replica, %s: its error page is no answer', async (_how, respond) => {
    const { client, failure } = stage([throttled], (clock) => [fallback(respond, { clock })]);
    expect(await failure(client.get('/7'))).toHaveProperty('status', 429);
  });

  it('takes a 404 for an answer elsewhere too, when its caller does, and it is sent as the error has it', async () => {
    const notFound: Step = { status: 404 };
    const takesServerErrors = { validateStatus: (status: number) => status !== 404 };
    const { client, run } = stage([notFound], (clock) => [
      fallback(({ config }) => send({ ...config! }), { clock, on: ['answered'] }),
    ]);
    const response = await run(client.get('/7', takesServerErrors));
    expect(response).toMatchObject({ status: 500, data: 'an error page' });
  });

  it('comes back with the headers that it was sent with, whatever is done to those of the copy', async () => {
    const { client, failure } = stage([throttled], () => [
      fallback((_error, { headers }) => {
        expect(headers).toBeInstanceOf(AxiosHeaders);
        expect(headers.get('x-tenant')).toBe('a');
        headers.set('x-tenant', 'b');
        headers.set('x-replica', 'yes');
        return undefined;
      }),
    ]);
    const error = await failure(client.get('/7', { headers: { 'x-tenant': 'a' } }));
    const { headers } = (error as { readonly config: InternalAxiosRequestConfig }).config;
    expect(headers.get('x-tenant')).toBe('a');
    expect(headers.has('x-replica')).toBe(false);
  });

  it('is once more one whose every status is a value, to who stands outside and sends it again', async () => {
    let isTaken: boolean | undefined;
    const outside: Interceptor = (next) => async (config) => {
      const response = await next(config);
      isTaken = config.validateStatus?.(500);
      return response;
    };
    const { client, failure } = stage([throttled], () => [outside, fallback(() => undefined)]);
    await failure(client.get('/7'));
    expect(isTaken).toBe(true);
  });

  it('is taken back by the client: a call of the same request fails as one ever did', async () => {
    const { client, failure } = stage([throttled, { status: 404 }], () => [fallback(() => undefined)]);
    const { config } = (await failure(client.get('/7'))) as { readonly config: InternalAxiosRequestConfig };
    expect(config.validateStatus).toBe(client.defaults.validateStatus);
    expect(await failure(client.request(config))).toHaveProperty('status', 404);
  });
});

function send(request: Partial<InternalAxiosRequestConfig>): ReturnType<FallbackRespond> {
  const replica = failingReplica();
  return replica.request({ ...request, adapter: replica.defaults.adapter!, baseURL: 'https://replica.test' });
}
