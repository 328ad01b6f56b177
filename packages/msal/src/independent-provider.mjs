// An identity provider that is neither Microsoft's nor ours: oidc-provider, which is pure ESM, in a process of its own so
// that it can be killed as one. Started by independent-provider.test.ts, and ends with it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const { port, lifetimesS, clients, keys } = JSON.parse(process.argv[2] ?? '');

const server = createServer().listen(port, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${server.address().port}`;

// MSAL names no resource (RFC 8707): the scope tells which one is meant.
const resourceOf = (scope) => (scope === 'legacy.read' ? 'urn:legacy' : 'urn:orders');

const provider = new Provider(issuer, {
  clients,
  jwks: { keys },
  ttl: { ClientCredentials: (_context, _token, client) => lifetimesS[client.clientId] },
  responseTypes: [],
  features: {
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: ({ oidc }) => resourceOf(oidc.params.scope),
      getResourceServerInfo: (_context, resource) => ({
        scope: 'orders.read legacy.read',
        accessTokenFormat: resource === 'urn:orders' ? 'jwt' : 'opaque',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
});
server.on('request', provider.callback());

// It must not outlive who started it, however that ended.
process.on('disconnect', () => process.exit());
process.send(issuer);
