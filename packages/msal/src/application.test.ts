import { systemClock } from '@holdfast/core';
import { manualClock } from '@holdfast/testing';
import nock from 'nock';
import { RememberedLookups } from './application.js';
import { clientCredential, type ClientCredentialOptions } from './index.js';
import { madeCertificate } from './made-certificates.js';
import { PipelineNetwork } from './network.js';

const SCOPE = 'api://orders/.default';
const HOST = 'https://login.contoso.example';
const DAY_MS = 24 * 60 * 60_000;

/** What was asked, in order: method and path. */
let asked: string[];
let sent: URLSearchParams[];

// A provider that MSAL does not know. The real ones are not to be had from here.
beforeEach(() => {
  asked = [];
  sent = [];
  nock.disableNetConnect();
  nock(HOST)
    .persist()
    .get(/./)
    .reply((uri) => {
      asked.push(`get ${uri}`);
      const names = ['authorization', 'token'].map((name) => [`${name}_endpoint`, `${HOST}/${name}`]);
      return [200, { issuer: HOST, jwks_uri: `${HOST}/keys`, ...(Object.fromEntries(names) as object) }];
    })
    .post(/./)
    .reply((uri, body) => {
      asked.push(`post ${uri.split('?')[0] ?? ''}`);
      sent.push(new URLSearchParams(body as Record<string, string>));
      return [200, { token_type: 'Bearer', expires_in: 3599, access_token: 'a-token' }];
    });
});

afterEach(() => {
  nock.cleanAll();
});

const credential = (options: Partial<ClientCredentialOptions>) =>
  clientCredential({ authority: HOST, protocolMode: 'OIDC', clientId: 'orders', ...options });

const LOOK_UP = 'get /.well-known/openid-configuration';
const TOKEN = 'post /token';

it('a rotation looks nothing up: the provider may be able to give out tokens, and no more', async () => {
  const clock = manualClock({ fakeGlobals: false, now: Date.now() });
  let secrets = 0;
  const one = credential({ clock, clientSecret: () => `secret ${(secrets += 1)}` });
  for (let acquisition = 0; acquisition < 3; acquisition += 1) await one.getToken(SCOPE);
  expect(asked).toEqual([LOOK_UP, TOKEN, TOKEN, TOKEN]);
  expect(sent.map((form) => form.get('client_secret'))).toEqual(['secret 1', 'secret 2', 'secret 3']);
  // What was looked up a day ago may have changed.
  await clock.advance(DAY_MS);
  await one.getToken(SCOPE);
  expect(asked.slice(4)).toEqual([LOOK_UP, TOKEN]);
});

it('an assertion of its own for each acquisition looks nothing up', async () => {
  let assertions = 0;
  const one = credential({ clientAssertion: () => `assertion ${(assertions += 1)}` });
  for (let acquisition = 0; acquisition < 3; acquisition += 1) await one.getToken(SCOPE);
  expect(asked).toEqual([LOOK_UP, TOKEN, TOKEN, TOKEN]);
});

it('two acquisitions at once do not take the assertion of each other', async () => {
  const waiting: ((assertion: string) => void)[] = [];
  const one = credential({
    clientAssertion: () => new Promise<string>((resolve) => void waiting.push(resolve)),
  });
  const both = Promise.all([one.getToken(SCOPE), one.getToken(SCOPE)]);
  while (waiting.length < 2) await new Promise(setImmediate);
  waiting[1]?.('second');
  waiting[0]?.('first');
  await both;
  expect(sent.map((form) => form.get('client_assertion')).sort()).toEqual(['first', 'second']);
});

it('the chain of a certificate goes along, so that a renewed one is known, unless sendChain is false', async () => {
  const issuer = madeCertificate({ subject: 'issuer' });
  const leaf = madeCertificate({ subject: 'leaf', issuer });
  const content = leaf.keyPem + leaf.certificatePem + issuer.certificatePem;
  const chain = [leaf, issuer].map(({ certificatePem }) => certificatePem.replace(/-----.*-----|\s/g, ''));
  for (const [sendChain, x5c] of [[true, chain] as const, [false, undefined] as const]) {
    await credential({ clientCertificate: { content, sendChain } }).getToken(SCOPE);
    const [header = ''] = (sent.at(-1)?.get('client_assertion') ?? '').split('.');
    const read = JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<string, unknown>;
    expect(read).toMatchObject({ alg: 'RS256' });
    expect(read['x5c']).toEqual(x5c);
  }
});

it('the look-ups of 3,000 tenants do not fill the memory: the last 1,000 are remembered', async () => {
  let lookups = 0;
  const provider = new PipelineNetwork({ clock: systemClock, timeoutMs: false, axios: undefined });
  jest.spyOn(provider, 'sendGetRequestAsync').mockImplementation(() => {
    lookups += 1;
    return Promise.resolve({ status: 200, headers: {}, body: {} as never });
  });
  const network = new RememberedLookups(provider, systemClock);
  const lookUp = (tenant: number) => network.sendGetRequestAsync(`${HOST}/${tenant}`);
  for (let tenant = 0; tenant < 3_000; tenant += 1) await lookUp(tenant);
  for (let tenant = 2_999; tenant >= 2_000; tenant -= 1) await lookUp(tenant);
  expect(lookups).toBe(3_000);
  await lookUp(1_999);
  expect(lookups).toBe(3_001);
});
