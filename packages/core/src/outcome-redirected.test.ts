import axios from 'axios';
import { install } from './install.js';
import { outcomeOfError } from './outcome.js';

/** fetch follows redirects and does not say so: the error of its socket alone tells whose connection it was. */
async function outcomeOfFetch(baseURL: string, socket: object): Promise<string> {
  const cause = Object.assign(new Error('it failed'), { code: 'ECONNREFUSED' }, socket);
  const fetch = () => Promise.reject(new TypeError('fetch failed', { cause }));
  const client = axios.create({ baseURL, adapter: 'fetch', env: { fetch } });
  install(client, []);
  const error: unknown = await client.get('/').catch((failure: unknown) => failure);
  return outcomeOfError(error);
}

describe('a connection that fetch could not make', () => {
  it.each([
    ['https://10.0.0.1', { address: '10.0.0.1', port: 443 }],
    ['http://10.0.0.1', { address: '10.0.0.1', port: 80 }],
    ['https://10.0.0.1:8443', { address: '10.0.0.1', port: 8443 }],
    ['http://[::1]:8080', { address: '::1', port: 8080 }],
    ['http://localhost:8080', { address: '127.0.0.1', port: 8080 }],
    ['http://localhost:8080', { address: '::1', port: 8080 }],
    ['https://api.test', { hostname: 'api.test' }],
    // By the name: which of its addresses it was does not matter.
    ['https://api.test', { hostname: 'api.test', address: '10.0.0.9', port: 1 }],
    ['https://api.test', { errors: [{ address: '10.0.0.9', port: 443 }, { hostname: 'api.test' }] }],
  ])('to %s carried nothing where it is about %j', async (url, socket) => {
    expect(await outcomeOfFetch(url, socket)).toBe('not-sent');
  });

  it.each([
    ['https://10.0.0.1', { address: '10.0.0.1', port: 80 }],
    ['http://10.0.0.1', { address: '10.0.0.1', port: 443 }],
    ['https://10.0.0.1:8443', { address: '10.0.0.1', port: 443 }],
    ['https://10.0.0.1', { address: '10.0.0.2', port: 443 }],
    ['http://[::1]:8080', { address: '::2', port: 8080 }],
    ['http://localhost:8080', { address: '10.0.0.1', port: 8080 }],
    ['http://localhost:8080', { address: '127.0.0.1', port: 8081 }],
    ['http://api.test', { address: '127.0.0.1', port: 80 }],
    ['http://api.test', { address: '::1', port: 80 }],
    ['https://api.test', { hostname: 'elsewhere.test', address: 'api.test', port: 443 }],
    ['https://api.test', {}],
  ])(
    'from %s may have been a redirect’s where it is about %j: the service may have acted',
    async (url, socket) => {
      expect(await outcomeOfFetch(url, socket)).toBe('lost');
    },
  );
});
