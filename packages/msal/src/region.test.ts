import { manualClock } from '@holdfast/testing';
import nock, { type ReplyBody } from 'nock';
import { clientCredential, type ClientCredentialOptions } from './index.js';

const SCOPE = 'api://orders/.default';
const IMDS = '169.254.169.254';
const GLOBAL = 'login.microsoftonline.com';
const VARIABLES = ['REGION_NAME', 'MSAL_FORCE_REGION'] as const;

/** The hosts that were asked, in order. */
let asked: string[];

const environment = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));

beforeEach(() => {
  asked = [];
  for (const name of VARIABLES) Reflect.deleteProperty(process.env, name);
  nock.disableNetConnect();
  nock(/^https:\/\/./)
    .persist()
    .get(/./)
    .reply(function answer(uri) {
      return [200, metadataAt(this.req.headers['host'] ?? '', uri)];
    })
    .post(/./)
    .reply(function answer() {
      asked.push(this.req.headers['host'] ?? '');
      return [200, { token_type: 'Bearer', expires_in: 3599, access_token: 'a-token' }];
    });
});

afterEach(() => {
  nock.cleanAll();
  for (const name of VARIABLES)
    if (environment[name] === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = environment[name];
});

function metadataAt(host: string, uri: string): object {
  const here = `https://${host}${uri.replace('/v2.0/.well-known/openid-configuration', '')}`;
  asked.push(host);
  return {
    issuer: here,
    authorization_endpoint: `${here}/authorize`,
    token_endpoint: `${here}/token`,
    jwks_uri: `${here}/keys`,
  };
}

/** What the metadata service of the machine answers to those who ask as they should. */
function imds(answer: ReplyBody | (() => Promise<ReplyBody>)): void {
  nock(`http://${IMDS}`)
    .persist()
    .get('/metadata/instance/compute?api-version=2021-02-01')
    .matchHeader('Metadata', 'true')
    .reply(200, () => {
      asked.push(IMDS);
      return typeof answer === 'function' ? answer() : answer;
    });
}

/** As outside Azure: nobody answers, and nobody refuses. */
const hanging = () => new Promise<ReplyBody>(() => undefined);

/** Resolves as soon as somebody has been asked. */
async function anybodyAsked(): Promise<void> {
  while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
}

const credential = (options: Partial<ClientCredentialOptions> = {}) =>
  clientCredential({
    clientId: 'orders',
    clientSecret: 'a-secret',
    ...(options.authority === undefined && { tenantId: 'contoso.example' }),
    ...options,
  });

describe('a region that is named', () => {
  it.each([
    ['public', 'westeurope', 'westeurope.login.microsoft.com'],
    ['usGovernment', 'usgovvirginia', 'usgovvirginia.login.microsoftonline.us'],
    ['china', 'chinaeast2', 'chinaeast2.login.partner.microsoftonline.cn'],
  ] as const)(
    'gives out the tokens of the %s cloud, and nobody looks for it',
    async (cloud, region, host) => {
      const one = credential({ cloud, azureRegion: region });
      await one.getToken(SCOPE);
      await one.getToken(SCOPE, { tenantId: 'fabrikam.example' });
      expect(asked).toEqual([host, host]);
    },
  );

  it('by MSAL_FORCE_REGION is that of every credential which does not say otherwise', async () => {
    process.env['MSAL_FORCE_REGION'] = 'westeurope';
    for (const azureRegion of [undefined, 'northeurope', false] as const)
      await credential(azureRegion === undefined ? {} : { azureRegion }).getToken(SCOPE);
    expect(asked).toEqual(['westeurope.login.microsoft.com', 'northeurope.login.microsoft.com', GLOBAL]);
  });

  it.each<Partial<ClientCredentialOptions>>([
    { authority: 'https://login.contoso.example/contoso.example' },
    { authority: 'https://contoso.ciamlogin.com/contoso.onmicrosoft.com' },
  ])('by MSAL_FORCE_REGION leads nobody to a host that is not there, with %j', async (options) => {
    process.env['MSAL_FORCE_REGION'] = 'westeurope';
    await credential(options).getToken(SCOPE);
    const { hostname } = new URL(options.authority ?? '');
    expect(asked).toEqual([hostname, hostname]);
  });

  it('by MSAL_FORCE_REGION, and is none, is told at the start', () => {
    process.env['MSAL_FORCE_REGION'] = 'evil.example/';
    expect(() => credential()).toThrow('the environment variable MSAL_FORCE_REGION, and is none');
    expect(() => credential({ azureRegion: false })).not.toThrow();
  });
});

describe('a region that is detected', () => {
  it('is what an App Service calls it, and nobody is asked', async () => {
    process.env['REGION_NAME'] = 'West Europe';
    await credential({ azureRegion: 'auto' }).getToken(SCOPE);
    expect(asked).toEqual(['westeurope.login.microsoft.com']);
  });

  it('is asked for once, however many tokens there are', async () => {
    imds({ location: 'westeurope' });
    const one = credential({ azureRegion: 'auto' });
    await Promise.all(Array.from({ length: 20 }, () => one.getToken(SCOPE)));
    await one.getToken(SCOPE, { tenantId: 'fabrikam.example' });
    expect(asked).toEqual([IMDS, ...new Array<string>(21).fill('westeurope.login.microsoft.com')]);
  });

  it('by TryAutoDetect in MSAL_FORCE_REGION as well', async () => {
    process.env['MSAL_FORCE_REGION'] = 'TryAutoDetect';
    imds({ location: 'westeurope' });
    await credential().getToken(SCOPE);
    expect(asked).toEqual([IMDS, 'westeurope.login.microsoft.com']);
  });

  it('holds nobody up for more than a second, once, where the metadata service hangs', async () => {
    imds(hanging);
    const clock = manualClock({ fakeGlobals: false, now: Date.now() });
    const one = credential({ azureRegion: 'auto', clock });
    const first = one.getToken(SCOPE);
    await anybodyAsked();
    await clock.advance(999);
    expect(asked).toEqual([IMDS]);
    await clock.advance(1);
    await expect(first).resolves.toMatchObject({ token: 'a-token' });
    await one.getToken(SCOPE);
    expect(asked).toEqual([IMDS, GLOBAL, GLOBAL]);
  });

  it('is asked for again after an hour: a machine that starts may not know yet', async () => {
    const clock = manualClock({ fakeGlobals: false, now: Date.now() });
    const one = credential({ azureRegion: 'auto', clock });
    let answer: ReplyBody = {};
    imds(() => Promise.resolve(answer));
    await one.getToken(SCOPE);
    await clock.advance(3_599_999);
    answer = { location: 'westeurope' };
    await one.getToken(SCOPE);
    await clock.advance(1);
    await one.getToken(SCOPE);
    await one.getToken(SCOPE);
    const regional = 'westeurope.login.microsoft.com';
    expect(asked).toEqual([IMDS, GLOBAL, GLOBAL, IMDS, regional, regional]);
  });

  it.each<[what: string, body: ReplyBody]>([
    ['no location', {}],
    ['a location that is another host', { location: 'evil.example/' }],
    ['a location that is no text', { location: 7 }],
    ['a page of somebody else’s', '<html></html>'],
    ['nothing', 'null'],
  ])('and %s, leaves the global endpoint', async (_what, body) => {
    imds(body);
    await credential({ azureRegion: 'auto' }).getToken(SCOPE);
    expect(asked).toEqual([IMDS, GLOBAL]);
  });

  it('takes no longer than a caller who gives up', async () => {
    imds(hanging);
    const controller = new AbortController();
    const clock = manualClock({ fakeGlobals: false, now: Date.now() });
    const token = credential({ azureRegion: 'auto', clock }).getToken(SCOPE, {
      abortSignal: controller.signal,
    });
    await anybodyAsked();
    controller.abort();
    await expect(token).rejects.toMatchObject({ code: 'ERR_CANCELED' });
  });
});
