import { inspect } from 'node:util';
import { startIdentityProvider, type IdentityProvider } from '@holdfast/testing';
import { cachedCredential } from '@holdfast/token';
import { clientCredential, type ClientCredentialOptions } from './index.js';

const SCOPE = 'api://orders/.default';

let idp: IdentityProvider;

beforeEach(async () => {
  idp = await startIdentityProvider();
});

afterEach(async () => {
  await idp.close();
});

const credential = (options: Partial<ClientCredentialOptions> = {}) =>
  clientCredential({ ...idp.app, ...options });

function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('A token was not expected');
    },
    (error: unknown) => error,
  );
}

/** Every way in which a value ends up in a log. */
function shown(value: unknown): string {
  return [
    inspect(value, { depth: Infinity, showHidden: true, getters: true }),
    inspect({ ...(value as object) }, { depth: Infinity, getters: true }),
    String(value),
    value instanceof Error ? `${value.stack} ${JSON.stringify(value)}` : '',
  ].join('\n');
}

describe('a secret shows nowhere', () => {
  it.each([
    { status: 503, body: 'html' },
    { status: 400 },
    { hang: true },
    { reset: true },
    { error: 'invalid_client' },
    { error: 'interaction_required', claims: '{}' },
  ] as const)('in the error of %j', async (fault) => {
    idp.fail(fault);
    const one = credential({ timeoutMs: 30 });
    const error = await failureOf(cachedCredential(one).getToken(SCOPE));
    expect(shown(error)).not.toContain(idp.app.clientSecret);
    expect(shown(one)).not.toContain(idp.app.clientSecret);
  });

  it('when the vault that knows it fails, with a token of its own in the error', async () => {
    const vault = Object.assign(new Error('vault'), {
      config: { headers: { Authorization: 'Bearer vault-token' } },
    });
    const one = credential({ clientSecret: () => Promise.reject(vault) });
    const error = await failureOf(one.getToken(SCOPE));
    expect(error).toMatchObject({
      message: expect.stringContaining('clientSecret function failed') as unknown,
    });
    expect(shown(error)).not.toContain('vault-token');
  });
});
