import { isHoldfastError } from '@holdfast/core';
import fc from 'fast-check';
import nock from 'nock';
import { Authority } from './authority.js';
import { clientCredential, type ClientCredentialOptions } from './index.js';

const SCOPE = 'api://orders/.default';
const TENANT = 'contoso.onmicrosoft.com';
const ANOTHER = '9c3a1f5e-7d21-4b0a-8e64-2f9b6c1d0a37';

/** What was asked, in order: method, host and path. */
let asked: string[];
/** The issuer in the metadata; by default the host's own. */
let issuer: string | undefined;
let unreachable: RegExp;

// Every host there is. The real ones are not to be had from here.
beforeEach(() => {
  asked = [];
  issuer = undefined;
  unreachable = /^$/;
  nock.disableNetConnect();
  nock(/^https:\/\/./)
    .persist()
    .get(/./)
    .reply(function answer(uri) {
      return answerTo(`get ${this.req.headers['host']}${uri}`);
    })
    .post(/./)
    .reply(function answer(uri) {
      return answerTo(`post ${this.req.headers['host']}${uri}`);
    });
});

afterEach(() => {
  nock.cleanAll();
});

/** A provider whose metadata leads to a token endpoint on the same host. */
function answerTo(request: string): [number, object | string] {
  const [asking = ''] = request.replace(':443/', '/').split('?');
  asked.push(asking);
  const [method, place = ''] = asking.split(' ');
  if (unreachable.test(place)) return [503, ''];
  const here = `https://${place.replace(/\/(?:v2\.0\/)?\.well-known\/openid-configuration$/, '')}`;
  const metadata = {
    issuer: issuer ?? here,
    authorization_endpoint: `${here}/authorize`,
    token_endpoint: `${here}/token`,
    jwks_uri: `${here}/keys`,
  };
  const token = { token_type: 'Bearer', expires_in: 3599, access_token: 'a-token' };
  return [200, method === 'get' ? metadata : token];
}

const credential = (options: Partial<ClientCredentialOptions>) =>
  clientCredential({ clientId: 'orders', clientSecret: 'a-secret', ...options });

const PUBLIC = `post login.microsoftonline.com/${TENANT}/oauth2/v2.0/token`;
const GOVERNMENT = `post login.microsoftonline.us/${TENANT}/oauth2/v2.0/token`;
const CHINA = `post login.partner.microsoftonline.cn/${TENANT}/oauth2/v2.0/token`;
const CIAM = 'contoso.ciamlogin.com';
const B2C = `contoso.b2clogin.com/${TENANT}/b2c_1_orders`;

describe('the secret, and every other request, goes to', () => {
  it.each<[where: string, options: Partial<ClientCredentialOptions>, expected: string[]]>([
    ['the public cloud', { tenantId: TENANT }, [PUBLIC]],
    ['the public cloud by its name', { tenantId: TENANT, cloud: 'public' }, [PUBLIC]],
    ['the public cloud by an older host', { authority: `https://login.windows.net/${TENANT}` }, [PUBLIC]],
    ['the cloud of the US government', { tenantId: TENANT, cloud: 'usGovernment' }, [GOVERNMENT]],
    [
      'the same by AZURE_AUTHORITY_HOST',
      { authority: `https://login.microsoftonline.us/${TENANT}/` },
      [GOVERNMENT],
    ],
    ['the cloud in China', { tenantId: TENANT, cloud: 'china' }, [CHINA]],
    [
      'the cloud in China by an older host',
      { authority: `https://login.chinacloudapi.cn/${TENANT}` },
      [CHINA],
    ],
    [
      'a sovereign cloud',
      { authority: `https://login.sovcloud-identity.fr/${TENANT}` },
      [`post login.sovcloud-identity.fr/${TENANT}/oauth2/v2.0/token`],
    ],
    [
      'External ID',
      { authority: `https://${CIAM}/${ANOTHER}` },
      [`get ${CIAM}/${ANOTHER}/v2.0/.well-known/openid-configuration`, `post ${CIAM}/${ANOTHER}/token`],
    ],
    [
      'External ID without a path',
      { tenantId: 'contoso', authority: `https://${CIAM}/` },
      [`get ${CIAM}/${TENANT}/v2.0/.well-known/openid-configuration`, `post ${CIAM}/${TENANT}/token`],
    ],
    [
      'a policy of Azure AD B2C',
      { tenantId: TENANT, authority: `https://contoso.b2clogin.com/${TENANT}/B2C_1_orders` },
      [`get ${B2C}/v2.0/.well-known/openid-configuration`, `post ${B2C}/token`],
    ],
    [
      'a domain of the customer’s own, port included',
      { authority: `https://login.contoso.example:8443/${TENANT}` },
      [
        `get login.contoso.example:8443/${TENANT}/v2.0/.well-known/openid-configuration`,
        `post login.contoso.example:8443/${TENANT}/token`,
      ],
    ],
    [
      'AD FS',
      { authority: 'https://fs.contoso.example/adfs' },
      ['get fs.contoso.example/adfs/.well-known/openid-configuration', 'post fs.contoso.example/adfs/token'],
    ],
    [
      'a provider that is not Microsoft’s',
      { authority: 'https://idp.example/', protocolMode: 'OIDC' },
      ['get idp.example/.well-known/openid-configuration', 'post idp.example/token'],
    ],
  ])('%s, and the public cloud learns of no other', async (_where, options, expected) => {
    const one = credential(options);
    await one.getToken(SCOPE);
    expect(asked).toEqual(expected);
    // What was looked up is remembered.
    await one.getToken(SCOPE);
    expect(asked).toEqual([...expected, expected.at(-1)]);
  });

  it('nobody but the token endpoint where metadata is given, whose path keeps its case', async () => {
    const metadata = {
      issuer: 'https://idp.example/realms/Orders',
      authorization_endpoint: 'https://idp.example/auth/authorize',
      token_endpoint: 'https://idp.example/auth/realms/Orders/token',
      jwks_uri: 'https://idp.example/auth/keys',
    };
    await credential({
      authority: 'https://idp.example/realms/Orders',
      protocolMode: 'OIDC',
      authorityMetadata: JSON.stringify(metadata),
    }).getToken(SCOPE);
    expect(asked).toEqual(['post idp.example/auth/realms/Orders/token']);
  });

  it('nobody, with a public cloud that is down, but the government’s own', async () => {
    unreachable = /^login\.microsoftonline\.com/;
    await expect(
      credential({ tenantId: TENANT, cloud: 'usGovernment' }).getToken(SCOPE),
    ).resolves.toMatchObject({ token: 'a-token' });
    expect(asked).toEqual([GOVERNMENT]);
  });
});

describe('an issuer on a host of its own', () => {
  const settings = { authority: `https://login.contoso.example/${TENANT}` };

  it('is believed where it is known, and gets no token where it is not', async () => {
    issuer = 'https://issuer.contoso.example/';
    const knowing = credential({ ...settings, knownAuthorities: ['issuer.contoso.example'] });
    await expect(knowing.getToken(SCOPE)).resolves.toMatchObject({ token: 'a-token' });
    await expect(credential(settings).getToken(SCOPE)).rejects.toMatchObject({
      code: 'ERR_TOKEN_ACQUISITION',
    });
    expect(asked.filter((request) => request.startsWith('post'))).toHaveLength(1);
  });

  it('is believed of External ID where the path has the tenant’s id, by which it issues', async () => {
    issuer = `https://${ANOTHER}.ciamlogin.com/${ANOTHER}/v2.0`;
    const byId = credential({ authority: `https://${CIAM}/${ANOTHER}` });
    await expect(byId.getToken(SCOPE)).resolves.toMatchObject({ token: 'a-token' });
    const byName = credential({ authority: `https://${CIAM}/${TENANT}` });
    await expect(byName.getToken(SCOPE)).rejects.toMatchObject({ code: 'ERR_TOKEN_ACQUISITION' });
  });
});

describe('a tenant that a request names', () => {
  const template = {
    issuer: 'https://login.private.example/{tenantid}/v2.0',
    authorization_endpoint: 'https://login.private.example/{tenantid}/authorize',
    token_endpoint: 'https://login.private.example/{tenantid}/token',
    jwks_uri: 'https://login.private.example/{tenantid}/keys',
  };
  const metadataOf = (tenant: string) => JSON.stringify(template).replaceAll('{tenantid}', tenant);
  const own = `https://login.private.example/${TENANT}`;

  it.each<[where: string, options: Partial<ClientCredentialOptions>, expected: string[]]>([
    [
      'in the same cloud',
      { tenantId: TENANT, cloud: 'usGovernment' },
      [`post login.microsoftonline.us/${ANOTHER}/oauth2/v2.0/token`],
    ],
    [
      'where the metadata is that of every tenant: nothing is looked up',
      { authority: own, authorityMetadata: JSON.stringify(template) },
      [`post login.private.example/${ANOTHER}/token`],
    ],
  ])('is asked %s', async (_where, options, expected) => {
    await credential(options).getToken(SCOPE, { tenantId: ANOTHER.toUpperCase() });
    expect(asked).toEqual(expected);
  });

  it.each<[where: string, options: Partial<ClientCredentialOptions>]>([
    ['where the metadata is that of one tenant', { authority: own, authorityMetadata: metadataOf(TENANT) }],
    ['of another policy', { authority: `https://contoso.b2clogin.com/${TENANT}/B2C_1_orders` }],
    ['of External ID', { authority: `https://${CIAM}/${TENANT}` }],
    ['of AD FS', { authority: 'https://fs.contoso.example/adfs' }],
    ['of a provider without tenants', { authority: 'https://idp.example/t', protocolMode: 'OIDC' }],
  ])('is refused %s, and nobody is asked', async (_where, options) => {
    await expect(credential(options).getToken(SCOPE, { tenantId: ANOTHER })).rejects.toMatchObject({
      code: 'ERR_TOKEN_ACQUISITION',
      message: `No token for ${SCOPE}: the authority is that of another tenant only`,
      transient: false,
    });
    expect(asked).toEqual([]);
  });

  it('is its own under any spelling: the policy in the path stays', async () => {
    const one = credential({ authority: `https://contoso.b2clogin.com/${TENANT}/B2C_1_orders` });
    await one.getToken(SCOPE, { tenantId: TENANT.toUpperCase() });
    expect(asked.at(-1)).toBe(`post ${B2C}/token`);
  });

  it.each([
    '',
    '..',
    '../x',
    'a/b',
    'a\\b',
    'a?b',
    'a#b',
    '%2e%2e',
    'common',
    'Organizations',
    `${'a.'.repeat(126)}ab`,
  ])('and is none, %j, sends the secret nowhere, and is not asked for again and again', async (tenantId) => {
    await expect(credential({ tenantId: TENANT }).getToken(SCOPE, { tenantId })).rejects.toMatchObject({
      code: 'ERR_TOKEN_ACQUISITION',
      message: `No token for ${SCOPE}: what was asked for is no tenant`,
      transient: false,
    });
    expect(asked).toEqual([]);
  });

  it('changes one segment of the path, and nothing else, whatever it is', () => {
    const authority = new Authority('clientCredential', {
      tenantId: TENANT,
      cloud: undefined,
      authority: undefined,
      knownAuthorities: [],
      authorityMetadata: undefined,
      protocolMode: 'AAD',
      azureRegion: undefined,
    });
    const likeOne = fc.stringMatching(/^[aZ0./\\?#@:%[\]{} \té-]{0,12}$/u);
    const tenants = fc.oneof(likeOne, fc.string(), fc.domain(), fc.uuid());
    const leadsTo = (tenantId: string) => {
      try {
        return authority.of(tenantId, [SCOPE]).authority;
      } catch (error) {
        return isHoldfastError(error, 'ERR_TOKEN_ACQUISITION') ? 'nowhere' : error;
      }
    };
    const there = (tenantId: string) => `https://login.microsoftonline.com/${tenantId.toLowerCase()}`;
    const isHarmless = (tenantId: string) => ['nowhere', there(tenantId)].includes(String(leadsTo(tenantId)));
    fc.assert(fc.property(tenants, isHarmless), { numRuns: 2_000 });
    expect(fc.sample(fc.uuid(), 10).map(leadsTo)).not.toContain('nowhere');
  });

  it('is remembered with the last hundred only: ids from requests cannot fill the memory', async () => {
    const one = credential({ authority: `https://login.contoso.example/${TENANT}` });
    const lookUps = () => asked.splice(0).filter((request) => request.startsWith('get')).length;
    const ask = (number: number) => one.getToken(SCOPE, { tenantId: `tenant-${number}` });
    for (let number = 0; number < 100; number += 1) await ask(number);
    expect(lookUps()).toBe(100);
    await ask(0);
    await ask(100);
    // Tenant 0 was asked for after tenant 1, which alone had to make room.
    await ask(0);
    expect(lookUps()).toBe(1);
    await ask(2);
    expect(lookUps()).toBe(0);
    await ask(1);
    expect(lookUps()).toBe(1);
  });
});
