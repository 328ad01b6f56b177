import { clientCredential, workloadIdentity, type ClientCredentialOptions } from './index.js';

const TENANT = 'contoso.onmicrosoft.com';
const METADATA = {
  issuer: 'https://login.example/contoso',
  authorization_endpoint: 'https://login.example/contoso/authorize',
  token_endpoint: 'https://login.example/contoso/token',
  jwks_uri: 'https://login.example/contoso/keys',
};

type Options = Partial<Record<keyof ClientCredentialOptions, unknown>>;

function making(options: Options) {
  const application = { clientId: 'orders', clientSecret: 'a-secret', ...options };
  return () => clientCredential(application as ClientCredentialOptions);
}

describe('an application that is deployed with a wrong authority says at its start', () => {
  it.each<[said: string, options: Options]>([
    [
      '"tenantId" must be the id of a directory or a domain of it (not common, organizations or consumers), and is undefined',
      {},
    ],
    ['"tenantId" must be the id of a directory', { tenantId: '' }],
    ['"tenantId" must be the id of a directory', { tenantId: '../common' }],
    ['"tenantId" must be the id of a directory', { tenantId: 'a/b' }],
    ['"tenantId" must be the id of a directory', { tenantId: '..' }],
    ['"tenantId" must be the id of a directory', { tenantId: 'a..b' }],
    ['"tenantId" must be the id of a directory', { tenantId: 'contoso?' }],
    ['(not common, organizations or consumers), and is a string', { tenantId: 'common' }],
    ['(not common, organizations or consumers), and is a string', { tenantId: 'Organizations' }],
    [
      '"cloud" must be public, usGovernment or china, and is "germany"',
      { tenantId: TENANT, cloud: 'germany' },
    ],
    ['"cloud" must be public, usGovernment or china', { tenantId: TENANT, cloud: 'toString' }],
    [
      '"cloud" must be left out where authority names the host, and is given',
      { cloud: 'china', authority: `https://login.microsoftonline.us/${TENANT}` },
    ],
    [
      '"authority" must be an https URL with the tenant in its path, and is none',
      { authority: 'login.microsoftonline.com' },
    ],
    [
      'and "http://login.microsoftonline.com/contoso.onmicrosoft.com" is not https',
      { authority: `http://login.microsoftonline.com/${TENANT}` },
    ],
    [
      'and a string has a user name or a password',
      { authority: `https://me:pass@login.microsoftonline.com/${TENANT}` },
    ],
    ['" has a query', { authority: `https://login.microsoftonline.com/${TENANT}?p=policy` }],
    ['" has a fragment', { authority: `https://login.microsoftonline.com/${TENANT}#top` }],
    ['" has no tenant', { authority: 'https://login.microsoftonline.com/' }],
    ['" has no tenant', { authority: 'https://login.example' }],
    [
      '" has more than a tenant in its path',
      { authority: `https://login.microsoftonline.com/${TENANT}/v2.0` },
    ],
    ['" names no tenant', { authority: 'https://login.microsoftonline.com/common' }],
    ['" names no tenant', { authority: 'https://login.example/consumers/' }],
    ['" has no policy', { authority: `https://contoso.b2clogin.com/${TENANT}` }],
    [
      '"tenantId" must be the tenant in the path of authority, or left out, and is another one',
      { tenantId: 'fabrikam.example', authority: `https://login.microsoftonline.com/${TENANT}` },
    ],
    [
      '"tenantId" must be left out where protocolMode is OIDC, and is given',
      { tenantId: TENANT, protocolMode: 'OIDC', authority: 'https://idp.example' },
    ],
    ['"protocolMode" must be AAD or OIDC, and is "oidc"', { tenantId: TENANT, protocolMode: 'oidc' }],
    ['"protocolMode" must be AAD without the option "authority"', { tenantId: TENANT, protocolMode: 'OIDC' }],
    [
      'is one of Microsoft Entra ID, whose protocolMode is AAD',
      { protocolMode: 'OIDC', authority: `https://login.microsoftonline.com/${TENANT}` },
    ],
    [
      '"authority" must be an https URL, and "https://idp.example/realms/Orders" has upper case in its path, which needs authorityMetadata',
      { protocolMode: 'OIDC', authority: 'https://idp.example/realms/Orders' },
    ],
  ])('%s', (said, options) => {
    expect(making(options)).toThrow(TypeError);
    expect(making(options)).toThrow(said);
    expect(making(options)).toThrow(/^clientCredential\(\): the option "/);
  });

  it.each(['https://login.example', 'login.example/contoso', 'me@login.example', '', 7])(
    'that %j is no host that can be known',
    (host) => {
      expect(making({ tenantId: TENANT, knownAuthorities: [host] })).toThrow(
        '"knownAuthorities" must be host names, without a scheme or a path, and is [',
      );
    },
  );

  it.each([
    ['is not that of a JSON object', '{'],
    ['is not that of a JSON object', '[]'],
    ['has no issuer', JSON.stringify({})],
    ['has no token_endpoint', JSON.stringify({ ...METADATA, token_endpoint: 7 })],
    ['has no jwks_uri', JSON.stringify({ ...METADATA, jwks_uri: '' })],
    [
      'neither https nor loopback',
      JSON.stringify({ ...METADATA, token_endpoint: 'http://login.example/token' }),
    ],
    ['neither https nor loopback', JSON.stringify({ ...METADATA, token_endpoint: 'login.example' })],
  ])('that its metadata %s', (said, authorityMetadata) => {
    expect(making({ tenantId: TENANT, authorityMetadata })).toThrow(said);
  });

  it.each(['West Europe', 'westeurope.example', 'https://x', '', 'TryAutoDetect', true])(
    'that %j is no region: it would become a part of the host that gets the secret',
    (azureRegion) => {
      expect(making({ tenantId: TENANT, azureRegion })).toThrow('"azureRegion" must be the name of a region');
    },
  );

  it.each<Options>([
    { authority: 'https://contoso.ciamlogin.com/' },
    { authority: `https://contoso.b2clogin.com/${TENANT}/B2C_1_orders` },
    { authority: 'https://idp.example', protocolMode: 'OIDC' },
    { tenantId: TENANT, authorityMetadata: JSON.stringify(METADATA) },
  ])('that there are no regions at %j', (options) => {
    expect(making({ ...options, azureRegion: 'westeurope' })).toThrow('"azureRegion" must be left out where');
    expect(making({ ...options, azureRegion: false })).not.toThrow();
  });

  it('nothing of what it was given: a secret may stand in the wrong place', () => {
    const secret = 'wX8Q~a/secret';
    const options = { tenantId: secret, authority: secret, cloud: secret, azureRegion: secret };
    for (const [name, value] of Object.entries({ ...options, authorityMetadata: secret }))
      expect(making({ tenantId: TENANT, [name]: value })).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining(secret) as unknown }),
      );
  });

  it.each([
    ['"tenantId" must be the id of a directory', { AZURE_TENANT_ID: 'common' }],
    ['"tenantId" must be the id of a directory', { AZURE_TENANT_ID: '../x' }],
    ['"tenantId" must be the tenant in the path', { AZURE_AUTHORITY_HOST: 'https://login.example/x' }],
    ['"authority" must be an https URL', { AZURE_AUTHORITY_HOST: 'http://login.microsoftonline.us/' }],
    ['"authority" must be an https URL', { AZURE_AUTHORITY_HOST: 'login.microsoftonline.us' }],
  ])('%s, where the environment has it: %j', (said, variables) => {
    const env = {
      AZURE_TENANT_ID: TENANT,
      AZURE_CLIENT_ID: 'orders',
      AZURE_FEDERATED_TOKEN_FILE: '/token',
      ...variables,
    };
    expect(() => workloadIdentity({ env })).toThrow(said);
    expect(() => workloadIdentity({ env })).toThrow(/^workloadIdentity\(\): the option "/);
  });
});
