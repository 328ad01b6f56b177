// The hosts that the examples of the documentation call, played by nock: nothing leaves the machine.
import nock from 'nock';

// The test kit's own servers are real, on loopback.
nock.disableNetConnect();
nock.enableNetConnect('127.0.0.1');

// Backoff waits for nothing.
Math.random = () => 0;

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
  .reply(200, { token_type: 'Bearer', expires_in: 3599, access_token: 'a-token' });

nock('https://orders.example')
  .persist()
  .post('/orders')
  .reply(201, { id: 7 })
  .get(/^(?:\/v1)?\/orders\/7$/)
  .reply(200, function answer() {
    return { id: 7, for: this.req.headers.authorization };
  });

nock('https://status.example').persist().get('/health').reply(503);
