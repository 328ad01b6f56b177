import fc from 'fast-check';
import { readScopes } from './delegated-scopes.js';

const name = fc.stringMatching(/^[a-z][a-z.]{0,8}[a-z]$/);
const resource = fc.oneof(
  name.map((host) => `api://${host}`),
  name.map((host) => `https://${host}.example`),
  fc.uuid(),
);
const protocol = fc.subarray(['openid', 'profile', 'email', 'offline_access']);

describe('the scopes of a user’s token', () => {
  it.each([
    ['api://orders/.default', 'api://orders', 'user_impersonation'],
    ['api://orders/orders.read api://orders/orders.write', 'api://orders', 'orders.read orders.write'],
    ['User.Read openid', 'https://graph.microsoft.com', 'User.Read'],
    [
      'https://graph.microsoft.com/User.Read User.ReadBasic.All',
      'https://graph.microsoft.com',
      'User.Read User.ReadBasic.All',
    ],
    ['https://vault.example//.default', 'https://vault.example/', 'user_impersonation'],
    ['openid profile', 'https://graph.microsoft.com', 'openid profile'],
  ])('"%s" is for %s, and lets the client %s', (text, audience, permissions) => {
    expect(readScopes(text)).toMatchObject({ audience, permissions });
  });

  it.each([
    ['', 'invalid_request'],
    [' ', 'invalid_request'],
    ['api://orders/', 'invalid_scope'],
    ['api://orders/.default api://orders/orders.read', 'invalid_scope'],
    ['api://orders/.default api://stock/.default', 'invalid_scope'],
    ['api://orders/orders.read User.Read', 'invalid_scope'],
  ])('"%s" is refused: %s', (text, error) => {
    expect(readScopes(text)).toMatchObject({ status: 400, error });
  });

  it('are those that were asked for, whichever the order, and the protocol’s own are not among them', () => {
    fc.assert(
      fc.property(
        resource,
        fc.uniqueArray(name, { minLength: 1, maxLength: 4 }),
        protocol,
        (audience, names, own) => {
          const scopes = names.map((one) => `${audience}/${one}`);
          expect(readScopes([...own, ...scopes].join('  '))).toEqual({
            audience,
            permissions: names.join(' '),
            granted: scopes.join(' '),
            openid: own.includes('openid'),
            offline: own.includes('offline_access'),
          });
        },
      ),
    );
  });

  it('are never those of two resources', () => {
    fc.assert(
      fc.property(resource, resource, name, name, (one, other, first, second) => {
        fc.pre(one !== other);
        expect(readScopes(`${one}/${first} ${other}/${second}`)).toMatchObject({ error: 'invalid_scope' });
      }),
    );
  });
});
