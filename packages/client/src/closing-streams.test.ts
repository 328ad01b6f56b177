import { manualClock, type ManualClock } from '@holdfast/testing';
import type { AxiosAdapter } from 'axios';
import { Readable } from 'node:stream';
import { createClientFactory, type ServiceOptions } from './index.js';

// Not the process's own: what a factory leaves running is counted.
let clock: ManualClock;

beforeEach(() => {
  clock = manualClock({ fakeGlobals: false });
});

afterEach(() => {
  clock.uninstall();
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

function factory(status: number, body: () => unknown, own: Partial<ServiceOptions> = {}) {
  const adapter: AxiosAdapter = (config) => {
    config.validateStatus?.(status);
    return Promise.resolve({ status, statusText: '', data: body(), headers: {}, config });
  };
  return createClientFactory({
    credential: false,
    defaults: { clock, random: () => 0.5, axios: { adapter } },
    services: { orders: { baseURL: 'https://orders.test', ...own } },
  });
}

const webStream = (chunks: readonly string[]) =>
  new ReadableStream({
    pull: (controller) => {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });

type Body = AsyncIterable<unknown>;

async function read(body: Body): Promise<string> {
  let text = '';
  for await (const chunk of body) text += String(chunk);
  return text;
}

describe('a factory that is closed once its response streams are read', () => {
  it.each([
    ['Node', () => Readable.from(['first ', 'last'])],
    ['the fetch adapter', () => webStream(['first ', 'last'])],
  ])('has no timer left of them (of %s)', async (_, body) => {
    const clients = factory(200, body);
    const { data } = await clients.orders.get<Body>('/7', { responseType: 'stream' });
    expect(await read(data)).toBe('first last');
    await turn();
    expect(clock.pending).toBeGreaterThan(0);
    await clients.close();
    expect(clock.pending).toBe(0);
  });

  it.each<[string, (data: ReadableStream, fail: () => void) => Promise<unknown>]>([
    ['its reader gave up', (data) => data.cancel()],
    [
      'broke',
      (data, fail) => {
        fail();
        return data.getReader().read().catch(String);
      },
    ],
  ])('has none left of one that %s', async (_, end) => {
    let fail: () => void = () => undefined;
    const start = (controller: ReadableStreamDefaultController) =>
      (fail = () => {
        controller.error(new Error('cut'));
      });
    const clients = factory(200, () => new ReadableStream({ start }));
    const { data } = await clients.orders.get<ReadableStream>('/7', { responseType: 'stream' });
    await end(data, fail);
    await turn();
    await clients.close();
    expect(clock.pending).toBe(0);
  });

  it('has none left of an answer whose stream was closed while a retry was waited for, which then was refused', async () => {
    const clients = factory(503, () => Readable.from(['down']), {
      retry: { baseDelayMs: 10 },
      circuitBreaker: { minimumAttempts: 1, consecutiveFailures: 2 },
    });
    const call = clients.orders.get('/7', { responseType: 'stream' }).catch((error: unknown) => error);
    // What closes a stream are turns, not time.
    for (let step = 0; step < 20; step += 1) {
      await turn();
      await clock.advance(50);
    }
    expect(await call).toMatchObject({ response: { status: 503, data: { closed: true } } });
    await clients.close();
    expect(clock.pending).toBe(0);
  });
});

it.each([
  ['Node', () => new Readable({ read: () => undefined })],
  ['the fetch adapter', () => new ReadableStream()],
])(
  'a response stream that stands still after its factory was closed ends with an error (of %s)',
  async (_, body) => {
    const clients = factory(200, body, { stallMs: 5_000 });
    const { data } = await clients.orders.get<Body>('/7', { responseType: 'stream' });
    const reading = read(data).catch((error: unknown) => error);
    await turn();
    await clients.close({ graceMs: 0 });
    await clock.advance(5_000);
    expect(await reading).toMatchObject({ code: 'ERR_ATTEMPT_TIMEOUT' });
  },
);
