import { scriptedTransport, staticCredential } from '@holdfast/testing';
import axios, { type AxiosAdapter, type AxiosInstance } from 'axios';
import { createServiceClient, install, standardInterceptors } from './index.js';

const answering = () => scriptedTransport(() => ({ status: 200 }));

/** A token interceptor, as everybody writes it. */
function naive(adapter: AxiosAdapter): AxiosInstance {
  const client = axios.create({ baseURL: 'https://orders.test', adapter });
  client.interceptors.request.use(async (config) => {
    config.headers.set('Authorization', 'Bearer a-token');
    return config;
  });
  return client;
}

const standard = {
  name: 'orders',
  scopes: 'api://orders/.default',
  credential: staticCredential('a-token'),
};

function holdfast(adapter: AxiosAdapter): AxiosInstance {
  return createServiceClient({ ...standard, baseURL: 'https://orders.test', axios: { adapter } });
}

describe('trap 39: a request that flips the order of axios’s interceptors', () => {
  const flipped = { transitional: { legacyInterceptorReqResOrdering: false } };

  /** What an interceptor of the user's own finds in the place of the token, in both orders. */
  async function seenTokens(client: AxiosInstance): Promise<unknown[]> {
    const seen: unknown[] = [];
    client.interceptors.request.use((config) => {
      seen.push(config.headers.get('Authorization'));
      return config;
    });
    for (const options of [{}, flipped]) await client.get('/7', options);
    return seen;
  }

  it('naive: shows the token to another interceptor, or not, by request', async () => {
    expect(await seenTokens(naive(answering().adapter))).toEqual([undefined, 'Bearer a-token']);
  });

  it('holdfast: sends the same either way, and no other interceptor sees the token', async () => {
    const { adapter, requests } = answering();
    expect(await seenTokens(holdfast(adapter))).toEqual([undefined, undefined]);
    expect(requests.map(({ token }) => token)).toEqual(['a-token', 'a-token']);
  });
});

describe('trap 39: an async token interceptor that is flagged `synchronous`', () => {
  it('naive: crashes every call', async () => {
    const { adapter, requests } = answering();
    const client = axios.create({ adapter });
    client.interceptors.request.use(async (config) => config, undefined, { synchronous: true });
    await expect(client.get('/7')).rejects.toThrow(TypeError);
    expect(requests).toHaveLength(0);
  });

  it('holdfast: is not needed; the token is waited for around the send, and interceptors stay synchronous', async () => {
    const { adapter, requests } = answering();
    const client = holdfast(adapter);
    const seen: string[] = [];
    client.interceptors.request.use(
      (config) => {
        seen.push('synchronous');
        return config;
      },
      undefined,
      { synchronous: true },
    );
    const call = client.get('/7');
    expect(seen).toEqual(['synchronous']);
    await call;
    expect(requests[0]?.token).toBe('a-token');
  });
});

describe('trap 40: what an interceptor keeps on the request', () => {
  it('naive: overflows the stack when the request is submitted again, if it leads back to itself', async () => {
    const client = axios.create({ adapter: scriptedTransport(() => ({ status: 503 })).adapter });
    client.interceptors.request.use((config) => Object.assign(config, { story: { of: config } }));
    const error: unknown = await client.get('/7').catch((failure: unknown) => failure);
    const { config } = error as { config: object };
    await expect(client.request(config)).rejects.toThrow(RangeError);
  });

  it('naive: is a copy, so that what is counted there is lost to whoever made the call', async () => {
    const client = axios.create({ adapter: answering().adapter });
    const state = { sends: 0 };
    client.interceptors.request.use((config) => {
      (config as { state?: typeof state }).state!.sends += 1;
      return config;
    });
    await client.get('/7', { state } as object);
    expect(state.sends).toBe(0);
  });

  it('holdfast: nothing is; a request can be submitted again, and begins anew', async () => {
    const { adapter, requests } = scriptedTransport(() => ({ status: 404 }));
    const client = holdfast(adapter);
    const bare = axios.create({ baseURL: 'https://orders.test', adapter });
    const keysOf = async (one: AxiosInstance) => {
      const error: unknown = await one.get('/7').catch((failure: unknown) => failure);
      const { config } = error as { config: object };
      await expect(one.request(config)).rejects.toHaveProperty('status', 404);
      return Reflect.ownKeys(config).sort();
    };
    expect(await keysOf(client)).toEqual(await keysOf(bare));
    expect(requests).toHaveLength(4);
  });
});

describe('trap 41: a client made from another one by create()', () => {
  it('naive: has the half of the stack that is in the defaults, and no token', async () => {
    const { adapter, requests } = answering();
    const client = naive(adapter);
    let guarded = 0;
    client.defaults.adapter = (config) => {
      guarded += 1;
      return adapter(config);
    };
    const child = client.create();
    await child.get('/7');
    expect([guarded, requests[0]?.token]).toEqual([1, undefined]);
  });

  it('holdfast: is bare axios until the same interceptors are installed, and then shares their state', async () => {
    const { adapter, requests } = scriptedTransport((_, number) =>
      number === 1 ? { status: 200 } : { status: 429, headers: { 'retry-after': '60' } },
    );
    const credential = staticCredential('a-token');
    const interceptors = standardInterceptors({ ...standard, credential, deadlineMs: 1_000 });
    const client = axios.create({ baseURL: 'https://orders.test', adapter });
    install(client, interceptors);
    const child = client.create();
    await child.get('/7');
    expect(requests[0]?.token).toBeUndefined();
    install(child, interceptors);
    await expect(child.get('/7')).rejects.toHaveProperty('status', 429);
    await expect(client.get('/7')).rejects.toHaveProperty('code', 'ERR_THROTTLED');
    expect(requests.map(({ token }) => token)).toEqual([undefined, 'a-token']);
    expect(credential.requests).toHaveLength(1);
  });
});
