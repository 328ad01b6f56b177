import { challengeHeader, staticCredential, type StaticCredential } from '@holdfast/testing';
import axios, {
  type AxiosError,
  type AxiosInstance,
  type AxiosRequestConfig,
  type InternalAxiosRequestConfig,
} from 'axios';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServiceClient } from './index.js';

const CLAIMS = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';

let api: Server;
let elsewhere: Server;
/** The Authorization field of every request that came in elsewhere. */
let seen: (string | undefined)[];
let credential: StaticCredential;

const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
/** The claims that the credential was asked with, from the first token on. */
const asked = () => credential.requests.map(({ options }) => options.claims);
const failureOf = (call: Promise<unknown>) => call.catch((error: unknown) => error);

// The API leads elsewhere, and that challenges whatever comes.
beforeEach(async () => {
  seen = [];
  credential = staticCredential((_, number) => `t-${number}`);
  elsewhere = createServer(({ headers }, response) => {
    seen.push(headers.authorization);
    response.writeHead(401, { 'www-authenticate': challengeHeader({ claims: CLAIMS }) }).end();
  });
  api = createServer((_, response) => response.writeHead(302, { location: `${urlOf(elsewhere)}/7` }).end());
  for (const server of [api, elsewhere])
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(() => {
  for (const server of [api, elsewhere]) {
    server.closeAllConnections();
    server.close();
  }
});

interface Marked extends InternalAxiosRequestConfig {
  _retry?: boolean;
}

/** A token interceptor that knows its own origin, and a handler of 401s that sends once more. */
function naive(
  config: AxiosRequestConfig,
  isApi: (error: AxiosError) => boolean = () => true,
): AxiosInstance {
  const client = axios.create({ ...config, baseURL: urlOf(api) });
  const acquire = async (claims?: string) =>
    `Bearer ${(await credential.getToken('s', claims === undefined ? {} : { claims }))?.token}`;
  let authorization: string | undefined;
  client.interceptors.request.use(async (request) => {
    if (new URL(client.getUri(request)).origin !== urlOf(api)) return request;
    authorization ??= await acquire();
    request.headers.set('Authorization', authorization);
    return request;
  });
  client.interceptors.response.use(undefined, async (error: AxiosError) => {
    const request: Marked | undefined = error.config;
    const claims = /claims="([^"]+)"/.exec(String(error.response?.headers['www-authenticate']))?.[1];
    if (claims === undefined || request === undefined || request._retry === true || !isApi(error))
      throw error;
    request._retry = true;
    authorization = await acquire(atob(claims));
    request.headers.set('Authorization', authorization);
    return client.request(request);
  });
  return client;
}

function holdfast(config: AxiosRequestConfig): AxiosInstance {
  const options = { name: 'orders', scopes: 's', credential, retry: false } as const;
  return createServiceClient({ ...options, baseURL: urlOf(api), axios: config });
}

describe('trap 14: a challenge of an origin that never got the token', () => {
  it('naive: is answered, and so it gets one', async () => {
    const error = await failureOf(naive({}).get(`${urlOf(elsewhere)}/7`));
    expect(error).toHaveProperty('status', 401);
    expect(seen).toEqual([undefined, 'Bearer t-1']);
    expect(asked()).toEqual([CLAIMS]);
  });

  it('holdfast: is not answered', async () => {
    const call = holdfast({}).get(`${urlOf(elsewhere)}/7`, { holdfast: { token: false } });
    expect(await failureOf(call)).toHaveProperty('status', 401);
    expect(seen).toEqual([undefined]);
    expect(asked()).toEqual([]);
  });
});

describe('trap 15: a challenge from where a redirect led', () => {
  it.each(['http', 'fetch'] as const)(
    'naive: passes for the API’s, by getUri() and by `config.url` (%s)',
    async (adapter) => {
      const told: unknown[] = [];
      const client = naive({ adapter }, ({ config, response }) => {
        const uri = client.getUri(config);
        told.push(uri, config?.url, response?.request?.res?.responseUrl);
        return new URL(uri).origin === urlOf(api);
      });
      expect(await failureOf(client.get('/7'))).toHaveProperty('status', 401);
      expect(told).toEqual([
        `${urlOf(api)}/7`,
        '/7',
        adapter === 'http' ? `${urlOf(elsewhere)}/7` : undefined,
      ]);
      expect(asked()).toEqual([undefined, CLAIMS]);
    },
  );

  it.each(['http', 'fetch'] as const)(
    'holdfast: shows where it came from, and is not answered (%s)',
    async (adapter) => {
      expect(await failureOf(holdfast({ adapter }).get('/7'))).toMatchObject({
        status: 401,
        request: { res: { responseUrl: `${urlOf(elsewhere)}/7` } },
      });
      expect(seen).toEqual([undefined]);
      expect(asked()).toEqual([undefined]);
    },
  );
});
