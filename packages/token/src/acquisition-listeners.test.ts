import axios, { type AxiosAdapter, type AxiosRequestConfig } from 'axios';
import { install } from '@holdfast/core';
import { staticCredential } from '@holdfast/testing';
import { attachToken } from './index.js';

const answering: AxiosAdapter = (config) =>
  Promise.resolve({ status: 200, statusText: '', data: '', headers: {}, config });

/** A signal, and a cancel token, that know who listens to them. */
function watched() {
  const controller = new AbortController();
  const source = axios.CancelToken.source();
  const onSignal = new Set<unknown>();
  const onToken = new Set<unknown>();
  const { signal } = controller;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  const subscribe = source.token.subscribe.bind(source.token);
  const unsubscribe = source.token.unsubscribe.bind(source.token);
  Object.assign(signal, {
    addEventListener: (type: 'abort', listener: () => void) => {
      onSignal.add(listener);
      add(type, listener);
    },
    removeEventListener: (type: 'abort', listener: () => void) => {
      onSignal.delete(listener);
      remove(type, listener);
    },
  });
  Object.assign(source.token, {
    subscribe: (listener: () => void) => {
      onToken.add(listener);
      subscribe(listener);
    },
    unsubscribe: (listener: () => void) => {
      onToken.delete(listener);
      unsubscribe(listener);
    },
  });
  const request: AxiosRequestConfig = { signal, cancelToken: source.token };
  return {
    request,
    controller,
    cancel: source.cancel,
    listening: () => ({ signal: onSignal.size, cancelToken: onToken.size }),
  };
}

function setUp() {
  let answer: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => (answer = resolve));
  const source = staticCredential(async () => {
    await asked;
    return 't-1';
  });
  const client = axios.create({ baseURL: 'https://orders.test', adapter: answering });
  install(client, [attachToken(source, { scopes: 's' })]);
  return { client, answer };
}

const NOBODY = { signal: 0, cancelToken: 0 };

describe('a signal that lives longer than the calls that wait for a token', () => {
  it('is listened to by each of them, and by none that has got it', async () => {
    const { client, answer } = setUp();
    const caller = watched();
    const calls = [client.get('/7', caller.request), client.get('/8', caller.request)];
    await new Promise(setImmediate);
    expect(caller.listening()).toEqual({ signal: 2, cancelToken: 2 });
    answer();
    await Promise.all(calls);
    expect(caller.listening()).toEqual(NOBODY);
  });

  it.each<[string, (caller: ReturnType<typeof watched>) => void]>([
    [
      'signal',
      ({ controller }) => {
        controller.abort();
      },
    ],
    [
      'cancelToken',
      ({ cancel }) => {
        cancel('enough');
      },
    ],
  ])('is let go of by who gives up by %s', async (_, giveUp) => {
    const { client } = setUp();
    const caller = watched();
    const call = client.get('/7', caller.request).catch((error: unknown) => error);
    await new Promise(setImmediate);
    giveUp(caller);
    expect(axios.isCancel(await call)).toBe(true);
    expect(caller.listening()).toEqual(NOBODY);
  });
});
