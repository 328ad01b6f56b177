import { install } from '@holdfast/core';
import { manualClock, scriptedTransport, type ManualClock, type Step } from '@holdfast/testing';
import axios, { type AxiosError, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { retry, type RetryOptions } from './index.js';

// The cases of axios-retry 4.5 about `onRetry` and `onMaxRetryTimesExceeded`, one test for each, and `validateResponse`,
// for which it has none.

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

const FAILED: Step = { status: 500, data: 'Failed!' };

function held(script: readonly Step[], options: RetryOptions) {
  const { adapter, requests } = scriptedTransport(script, { clock });
  const client = axios.create({ baseURL: 'https://api.test', adapter });
  install(client, [retry({ clock, random: () => 1, ...options })], { clock });
  return { client, requests };
}

const run = <T>(promise: Promise<T>): Promise<T> => clock.runUntilSettled(promise);
const errorOf = async (promise: Promise<unknown>): Promise<AxiosError> =>
  (await run(promise.catch((error: unknown) => error))) as AxiosError;
const later = () =>
  new Promise<void>((resolve) => {
    clock.setTimeout(resolve, 100);
  });

describe('an onRetry', () => {
  type Told = [retryCount: number, status: number | undefined, url: string | undefined];
  const noting =
    (told: Told[]): NonNullable<RetryOptions['onRetry']> =>
    (retryCount, { response }, { url }) => {
      told.push([retryCount, response?.status, url]);
    };
  const bothTimes: Told[] = [
    [1, 500, '/test'],
    [2, 500, '/test'],
  ];

  it('is told of each retry: its number, the failure, the request', async () => {
    const told: Told[] = [];
    const { client } = held(Array<Step>(3).fill(FAILED), { retries: 2, onRetry: noting(told) });
    await errorOf(client.get('/test'));
    expect(told).toEqual(bothTimes);
  });

  it.each([
    ["'axios-retry'", (onRetry: RetryOptions['onRetry']) => ({ 'axios-retry': { onRetry } })],
    ['holdfast', (onRetry: RetryOptions['onRetry']) => ({ holdfast: { retry: { onRetry } } })],
  ])('of one request is told of its retries (under %s)', async (_, configOf) => {
    const told: Told[] = [];
    const { client } = held(Array<Step>(3).fill(FAILED), { retries: 2 });
    await errorOf(client.get('/test', configOf(noting(told)) as AxiosRequestConfig));
    expect(told).toEqual(bothTimes);
  });

  it.each(['the client', 'the request'])(
    'that takes its time is waited for, before the wait (of %s)',
    async (whose) => {
      const told: Told[] = [];
      const note = noting(told);
      const onRetry: RetryOptions['onRetry'] = async (...given) => {
        await later();
        await note(...given);
      };
      const options = { retryDelay: () => 50 };
      const { client, requests } = held(
        Array<Step>(3).fill(FAILED),
        whose === 'the client' ? { retries: 2, ...options, onRetry } : { retries: 2, ...options },
      );
      await errorOf(client.get('/test', whose === 'the client' ? {} : { 'axios-retry': { onRetry } }));
      expect(told).toEqual(bothTimes);
      expect(requests.slice(1).map(({ at }, index) => at - requests[index]!.at)).toEqual([150, 150]);
    },
  );

  it.each<[string, () => void | Promise<void>]>([
    ['rejects', () => Promise.reject(new Error('onRetry error'))],
    [
      'throws',
      () => {
        throw new Error('onRetry error');
      },
    ],
  ])('that %s changes nothing: the call is retried, and ends with its own failure', async (_, onRetry) => {
    const { client, requests } = held(Array<Step>(3).fill(FAILED), { retries: 2, onRetry });
    const error = await errorOf(client.get('/test'));
    expect(error).toMatchObject({ status: 500, response: { data: 'Failed!' } });
    expect(requests).toHaveLength(3);
  });

  it('may change the request: the next attempt goes out so', async () => {
    const { client, requests } = held([FAILED, { status: 200 }], {
      onRetry: (retryCount, _, config) => {
        Object.assign(config.headers ?? {}, { 'x-retry': String(retryCount) });
      },
    });
    await run(client.get('/test'));
    expect(requests.map(({ headers }) => headers['x-retry'])).toEqual([undefined, '1']);
  });
});

describe('an onMaxRetryTimesExceeded', () => {
  it.each(['at once', 'later'])(
    'is told once, of the failure and how many retries there were (%s)',
    async (when) => {
      const told: unknown[] = [];
      const { client } = held(Array<Step>(3).fill(FAILED), {
        retries: 2,
        onMaxRetryTimesExceeded: async ({ response }, retryCount) => {
          if (when === 'later') await later();
          told.push([response?.status, retryCount]);
        },
      });
      expect(await errorOf(client.get('/test'))).toHaveProperty('status', 500);
      expect(told).toEqual([[500, 2]]);
    },
  );

  it.each<[string, () => void | Promise<void>]>([
    [
      'throws',
      () => {
        throw new Error('CustomErrorAfterMaxRetryTimesExceeded');
      },
    ],
    [
      'rejects',
      async () => {
        await later();
        throw new Error('CustomErrorAfterMaxRetryTimesExceeded');
      },
    ],
  ])('that %s does not take the place of the failure', async (_, onMaxRetryTimesExceeded) => {
    const { client, requests } = held(Array<Step>(3).fill(FAILED), { retries: 2, onMaxRetryTimesExceeded });
    expect(await errorOf(client.get('/test'))).toMatchObject({ status: 500, response: { data: 'Failed!' } });
    expect(requests).toHaveLength(3);
  });

  it('is not told of a call that succeeds, nor of one that is not to be retried', async () => {
    const onMaxRetryTimesExceeded = jest.fn();
    const { client } = held([FAILED, { status: 200 }, { status: 404 }], { onMaxRetryTimesExceeded });
    await run(client.get('/test'));
    await errorOf(client.get('/test'));
    expect(onMaxRetryTimesExceeded).not.toHaveBeenCalled();
  });
});

describe('a validateResponse', () => {
  const busy = '{"state":"busy"}';
  const isDone = ({ data }: AxiosResponse) => !String(data).includes('busy');

  it('that says no to a 200 has it sent again', async () => {
    const { client, requests } = held(
      [
        { status: 200, data: busy },
        { status: 200, data: 'done' },
      ],
      { validateResponse: isDone },
    );
    expect((await run(client.get('/test'))).data).toBe('done');
    expect(requests).toHaveLength(2);
  });

  it('that says no to the last answer: the caller gets axios’s error for a status', async () => {
    const { client } = held(Array<Step>(2).fill({ status: 200, data: busy }), {
      retries: 1,
      validateResponse: isDone,
    });
    const error = await errorOf(client.get('/test'));
    expect(axios.isAxiosError(error)).toBe(true);
    expect(error).toMatchObject({
      message: 'Request failed with status code 200',
      response: { status: 200 },
    });
  });

  it('that says yes to a 404 makes it an answer', async () => {
    const { client, requests } = held([{ status: 404 }], {
      validateResponse: ({ status }) => status === 404,
    });
    expect((await run(client.get('/test'))).status).toBe(404);
    expect(requests).toHaveLength(1);
  });

  it('that says no does not have a POST acted on twice', async () => {
    const { client, requests } = held([{ status: 200, data: busy }], { validateResponse: isDone });
    await errorOf(client.post('/test', {}));
    expect(requests).toHaveLength(1);
  });
});
