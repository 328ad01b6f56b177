// Users at an identity provider that is neither Microsoft's nor ours: oidc-provider, which is pure ESM, in a process of its own.
// Started by independent-users.test.ts, and ends with it. A message asks for the code of a user who has just signed in.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const { port, clientId, redirectUri, keys } = JSON.parse(process.argv[2] ?? '');

const server = createServer().listen(port, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${server.address().port}`;
const scope = 'openid profile offline_access';

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: clientId,
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [redirectUri],
      response_types: ['code'],
      id_token_signed_response_alg: 'ES256',
    },
  ],
  jwks: { keys },
  scopes: ['openid', 'profile', 'offline_access'],
  acrValues: ['mfa'],
  pkce: { required: () => false },
  rotateRefreshToken: true,
  findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  features: {
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'urn:orders',
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: 'orders.read', accessTokenFormat: 'opaque' }),
    },
  },
});
server.on('request', provider.callback());

let grantId;
const seen = [];
// What the user is about to be asked, and what the client has demanded of it.
provider.on('interaction.started', ({ oidc: { params } }, { name, reasons }) =>
  seen.push(`${name} (${reasons.join()}): acr_values=${params.acr_values} max_age=${params.max_age}`),
);
provider.on('grant.success', ({ oidc }) => seen.push(oidc.params.grant_type));
provider.on('grant.error', (_context, error) => seen.push(`${error.error}: ${error.error_detail}`));

process.on('message', async (message) => {
  if (message === 'seen') process.send({ seen });
  if (message === 'revoke') {
    await provider.RefreshToken.revokeByGrantId(grantId);
    process.send({});
  }
  if (message === 'code') {
    const grant = new provider.Grant({ accountId: 'ada', clientId });
    grant.addOIDCScope(scope);
    grant.addResourceScope('urn:orders', 'orders.read');
    grantId = await grant.save();
    const code = new provider.AuthorizationCode({
      accountId: 'ada',
      client: await provider.Client.find(clientId),
      grantId,
      redirectUri,
      scope: `${scope} orders.read`,
      resource: 'urn:orders',
      gty: 'authorization_code',
    });
    process.send({ code: await code.save() });
  }
});

// It must not outlive who started it, however that ended.
process.on('disconnect', () => process.exit());
process.send({ issuer });
