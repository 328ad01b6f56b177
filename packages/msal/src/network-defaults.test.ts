import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import axios from 'axios';
import { startIdentityProvider, type IdentityProvider } from '@holdfast/testing';
import { clientCredential } from './index.js';

const SCOPE = 'api://orders/.default';

let idp: IdentityProvider;

beforeEach(async () => {
  idp = await startIdentityProvider();
});

afterEach(async () => {
  await idp.close();
});

/** What an app sets up for its own API on the one axios that everybody in the process has. */
const SETTINGS = {
  baseURL: 'https://orders.example/api/',
  timeout: 1,
  proxy: { host: '127.0.0.1', port: 9, protocol: 'http' },
  maxContentLength: 1,
  auth: { username: 'orders', password: 'for-nobody-else' },
  params: { 'api-key': 'for-nobody-else' },
  adapter: () => Promise.reject(new Error('The app’s mock was asked')),
  transformRequest: [() => 'bent'],
  transformResponse: [() => 'bent'],
  validateStatus: () => false,
};
const { defaults } = axios;

/** Does something while the app's settings are in force. */
async function within<T>(work: () => Promise<T> | T): Promise<T> {
  const before = { ...defaults };
  const common = { ...defaults.headers.common };
  const interceptor = axios.interceptors.request.use(() =>
    Promise.reject(new Error('The app’s own interceptor')),
  );
  try {
    Object.assign(defaults, SETTINGS);
    defaults.headers.common['x-api-key'] = 'for-nobody-else';
    return await work();
  } finally {
    axios.interceptors.request.eject(interceptor);
    for (const name of Object.keys(SETTINGS)) Reflect.deleteProperty(defaults, name);
    Object.assign(defaults, before);
    defaults.headers.common = common;
  }
}

/** The headers of what the identity provider is asked. */
async function headersSeen(work: () => Promise<unknown>): Promise<string[]> {
  const seen: string[] = [];
  const watch = (message: unknown) => {
    const { request } = message as { request: { getHeaderNames(): string[]; path: string } };
    seen.push(...request.getHeaderNames(), request.path);
  };
  subscribe('http.client.request.start', watch);
  await work();
  unsubscribe('http.client.request.start', watch);
  return seen;
}

describe('what an app has set on the global axios', () => {
  it('would bend the requests of a client that was made by axios.create()', async () => {
    const bent = await within(() => axios.create());
    await expect(bent.get(idp.url)).rejects.toThrow('The app’s mock was asked');
    expect(bent.defaults.headers.common['x-api-key']).toBe('for-nobody-else');
  });

  it.each([
    ['before the credential is made', true, false],
    ['after the credential was made', false, true],
    ['all the time', true, true],
  ] as const)('changes nothing about token requests: %s', async (_, whileMade, whileAsked) => {
    const make = () => clientCredential({ ...idp.app, random: () => 0 });
    const one = whileMade ? await within(make) : make();
    const ask = () => one.getToken(SCOPE);
    const seen = await headersSeen(async () => {
      const token = await (whileAsked ? within(ask) : ask());
      expect(token).toMatchObject({ token: expect.any(String) as unknown });
    });
    expect(idp.tokenRequests).toHaveLength(1);
    expect(seen).toContain('content-type');
    expect(seen).not.toContain('x-api-key');
    expect(seen).not.toContain('authorization');
    expect(seen.join()).not.toContain('api-key');
  });
});
