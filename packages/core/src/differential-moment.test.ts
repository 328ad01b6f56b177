import axios, { type AxiosAdapter, type AxiosRequestConfig } from 'axios';
import { LAYERS, bare, type Layer } from './differential-layers.js';
import { shown } from './differential-shown.js';

const [, empty = bare] = LAYERS[0] ?? [];

function call(layer: Layer, config: AxiosRequestConfig): Promise<unknown> {
  const client = axios.create();
  layer(client);
  return client.get('https://api.test/', config).catch((error: unknown) => error);
}

const answering: AxiosAdapter = (config) =>
  Promise.resolve({ status: 200, statusText: '', data: '', headers: {}, config });

/** Gives up so many microtasks after the call was made. */
async function givenUpAfter(microtasks: number, layer: Layer): Promise<unknown> {
  const controller = new AbortController();
  const outcome = call(layer, { adapter: answering, signal: controller.signal });
  for (let turn = 0; turn < microtasks; turn += 1) await Promise.resolve();
  controller.abort();
  return axios.isCancel(await outcome);
}

describe('a client with no interceptors does as bare axios does', () => {
  it.each(Array.from({ length: 13 }, (_, microtasks) => microtasks))(
    'when a call is given up %i microtasks after it was made',
    async (microtasks) => {
      expect(await givenUpAfter(microtasks, empty)).toBe(await givenUpAfter(microtasks, bare));
    },
  );

  it.each<[string, (config: AxiosRequestConfig) => unknown]>([
    ['answers with no promise', () => ({ status: 200 })],
    ['answers with nothing', () => Promise.resolve(undefined)],
    [
      'asks for the status, and answers whatever it is told',
      (config) => {
        config.validateStatus?.(500);
        return Promise.resolve({ status: 500, statusText: '', data: 'kept', headers: {}, config });
      },
    ],
  ])('with an adapter that %s', async (_name, adapter) => {
    const config = { adapter: adapter as AxiosAdapter };
    expect(shown(await call(empty, config))).toEqual(shown(await call(bare, config)));
  });
});
