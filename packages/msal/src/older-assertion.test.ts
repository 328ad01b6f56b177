import { createHash } from 'node:crypto';
import nock from 'nock';
import { clientCredential, type ClientCredentialOptions } from './index.js';
import { madeCertificate } from './made-certificates.js';

const made = madeCertificate();
const der = Buffer.from(made.certificatePem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
const thumbprint = (hash: string) => createHash(hash).update(der).digest('base64url');

afterEach(() => {
  nock.cleanAll();
});

/** The header of the assertion that a provider is sent. */
async function headerSent(options: Partial<ClientCredentialOptions>): Promise<unknown> {
  let header: unknown;
  nock.disableNetConnect();
  nock(/^https:/)
    .persist()
    .get(/./)
    .reply(function metadata(uri) {
      const here = `https://${this.req.headers['host']}${uri.replace(/\/(?:v2\.0\/)?\.well-known.*$/, '')}`;
      const endpoints = { authorization_endpoint: `${here}/a`, token_endpoint: `${here}/t` };
      return [200, { issuer: here, jwks_uri: `${here}/k`, ...endpoints }];
    })
    .post(/./)
    .reply((_uri, body) => {
      const [text = ''] = (new URLSearchParams(body as string).get('client_assertion') ?? '').split('.');
      header = JSON.parse(Buffer.from(text, 'base64url').toString());
      return [200, { token_type: 'Bearer', expires_in: 3599, access_token: 'a-token' }];
    });
  const clientCertificate = { content: made.keyPem + made.certificatePem, sendChain: false };
  await clientCredential({ clientId: 'orders', clientCertificate, ...options }).getToken('s');
  return header;
}

describe('a certificate is known by its provider', () => {
  it.each<[string, Partial<ClientCredentialOptions>]>([
    ['AD FS', { authority: 'https://fs.contoso.example/adfs' }],
    ['AD FS, written with a slash', { authority: 'https://fs.contoso.example/ADFS/' }],
    ['one that is not Microsoft’s', { authority: 'https://idp.example/', protocolMode: 'OIDC' }],
  ])('by RS256 and its SHA-1 thumbprint where that is %s', async (_, options) => {
    expect(await headerSent(options)).toEqual({ alg: 'RS256', typ: 'JWT', x5t: thumbprint('sha1') });
  });

  it.each<[string, Partial<ClientCredentialOptions>]>([
    ['a cloud', { tenantId: 'contoso.example' }],
    ['External ID', { authority: 'https://contoso.ciamlogin.com/contoso.example' }],
    ['Azure AD B2C', { authority: 'https://contoso.b2clogin.com/contoso.example/b2c_1_orders' }],
  ])('by PS256 and its SHA-256 thumbprint where that is %s', async (_, options) => {
    const expected = { alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint('sha256') };
    expect(await headerSent(options)).toEqual(expected);
  });
});
