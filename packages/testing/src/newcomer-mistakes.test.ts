import {
  createTestClient,
  scriptedTransport,
  startIdentityProvider,
  startManagedIdentityEndpoint,
  startProtectedApi,
  testClock,
  testDefaults,
} from './index.js';

const ORDERS = { name: 'orders', baseURL: 'https://orders.test' };

/** What somebody types who has no compiler to tell him. */
const typed = (value: unknown) => value as never;

async function messageOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'nothing was refused';
}

describe('a server that is started', () => {
  it.each([
    ['a name that there is not', { clientID: 'x' }, 'there is no option "clientID"'],
    ['a lifetime in words', { expiresIn: '1h' }, '"expiresIn" must be a number of seconds'],
    ['users that are no list', { users: {} }, '"users" must be a list of users'],
  ])('is refused by name: an identity provider with %s', async (_, options, said) => {
    expect(await messageOf(() => startIdentityProvider(typed(options)))).toContain(said);
  });

  it('is refused by name: an API without its identity provider, or with one that was not awaited', async () => {
    const audience = 'api://orders';
    const starting = startIdentityProvider();
    const said = '"idp" must be what startIdentityProvider() resolves to, awaited';
    for (const options of [{ audience }, { audience, idp: starting }])
      expect(await messageOf(() => startProtectedApi(typed(options)))).toContain(said);
    await using idp = await starting;
    expect(await messageOf(() => startProtectedApi({ idp, audience: 'api://orders/.default' }))).toContain(
      '"audience" must be a resource, the scope without "/.default"',
    );
    expect(await messageOf(() => startProtectedApi(typed({ idp })))).toContain('"audience" must be');
  });

  it('is refused by name: an endpoint of a platform that it does not play', async () => {
    const starting = () => startManagedIdentityEndpoint(typed({ source: 'arc' }));
    expect(await messageOf(starting)).toContain('"source" must be "app-service" or "imds"');
  });

  it('does not hang for a fault that is none: it is refused, by each of the three', async () => {
    await using idp = await startIdentityProvider();
    await using api = await startProtectedApi({ idp, audience: 'api://orders' });
    await using endpoint = await startManagedIdentityEndpoint({ source: 'imds' });
    for (const fault of [503, {}, { statusCode: 503 }, undefined])
      for (const server of [idp, api, endpoint]) {
        const said = /^A fault must be an object with one of status, hang, reset, /;
        expect(
          await messageOf(() => {
            server.fail(typed(fault));
          }),
        ).toMatch(said);
        expect(
          await messageOf(() => {
            server.failNext(typed(fault));
          }),
        ).toMatch(said);
      }
    const mine = () => {
      idp.fail(typed({ error: 'mfa_required' }), { user: idp.user });
    };
    expect(await messageOf(mine)).toContain('"error" must be one of invalid_client, ');
  });
});

describe('a script', () => {
  it('is refused where it is no list', () => {
    expect(() => scriptedTransport(typed({ status: 200 }))).toThrow('must be a list of steps, or a function');
  });

  it.each([
    [200, ''],
    [{}, ''],
    [{ statusCode: 200 }, ''],
    [{ status: 200, body: '{}' }, ', and has body'],
    ['hangs', ''],
  ])('with the step %j says which step, and what one is', async (step, has) => {
    const { adapter } = scriptedTransport([{ status: 503 }, typed(step)]);
    const orders = createTestClient({ ...ORDERS, axios: { adapter } });
    const said = await messageOf(() => orders.get('/7'));
    expect(said).toMatch(/^Step 2 of the script must be \{ status, /);
    expect(said.endsWith(`a function${has}`)).toBe(true);
  });
});

describe('the time of a test', () => {
  it.each([NaN, -1, undefined, '5'])('does not go on by %p milliseconds', async (ms) => {
    const said = await messageOf(() => testClock().advance(typed(ms)));
    expect(said).toContain(`advance() takes a number of milliseconds, 0 or more, and not ${String(ms)}`);
  });

  it('is not told of work that has begun: that has to be a function', async () => {
    const said = await messageOf(() => testClock().during(typed(Promise.resolve())));
    expect(said).toBe('during() takes a function that begins the work');
  });

  it('is an option of the defaults: given bare, it would be another one', () => {
    expect(() => testDefaults(typed(testClock()))).toThrow('testDefaults({ clock })');
  });
});

describe('a test client', () => {
  it('takes no text for a credential', () => {
    expect(() => createTestClient({ ...ORDERS, credential: typed('a-token') })).toThrow(
      /"credential" must be/,
    );
  });
});
