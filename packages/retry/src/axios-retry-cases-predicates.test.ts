import { install } from '@holdfast/core';
import { manualClock, scriptedTransport, type ManualClock, type Step } from '@holdfast/testing';
import axios from 'axios';
import axiosRetry, { isNetworkError, isRetryableError } from 'axios-retry';
import { retry, type RetryOptions } from './index.js';

// The cases of axios-retry 4.5 about its predicates, handed in as they are for a `retryCondition`.

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

/** How often a request that always fails so is sent, with one retry. */
async function sends(retryCondition: RetryOptions['retryCondition'], method: string, step: Step) {
  const { adapter, requests } = scriptedTransport(() => step, { clock });
  const client = axios.create({ baseURL: 'https://api.test', adapter });
  install(
    client,
    [retry({ clock, random: () => 1, retries: 1, ...(retryCondition && { retryCondition }) })],
    {
      clock,
    },
  );
  await clock.runUntilSettled(client.request({ method, url: '/test' }).catch(() => undefined));
  return requests.length;
}

const REFUSED: Step = { error: 'ECONNREFUSED' };
const RESET: Step = { error: 'ECONNRESET' };
const TIMED_OUT: Step = { error: 'ECONNABORTED' };
const FAILED: Step = { status: 500 };

describe('with isNetworkError', () => {
  it.each<[string, Step, number]>([
    ['a refused connection is tried again', REFUSED, 2],
    ['a time-out is not', TIMED_OUT, 1],
    ['a status is not', FAILED, 1],
    ['what has no code of a network is not', { error: 'ERR_BAD_OPTION' }, 1],
  ])('%s', async (_, step, expected) => {
    expect(await sends(isNetworkError, 'get', step)).toBe(expected);
  });
});

describe('with isSafeRequestError', () => {
  const { isSafeRequestError } = axiosRetry;

  it.each(['get', 'head', 'options'])(
    'a %s is sent again, after a status and after a reset',
    async (method) => {
      expect(await sends(isSafeRequestError, method, FAILED)).toBe(2);
      expect(await sends(isSafeRequestError, method, RESET)).toBe(2);
    },
  );

  it.each(['post', 'put', 'patch', 'delete'])('a %s is sent once', async (method) => {
    expect(await sends(isSafeRequestError, method, FAILED)).toBe(1);
    expect(await sends(isSafeRequestError, method, RESET)).toBe(1);
  });

  it('a 404 and a time-out are final', async () => {
    expect(await sends(isSafeRequestError, 'get', { status: 404 })).toBe(1);
    expect(await sends(isSafeRequestError, 'get', TIMED_OUT)).toBe(1);
  });
});

describe('with isIdempotentRequestError', () => {
  const { isIdempotentRequestError } = axiosRetry;

  it.each(['get', 'head', 'options', 'put', 'delete'])(
    'a %s is sent again, after a status and after a reset',
    async (method) => {
      expect(await sends(isIdempotentRequestError, method, FAILED)).toBe(2);
      expect(await sends(isIdempotentRequestError, method, RESET)).toBe(2);
    },
  );

  it.each(['post', 'patch'])('a %s is sent once', async (method) => {
    expect(await sends(isIdempotentRequestError, method, FAILED)).toBe(1);
    expect(await sends(isIdempotentRequestError, method, RESET)).toBe(1);
  });

  it('a 404 and a time-out are final', async () => {
    expect(await sends(isIdempotentRequestError, 'get', { status: 404 })).toBe(1);
    expect(await sends(isIdempotentRequestError, 'get', TIMED_OUT)).toBe(1);
  });
});

describe('with isRetryableError', () => {
  it.each<[string, Step, number]>([
    ['a time-out is final', TIMED_OUT, 1],
    ['a reset is tried again', RESET, 2],
    ['a 500 is tried again', FAILED, 2],
    ['a 400 is final', { status: 400 }, 1],
  ])('%s', async (_, step, expected) => {
    expect(await sends(isRetryableError, 'get', step)).toBe(expected);
  });

  it('a POST that may have been acted on is sent once, though it says yes', async () => {
    expect(await sends(isRetryableError, 'post', RESET)).toBe(1);
    expect(await sends(isRetryableError, 'post', FAILED)).toBe(1);
  });
});

describe('with isNetworkOrIdempotentRequestError, the default of axios-retry', () => {
  const { isNetworkOrIdempotentRequestError } = axiosRetry;

  it('a POST that was reset is sent once, though it says yes; one that never left is sent again', async () => {
    expect(await sends(isNetworkOrIdempotentRequestError, 'post', RESET)).toBe(1);
    expect(await sends(isNetworkOrIdempotentRequestError, 'post', REFUSED)).toBe(2);
  });

  it('without it a GET that timed out, and a POST that was throttled, are sent again as well', async () => {
    expect(await sends(isNetworkOrIdempotentRequestError, 'get', TIMED_OUT)).toBe(1);
    expect(await sends(undefined, 'get', TIMED_OUT)).toBe(2);
    expect(await sends(isNetworkOrIdempotentRequestError, 'post', { status: 429 })).toBe(1);
    expect(await sends(undefined, 'post', { status: 429 })).toBe(2);
  });
});
