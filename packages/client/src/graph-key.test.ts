import { staticCredential } from '@holdfast/testing';
import axios, { type AxiosAdapter, type AxiosRequestConfig } from 'axios';
import fc from 'fast-check';
import { graphCircuitKey, graphGateKey } from './graph-key.js';
import { install, nameCalls, withCredential, type Interceptor } from './index.js';

const ROOT = 'graph https://graph.microsoft.com';

/** A client that tells by which keys each attempt of a request goes. */
function keysOf(baseURL = 'https://graph.microsoft.com/v1.0') {
  const seen: { gate: string; circuit: string }[] = [];
  const telling: Interceptor = (next) => (config) => {
    seen.push({ gate: graphGateKey(config), circuit: graphCircuitKey(config) });
    return next(config);
  };
  // It takes any URL at all.
  const adapter: AxiosAdapter = (config) =>
    Promise.resolve({ status: 200, statusText: '', data: '', headers: {}, config });
  const client = axios.create({ baseURL, adapter });
  install(client, [nameCalls('graph'), telling]);
  return async (url: string, config?: AxiosRequestConfig) => {
    await client.get(url, config);
    return seen.at(-1)!;
  };
}

describe('what shares a gate, and what a circuit', () => {
  it('two mailboxes have a gate each, and the circuit of Outlook together', async () => {
    const keys = keysOf();
    expect(await keys('/users/ada/messages')).toEqual({
      gate: `${ROOT} outlook ada`,
      circuit: `${ROOT} outlook`,
    });
    expect(await keys('/users/bob/events')).toEqual({
      gate: `${ROOT} outlook bob`,
      circuit: `${ROOT} outlook`,
    });
  });

  it('what is known of two users, by their insights, has a gate each, whatever fragment is behind it', async () => {
    const keys = keysOf();
    expect((await keys('/users/ada/insights#trending')).gate).toBe(`${ROOT} insights ada`);
    expect((await keys('/users/bob/insights')).gate).toBe(`${ROOT} insights bob`);
  });

  it('a link to the next page goes by the same keys as the first', async () => {
    const keys = keysOf();
    const first = await keys('/users/ada/messages', { params: { $top: 5 } });
    expect(await keys('https://graph.microsoft.com/v1.0/users/ada/messages?$skiptoken=a')).toEqual(first);
  });

  it('the beta version of the same mailbox has the same keys', async () => {
    const keys = keysOf();
    const first = await keys('/users/ada/messages');
    expect(await keys('https://graph.microsoft.com/beta/users/ada/messages')).toEqual(first);
    expect(await keys('/users/ada/messages', { baseURL: 'https://graph.microsoft.com/beta' })).toEqual(first);
  });

  it('another origin has keys of its own, whatever its path looks like', async () => {
    const keys = keysOf();
    const own = 'graph https://contoso.sharepoint.com';
    const url = 'https://contoso.sharepoint.com/users/ada/messages?token=x';
    expect(await keys(url)).toEqual({ gate: own, circuit: own });
  });

  it('two clouds share nothing', async () => {
    const china = await keysOf('https://microsoftgraph.chinacloudapi.cn/v1.0')('/users/ada/messages');
    expect(china.gate).toBe('graph https://microsoftgraph.chinacloudapi.cn outlook ada');
    expect(china.circuit).toBe('graph https://microsoftgraph.chinacloudapi.cn outlook');
  });

  it('a base URL of its own, a proxy’s or one on loopback, keeps the mailboxes apart as well', async () => {
    const { gate, circuit } = await keysOf('http://127.0.0.1:8080/v1.0')('/users/ada/messages');
    expect(gate).toBe('graph http://127.0.0.1:8080 outlook ada');
    expect(circuit).toBe('graph http://127.0.0.1:8080 outlook');
  });

  it('what is not known goes by the service, as without a key', async () => {
    expect(await keysOf()('/somethingNew/7')).toEqual({ gate: ROOT, circuit: ROOT });
  });

  it('a link to a shared file, which lets everybody in, is in no key', async () => {
    const keys = await keysOf()('/shares/u!a-link/driveItem');
    expect(keys).toEqual({ gate: `${ROOT} files`, circuit: `${ROOT} files` });
  });
});

it('two tenants that one client asks for share no gate', async () => {
  const keys = keysOf();
  const own = await keys('/sites/root');
  const ours = await keys('/sites/root', { holdfast: { tenantId: 'contoso.example' } });
  const theirs = await keys('/sites/root', { holdfast: { tenantId: 'fabrikam.example' } });
  expect(new Set([own.gate, ours.gate, theirs.gate]).size).toBe(3);
  expect(ours.gate).toContain(' contoso.example ');
});

describe('the mailbox /me', () => {
  const mailbox = async (keys: ReturnType<typeof keysOf>, credential?: object) =>
    (await keys('/me/messages', credential && { holdfast: { credential: credential as never } })).gate;

  it('of two users has a gate each, and of the same user the same', async () => {
    const keys = keysOf();
    const [ada, bob] = [staticCredential('ada'), staticCredential('bob')];
    const gates = [
      await mailbox(keys, ada),
      await mailbox(keys, bob),
      await mailbox(keys, ada),
      await mailbox(keys),
    ];
    expect(new Set(gates).size).toBe(3);
    expect(gates[0]).toBe(gates[2]);
    expect(gates[3]).toBe(`${ROOT} outlook me`);
  });

  it('of a user who is inherited is his, as if the request had named him', async () => {
    const keys = keysOf();
    const ada = staticCredential('ada');
    const named = await mailbox(keys, ada);
    expect(await withCredential(ada, () => mailbox(keys))).toBe(named);
    expect(await mailbox(keys)).not.toBe(named);
  });

  it('of a user whom the request names is his, whoever is inherited', async () => {
    const keys = keysOf();
    const [ada, bob] = [staticCredential('ada'), staticCredential('bob')];
    const named = await mailbox(keys, ada);
    expect(await withCredential(bob, () => mailbox(keys, ada))).toBe(named);
  });

  it('is one to the end of a call, also where the wait before a retry ends in the scope of somebody else', async () => {
    const gates: string[] = [];
    const bob = staticCredential('bob');
    const client = axios.create({
      baseURL: 'https://graph.microsoft.com/v1.0',
      adapter: () => Promise.reject(new Error()),
    });
    install(client, [
      nameCalls('graph'),
      (next) => (config) => {
        gates.push(
          graphGateKey(config),
          withCredential(bob, () => graphGateKey(config)),
        );
        return next(config);
      },
    ]);
    await client.get('/me/messages').catch(() => undefined);
    expect(gates).toEqual([`${ROOT} outlook me`, `${ROOT} outlook me`]);
  });

  it('of a credential that axios copies with each request is one', async () => {
    const keys = keysOf();
    const plain = { getToken: async () => ({ token: 'a-token', expiresOnTimestamp: Infinity }) };
    expect(await mailbox(keys, plain)).toBe(await mailbox(keys, plain));
  });

  it('of two users whose plain credentials share a function has a gate each', async () => {
    const keys = keysOf();
    const getToken = async () => ({ token: 'a-token', expiresOnTimestamp: Infinity });
    const [ada, bob] = ['ada', 'bob'].map((user) => ({ user, getToken }));
    const first = await withCredential(ada!, () => mailbox(keys));
    expect(await withCredential(bob!, () => mailbox(keys))).not.toBe(first);
  });

  it('of another process, behind a store that both share, is another one: its name is random', async () => {
    const gate = await mailbox(keysOf(), staticCredential('ada'));
    expect(gate).toMatch(/ outlook me-[\da-f]{8}-[\da-f-]{27}$/);
    expect(gate).not.toContain('ada');
  });

  it('nothing that stands for a credential, and is none, keeps the key from being told', async () => {
    const gates = await Promise.all([7, 'a-secret', {}, []].map((one) => mailbox(keysOf(), one)));
    expect(gates.join()).not.toContain('a-secret');
    expect(gates).toHaveLength(4);
  });
});

it('whatever a URL is, there are keys, and no query, fragment or user name is in them', async () => {
  const keys = keysOf();
  const segment = fc.constantFrom(
    'users',
    'me',
    'ada',
    'messages',
    'sites',
    'drive',
    '..',
    "users('7')",
    '%',
    '%2f',
    '\\',
    '//',
    'a b',
    '$batch',
    '😀',
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(
        '/',
        '',
        'https://graph.microsoft.com/v1.0/',
        'https://S3CRET:S3CRET@graph.microsoft.com/v1.0/',
        'https://elsewhere.test/',
        'http://',
      ),
      fc.array(segment, { maxLength: 6 }),
      async (start, segments) => {
        const { gate, circuit } = await keys(`${start}${segments.join('/')}?sig=S3CRET#S3CRET`);
        expect(`${gate}${circuit}`).not.toContain('S3CRET');
        expect(gate.startsWith(circuit)).toBe(true);
        expect(circuit).toMatch(/^graph /);
      },
    ),
  );
});
