import type { RetryOptions } from './index.js';
import { clock, held, run, errorOf, gaps } from './made-retries.js';

const fault = () => {
  throw new Error('an observer at fault');
};

describe('onRetry', () => {
  it('is told before the wait of each retry, awaited, and may change the request', async () => {
    const told: unknown[] = [];
    const { client, requests } = held([{ status: 503 }, { status: 503 }, { status: 200 }], {
      onRetry: async (count, error, config) => {
        told.push([count, error.status, clock.now()]);
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        Object.assign(config.headers!, { 'x-attempt': String(count + 1) });
      },
    });
    const start = clock.now();
    await run(client.get('/x'));
    expect(told).toEqual([
      [1, 503, start],
      [2, 503, start + 1_200],
    ]);
    expect(gaps(requests)).toEqual([1_200, 1_400]);
    expect(requests.map(({ headers }) => headers['x-attempt'])).toEqual([undefined, '2', '3']);
  });

  it.each<[string, RetryOptions['onRetry']]>([
    ['throws', fault],
    ['rejects', () => Promise.reject(new Error('an observer at fault'))],
  ])('that %s changes nothing', async (_what, onRetry) => {
    const { client, requests } = held([{ status: 503 }, { status: 200 }], { onRetry: onRetry! });
    await run(client.get('/x'));
    expect(gaps(requests)).toEqual([200]);
  });

  it('is not told of what is not sent again', async () => {
    const onRetry = jest.fn();
    const { client } = held([{ status: 404 }, { status: 500 }], { onRetry });
    await errorOf(client.get('/x'));
    await errorOf(client.post('/x'));
    expect(onRetry).not.toHaveBeenCalled();
  });

  it('that never ends, ends with the caller’s patience', async () => {
    const { client, requests } = held([{ status: 503 }, { status: 200 }], {
      onRetry: () => new Promise<void>(() => undefined),
    });
    const controller = new AbortController();
    const settled = client.get('/x', { signal: controller.signal }).catch((error: unknown) => error);
    await clock.settle();
    controller.abort();
    expect(await settled).toHaveProperty('code', 'ERR_CANCELED');
    expect([requests.length, clock.pending]).toEqual([1, 0]);
  });
});

describe('onMaxRetryTimesExceeded', () => {
  it('is told of the last failure and the number of retries, and awaited', async () => {
    let done = false;
    const told: unknown[] = [];
    const { client } = held([{ status: 500 }, { status: 502 }, { status: 503 }], {
      retries: 2,
      onMaxRetryTimesExceeded: async (error, count) => {
        told.push([error.status, count]);
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        done = true;
      },
    });
    expect(await errorOf(client.get('/x'))).toHaveProperty('status', 503);
    expect([told, done]).toEqual([[[503, 2]], true]);
  });

  it('that throws leaves the caller his own error', async () => {
    const { client } = held([{ status: 503 }, { status: 502 }], {
      retries: 1,
      onMaxRetryTimesExceeded: fault,
    });
    expect(await errorOf(client.get('/x'))).toHaveProperty('status', 502);
  });

  it('is not told where there were retries left', async () => {
    const onMaxRetryTimesExceeded = jest.fn();
    const { client } = held([{ status: 503 }, { status: 404 }], { onMaxRetryTimesExceeded });
    await errorOf(client.get('/x'));
    expect(onMaxRetryTimesExceeded).not.toHaveBeenCalled();
  });
});
