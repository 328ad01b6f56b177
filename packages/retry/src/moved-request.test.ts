import { currentCall, install, type Interceptor, type Target } from '@holdfast/core';
import { scriptedTransport, type Step } from '@holdfast/testing';
import axios, { AxiosHeaders, type AxiosError, type AxiosRequestConfig } from 'axios';
import { retry, type RetryOptions } from './index.js';
import { clock, held, run } from './made-retries.js';

/** By the call's target the token's interceptor, the gate and the circuit decide. */
function watching(targets: Target[]): Interceptor {
  return (next) => (config) => {
    targets.push(currentCall(config).target);
    return next(config);
  };
}

const FAILS: readonly Step[] = [{ status: 503 }, { status: 200 }];

describe('a request that a callback sends elsewhere', () => {
  it.each<[string, AxiosRequestConfig, Partial<Target>]>([
    [
      'another host by its URL',
      { url: 'https://evil.test/x' },
      { origin: 'https://evil.test', withinBase: false, secure: true },
    ],
    [
      'another host by its base URL',
      { baseURL: 'https://backup.test' },
      { origin: 'https://backup.test', withinBase: false },
    ],
    ['another host without a scheme', { url: '//evil.test/x' }, { origin: '', withinBase: false }],
    ['a host that is not secure', { url: 'http://api.test/x' }, { withinBase: false, secure: false }],
    ['a place that cannot be told', { url: 'https://' }, { origin: '', withinBase: false, secure: false }],
    ['its own host, with a user', { url: 'https://me:you@api.test/x' }, { withinBase: true, userinfo: true }],
    [
      'its own host, elsewhere',
      { url: '/y?again=1' },
      { origin: 'https://api.test', withinBase: true, secure: true },
    ],
  ])('to %s has that for its target', async (_where, changes, target) => {
    const targets: Target[] = [];
    const onRetry: RetryOptions['onRetry'] = (_count, _error, config) => void Object.assign(config, changes);
    const { client } = held(FAILS, { onRetry }, watching(targets));
    await run(client.get('/x').catch(() => undefined));
    expect(targets[0]).toMatchObject({ origin: 'https://api.test', withinBase: true });
    expect(targets[1]).toMatchObject(target);
  });

  it.each(['retryCondition', 'retryDelay'] as const)(
    'by way of the error is noticed as well (%s)',
    async (name) => {
      const targets: Target[] = [];
      const callback = (first: unknown, second?: unknown) => {
        Object.assign(((second ?? first) as AxiosError).config!, { baseURL: 'https://evil.test' });
        return 1;
      };
      const { client } = held(FAILS, { [name]: callback }, watching(targets));
      await run(client.get('/x'));
      expect(targets.map(({ origin }) => origin)).toEqual(['https://api.test', 'https://evil.test']);
    },
  );

  it('does not come into the base from outside, nor out of it by climbing', async () => {
    const targetsOf = async (baseURL: string, from: string, to: string) => {
      const targets: Target[] = [];
      const { adapter } = scriptedTransport(FAILS, { clock });
      const client = axios.create({ baseURL, adapter });
      const onRetry: RetryOptions['onRetry'] = (_count, _error, config) => void (config.url = to);
      install(client, [retry({ clock, onRetry }), watching(targets)], { clock });
      await run(client.get(from));
      return targets.map(({ withinBase }) => withinBase);
    };
    expect(await targetsOf('https://api.test/v1', '/x', '/../admin')).toEqual([true, false]);
    expect(await targetsOf('https://api.test/v1', '/x', '/..%2fadmin')).toEqual([true, false]);
    expect(await targetsOf('https://api.test/v1', '/x', '/y')).toEqual([true, true]);
    expect(await targetsOf('https://api.test/v1', 'https://other.test/', '/x')).toEqual([false, false]);
  });
});

it('headers that a callback has replaced by a plain object are headers again for those inside, and lend no key for ever', async () => {
  const seen: boolean[] = [];
  const watch: Interceptor = (next) => (config) => {
    seen.push(config.headers instanceof AxiosHeaders);
    return next(config);
  };
  const { client, requests } = held(
    [{ status: 503 }, { status: 503 }, { status: 200 }],
    {
      onRetry: (count, _error, config) => {
        const { headers } = config;
        config.headers = Object.assign({}, headers, { 'x-attempt': String(count + 1) });
      },
    },
    watch,
  );
  const { config } = await run(client.post('/x', {}, { holdfast: { idempotencyKey: 'mine' } }));
  expect(seen).toEqual([true, true, true]);
  expect(requests.map(({ headers }) => headers['idempotency-key'])).toEqual(Array(3).fill('"mine"'));
  expect(requests[2]?.headers['x-attempt']).toBe('3');
  expect(config.headers.has('idempotency-key')).toBe(false);
});
