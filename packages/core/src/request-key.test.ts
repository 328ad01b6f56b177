import { scriptedTransport } from '@holdfast/testing';
import axios, { type InternalAxiosRequestConfig } from 'axios';
import { currentCall, install, keyOf, type Interceptor } from './index.js';

/** What each of these requests shares a breaker and a gate with. */
async function keysOf(
  requests: readonly Partial<InternalAxiosRequestConfig>[],
  own?: (config: InternalAxiosRequestConfig) => string,
  name?: string,
): Promise<readonly string[]> {
  const keys: string[] = [];
  const reading: Interceptor = (next) => (config) => {
    if (name !== undefined) currentCall(config).service = name;
    keys.push(keyOf(config, own));
    return next(config);
  };
  const { adapter } = scriptedTransport(() => ({ status: 200 }));
  const client = axios.create({ baseURL: 'https://orders.test/v1', adapter });
  install(client, [reading]);
  for (const request of requests) await client.request(request);
  return keys;
}

describe('a request shares its breaker and its gate with', () => {
  it('all requests to its service at its origin', async () => {
    const requests = [{ url: '/7' }, { url: '/8' }, { url: 'https://other.test/7' }, { url: '/9' }];
    expect(await keysOf(requests, undefined, 'orders')).toEqual([
      'orders https://orders.test',
      'orders https://orders.test',
      'orders https://other.test',
      'orders https://orders.test',
    ]);
  });

  it('all requests to its origin, where the service has no name', async () => {
    expect(await keysOf([{ url: '/7' }, { url: 'https://other.test/7' }])).toEqual([
      'https://orders.test',
      'https://other.test',
    ]);
  });

  it('no request of another service at that origin', async () => {
    const both = [
      ...(await keysOf([{}], undefined, 'orders')),
      ...(await keysOf([{}], undefined, 'billing')),
    ];
    expect([...both, ...(await keysOf([{}], undefined, 'orders'))]).toEqual([
      'orders https://orders.test',
      'billing https://orders.test',
      'orders https://orders.test',
    ]);
  });

  it('those of which its owner says so, unless it says itself', async () => {
    const owner = ({ url }: InternalAxiosRequestConfig) => `mailbox ${url}`;
    const requests = [{ url: '/anna' }, { url: '/anna', holdfast: { key: 'uploads' } }];
    expect(await keysOf(requests, owner, 'graph')).toEqual(['mailbox /anna', 'uploads']);
  });

  it('the same ones after thousands of other origins', async () => {
    const others = Array.from({ length: 1_500 }, (_, number) => ({ url: `https://host-${number}.test/` }));
    const keys = await keysOf([{ url: '/7' }, ...others, { url: '/7' }], undefined, 'orders');
    expect(keys.at(-1)).toBe(keys[0]);
    expect(new Set(keys).size).toBe(1_501);
  });

  it.each([
    ['an empty text', ''],
    ['a number', 7],
    ['null', null],
  ])('nobody when that is %s: nothing is sent, and the error says what is wrong', async (_what, key) => {
    const { adapter, requests } = scriptedTransport(() => ({ status: 200 }));
    const client = axios.create({ baseURL: 'https://orders.test', adapter });
    install(client, [(next) => (config) => (keyOf(config, () => key as string), next(config))]);
    await expect(client.get('/7')).rejects.toThrow(/holdfast\.key, or the option "key"/);
    expect(requests).toEqual([]);
  });
});
