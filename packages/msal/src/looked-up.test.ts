import nock from 'nock';
import { clientCredential } from './index.js';

const SCOPE = 'api://orders/.default';

describe('a provider that is asked by name', () => {
  it('that has no metadata is not remembered: a day later there would still be no token', async () => {
    nock.disableNetConnect();
    const here = 'https://login.contoso.example/contoso';
    const endpoints = { authorization_endpoint: `${here}/a`, token_endpoint: `${here}/t` };
    nock('https://login.contoso.example')
      .get(/openid-configuration/)
      .reply(404, { message: 'not here yet' })
      .get(/openid-configuration/)
      .reply(200, { issuer: here, jwks_uri: `${here}/k`, ...endpoints })
      .post(/./)
      .reply(200, { token_type: 'Bearer', expires_in: 3599, access_token: 'a-token' });
    const one = clientCredential({ authority: here, clientId: 'orders', clientSecret: 'a-secret' });
    await expect(one.getToken(SCOPE)).rejects.toThrow();
    await expect(one.getToken(SCOPE)).resolves.toMatchObject({ token: 'a-token' });
    nock.cleanAll();
  });
});

describe('the region that is looked for', () => {
  const VARIABLES = ['REGION_NAME', 'MSAL_FORCE_REGION'];
  const before = VARIABLES.map((name) => [name, process.env[name]] as const);

  beforeEach(() => {
    for (const name of VARIABLES) Reflect.deleteProperty(process.env, name);
    nock.disableNetConnect();
    nock(/^https:/)
      .persist()
      .post(/./)
      .reply(200, { token_type: 'Bearer', expires_in: 3599, access_token: 'a-token' });
  });

  afterEach(() => {
    nock.cleanAll();
    for (const [name, value] of before)
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
  });

  const detect = () =>
    clientCredential({
      tenantId: 'contoso.example',
      clientId: 'orders',
      clientSecret: 'a-secret',
      azureRegion: 'auto',
    }).getToken(SCOPE);

  it('is not what a page says to which a network outside of Azure sends everybody', async () => {
    let isFollowed = false;
    nock('http://169.254.169.254').get(/./).reply(302, '', { location: 'http://portal.example/login' });
    nock('http://portal.example')
      .get('/login')
      .reply(() => {
        isFollowed = true;
        return [200, { location: 'portal' }];
      });
    await detect();
    expect(isFollowed).toBe(false);
  });
});
