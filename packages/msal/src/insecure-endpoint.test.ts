import nock from 'nock';
import { clientCredential, type ClientCredentialOptions } from './index.js';

afterEach(() => {
  nock.cleanAll();
});

describe('a provider behind a proxy, whose metadata leads to http', () => {
  it.each<[string, Partial<ClientCredentialOptions>, string]>([
    ['a domain of one’s own', { authority: 'https://login.contoso.example/contoso' }, '/contoso/v2.0'],
    ['OIDC', { authority: 'https://login.contoso.example/', protocolMode: 'OIDC' }, ''],
  ])('is not shown the secret, which everybody on the way could read: %s', async (_, options, path) => {
    nock.disableNetConnect();
    const here = 'login.contoso.example';
    nock(`https://${here}`)
      .get(`${path}/.well-known/openid-configuration`)
      .reply(200, {
        issuer: `https://${here}`,
        authorization_endpoint: `https://${here}/authorize`,
        token_endpoint: `http://${here}/token`,
        jwks_uri: `https://${here}/keys`,
      });
    const shown: unknown[] = [];
    nock(`http://${here}`)
      .post('/token')
      .query(true)
      .reply((_uri, body) => {
        shown.push(body);
        return [200, { token_type: 'Bearer', expires_in: 3599, access_token: 'a-token' }];
      });
    const one = clientCredential({ clientId: 'orders', clientSecret: 'a-secret', ...options });
    await expect(one.getToken('s')).rejects.toMatchObject({
      code: 'ERR_TOKEN_ACQUISITION',
      message:
        'No token for s: the identity provider says in its metadata that it is to be asked neither by https nor on loopback',
      transient: false,
    });
    expect(shown).toEqual([]);
  });
});
