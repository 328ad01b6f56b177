// The hosts that the examples of the documentation call, played by nock: nothing leaves the machine.
import nock from 'nock';

// The test kit's own servers are real, on loopback.
nock.disableNetConnect();
// (A browser that comes back from signing in knows it as localhost.)
nock.enableNetConnect(/^(?:127\.0\.0\.1|localhost)(?::|$)/);

// Backoff waits for nothing. What NestJS draws are ids of its modules, which have to differ.
const { random } = Math;
Math.random = () => (/[\\/]uid[\\/]/.test(new Error().stack) ? random() : 0);

// Tokens of other tenants say which host gave them out, and for whom.
const tokenOf = (place) => ({ token_type: 'Bearer', expires_in: 3599, access_token: `token of ${place}` });
function tokenOfTenant(uri) {
  return tokenOf(`${this.req.headers.host}/${uri.split('/')[1]}`);
}

const login = 'https://login.microsoftonline.com';
const tenant = '/contoso.onmicrosoft.com';
nock(login)
  .persist()
  .get(`${tenant}/v2.0/.well-known/openid-configuration`)
  .reply(200, {
    issuer: `${login}/{tenantid}/v2.0`,
    authorization_endpoint: `${login}${tenant}/oauth2/v2.0/authorize`,
    token_endpoint: `${login}${tenant}/oauth2/v2.0/token`,
    jwks_uri: `${login}${tenant}/discovery/v2.0/keys`,
  })
  .post(`${tenant}/oauth2/v2.0/token`)
  .query(true)
  .reply(200, { token_type: 'Bearer', expires_in: 3599, access_token: 'a-token' })
  .post(/^\/[^/]+\.example\/oauth2\/v2\.0\/token/)
  .reply(200, tokenOfTenant);

nock('https://orders.example')
  .persist()
  .post('/orders')
  .reply(201, { id: 7 })
  .get(/^(?:\/v1)?\/orders\/7$/)
  .reply(200, function answer() {
    return { id: 7, for: this.req.headers.authorization };
  });

nock('https://status.example').persist().get('/health').reply(503);

// Other clouds and regions.
nock(/^https:\/\/(?:\w+\.)?login\.(?:microsoft\.com|microsoftonline\.us|partner\.microsoftonline\.cn)/)
  .persist()
  .post(/^\/[^/]+\/oauth2\/v2\.0\/token/)
  .reply(200, tokenOfTenant);

// External ID and Azure AD B2C, whose endpoints are looked up.
nock(/^https:\/\/\w+\.(?:ciamlogin|b2clogin)\.com/)
  .persist()
  .get(/\/\.well-known\/openid-configuration/)
  .reply(200, function answer(uri) {
    const here = `https://${this.req.headers.host}${uri.replace(/\/v2\.0\/.*$/, '')}`;
    return {
      issuer: `${here}/v2.0`,
      authorization_endpoint: `${here}/oauth2/v2.0/authorize`,
      token_endpoint: `${here}/oauth2/v2.0/token`,
      jwks_uri: `${here}/discovery/v2.0/keys`,
    };
  })
  .post(/\/oauth2\/v2\.0\/token/)
  .reply(200, function answer(uri) {
    return tokenOf(`${this.req.headers.host}${uri.replace(/\/oauth2.*$/, '')}`);
  });

// Hosts of others: they say what they were shown.
nock('https://files.example')
  .persist()
  .get('/report')
  .reply(200, function answer() {
    return { for: this.req.headers.authorization ?? 'nobody', key: this.req.headers['x-api-key'] ?? 'none' };
  });
nock('https://orders.example')
  .persist()
  .get('/export')
  .reply(302, '', { location: 'https://files.example/report' });

// Microsoft Graph: a directory in two pages, and uploads, which go elsewhere.
nock('https://graph.microsoft.com')
  .persist()
  .get('/v1.0/users?$select=id')
  .reply(200, {
    value: [{ id: 'ada' }, { id: 'grace' }],
    '@odata.nextLink': 'https://graph.microsoft.com/v1.0/users?$select=id&$skiptoken=2',
  })
  .get('/v1.0/users?$select=id&$skiptoken=2')
  .reply(200, { value: [{ id: 'alan' }] })
  .post('/v1.0/users/ada/drive/root:/report:/createUploadSession')
  .reply(200, { uploadUrl: 'https://contoso.sharepoint.example/uploads/7?tempauth=a-secret' });
nock('https://contoso.sharepoint.example')
  .persist()
  .put('/uploads/7?tempauth=a-secret')
  .reply(201, function answer() {
    return { for: this.req.headers.authorization ?? 'nobody' };
  });

// Azure's metadata service: this machine is one of Azure's, and has an identity. MSAL looks for it once in a process.
nock('http://169.254.169.254')
  .persist()
  .get('/metadata/identity/oauth2/token')
  .query(true)
  .reply(function answer(uri) {
    if (this.req.headers.metadata === undefined) return [400, { error: 'invalid_request' }];
    const { searchParams } = new URL(uri, 'http://169.254.169.254');
    const place = `${searchParams.get('client_id') ?? 'this machine'} for ${searchParams.get('resource')}`;
    return [200, { ...tokenOf(place), expires_in: '86399', resource: searchParams.get('resource') }];
  });

// Nobody is signed in by a tool: there is none.
process.env.PATH = '';
