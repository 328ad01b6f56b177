import { inspect } from 'node:util';
import { AsyncResource } from 'node:async_hooks';
import axios from 'axios';
import fc from 'fast-check';
import { install, type Interceptor } from '@holdfast/core';
import { scriptedTransport, staticCredential } from '@holdfast/testing';
import * as one from './index.js';

const { withCredential } = one;
const scopes = 'api://orders/.default';
const user = (name = 'user') => staticCredential(name);

function setUp({
  credential = staticCredential('app'),
  options = {},
  around = [],
  copy = one,
}: {
  credential?: one.TokenCredential;
  options?: Partial<one.AttachTokenOptions>;
  around?: readonly Interceptor[];
  copy?: Pick<typeof one, 'attachToken'>;
} = {}) {
  const transport = scriptedTransport(() => ({ status: 200 }));
  const client = axios.create({ baseURL: 'https://orders.test/v1', adapter: transport.adapter });
  install(client, [...around, copy.attachToken(credential, { scopes, ...options })]);
  const tokens = () => transport.requests.map(({ token }) => token);
  return { client, tokens };
}

describe('a call inside of withCredential()', () => {
  it('carries that credential’s token, and one before or after it the client’s own', async () => {
    const { client, tokens } = setUp();
    await client.get('/before');
    const response = await withCredential(user(), async () => {
      await client.get('/7');
      await new Promise((resolve) => setImmediate(resolve));
      return client.get('/8');
    });
    await client.get('/after');
    expect(response.status).toBe(200);
    expect(tokens()).toEqual(['app', 'user', 'user', 'app']);
  });

  it('is made for the user of the web request that it serves, by each client that serves it', async () => {
    const [orders, files] = [setUp(), setUp()];
    const served: Promise<unknown>[] = [];
    const handler = () => void served.push(orders.client.get('/7').then(() => files.client.get('/8')));
    const middleware = (name: string, next: (error?: unknown) => void) => {
      withCredential(user(name), next);
    };
    for (const name of ['alice', 'bob', 'carol']) middleware(name, handler);
    await Promise.all(served);
    expect([orders.tokens(), files.tokens()]).toEqual([
      ['alice', 'bob', 'carol'],
      ['alice', 'bob', 'carol'],
    ]);
  });

  it('carries what the request itself names: another credential, no token, a header of its own', async () => {
    const { client, tokens } = setUp();
    await withCredential(user(), async () => {
      await client.get('/7', { holdfast: { credential: user('named') } });
      await client.get('/7', { holdfast: { token: false } });
      await client.get('/7', { headers: { Authorization: 'Bearer mine' } });
    });
    expect(tokens()).toEqual(['named', undefined, 'mine']);
  });

  it('asks for the scopes and the tenant of the client, or of the request', async () => {
    const credential = user();
    const { client } = setUp({ options: { tenantId: 'contoso' } });
    await withCredential(credential, async () => {
      await client.get('/7');
      await client.get('/7', { holdfast: { scopes: 'api://other/.default', tenantId: 'fabrikam' } });
    });
    const asked = credential.requests.map((request) => [request.scopes, request.options.tenantId]);
    expect(asked).toEqual([
      [[scopes], 'contoso'],
      [['api://other/.default'], 'fabrikam'],
    ]);
  });

  it('goes out as the app where the client says so', async () => {
    const { client, tokens } = setUp({ options: { inheritCredential: false } });
    await withCredential(user(), () => client.get('/7'));
    expect(tokens()).toEqual(['app']);
  });

  it('is the same user’s to its end, also where a wait before a retry ends in somebody else’s scope', async () => {
    const resume: (() => void)[] = [];
    const waits: Interceptor = (next) => (config) =>
      next(config).then(
        () =>
          new Promise((resolve) => {
            // Not by a promise, which would bring its own scope back.
            resume.push(() => {
              resolve(next(config));
            });
          }),
      );
    const { client, tokens } = setUp({ around: [waits] });
    for (const begin of [
      () => withCredential(user('alice'), () => client.get('/7')),
      () => client.get('/8'),
    ]) {
      const call = begin();
      await new Promise((resolve) => setImmediate(resolve));
      withCredential(user('bob'), () => {
        resume.shift()?.();
      });
      await call;
    }
    expect(tokens()).toEqual(['alice', 'alice', 'app', 'app']);
  });

  it('asks one user once for two calls, also where his credential is a plain object with members', async () => {
    const asked: string[] = [];
    async function getToken(this: { name: string }) {
      asked.push(this.name);
      return { token: this.name, expiresOnTimestamp: 4e12 };
    }
    const [alice, bob] = [
      { name: 'alice', getToken },
      { name: 'bob', getToken },
    ];
    const { client, tokens } = setUp();
    for (const credential of [alice, bob, alice]) await withCredential(credential, () => client.get('/7'));
    expect(tokens()).toEqual(['alice', 'bob', 'alice']);
    expect(asked).toEqual(['alice', 'bob']);
  });

  it('does not hang when its credential makes calls of its own to get the token', async () => {
    const vault = setUp({ credential: staticCredential('of-the-vault') });
    const credential = staticCredential(async () => {
      await vault.client.get('/secrets/orders');
      return 'user';
    });
    const { client, tokens } = setUp();
    await withCredential(credential, () => client.get('/7'));
    expect([tokens(), vault.tokens()]).toEqual([['user'], ['of-the-vault']]);
  });
});

describe('withCredential()', () => {
  it('returns what the function returns, throws what it throws, and is left by either', async () => {
    const { client, tokens } = setUp();
    expect(withCredential(user(), () => 7)).toBe(7);
    const error = new Error('no');
    expect(() =>
      withCredential(user(), () => {
        throw error;
      }),
    ).toThrow(error);
    await client.get('/7');
    expect(tokens()).toEqual(['app']);
  });

  it('gives each call the credential of the innermost scope it is in, however they nest and overlap', async () => {
    type Tree = readonly (string | { readonly name: string; readonly inside: Tree })[];
    const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc.array(
        fc.oneof(
          { depthSize: 'small' },
          fc.constantFrom('get', 'wait'),
          fc.record({ name: fc.constantFrom('alice', 'bob', 'carol'), inside: tie('tree') }),
        ),
        { maxLength: 4 },
      ),
    }));
    const credentials = new Map(['alice', 'bob', 'carol'].map((name) => [name, user(name)]));
    await fc.assert(
      fc.asyncProperty(tree, fc.boolean(), async (play, atOnce) => {
        const { client, tokens } = setUp();
        const expected: string[] = [];
        const run = async (steps: Tree, name: string): Promise<void> => {
          const parts: Promise<unknown>[] = [];
          for (const step of steps) {
            if (step === 'wait') await Promise.resolve();
            else if (typeof step !== 'string')
              parts.push(withCredential(credentials.get(step.name)!, () => run(step.inside, step.name)));
            else {
              expected.push(name);
              parts.push(client.get('/7'));
            }
            if (!atOnce) await parts.at(-1);
          }
          await Promise.all(parts);
        };
        await run(play, 'app');
        // Calls that run at once are sent in the order in which their tokens come.
        const sorted = (names: readonly unknown[]) => (atOnce ? [...names].sort() : names);
        expect(sorted(tokens())).toEqual(sorted(expected));
      }),
    );
  });

  it('is known to every copy of the package in the process', async () => {
    let other!: typeof one;
    await jest.isolateModulesAsync(async () => {
      other = await import('./index.js');
    });
    expect(other.withCredential).not.toBe(withCredential);
    const [mine, theirs] = [setUp(), setUp({ copy: other })];
    await withCredential(user('alice'), () => theirs.client.get('/7'));
    await other.withCredential(user('bob'), () => mine.client.get('/7'));
    expect([mine.tokens(), theirs.tokens()]).toEqual([['bob'], ['alice']]);
  });

  it('is bound with a function that is to run later', async () => {
    const { client, tokens } = setUp();
    const later = withCredential(user(), () => AsyncResource.bind(() => client.get('/7')));
    await later();
    expect(tokens()).toEqual(['user']);
  });

  it.each([
    ['a credential', undefined],
    ['a credential', null],
    ['a credential', {}],
    ['a credential', 'a token'],
    ['fn', undefined],
    ['fn', Promise.resolve()],
  ])('names what is wrong: %s that is %p', (name, value) => {
    const given = name === 'fn' ? [user(), value] : [value, () => undefined];
    expect(() => Reflect.apply(withCredential, undefined, given)).toThrow(TypeError);
    expect(() => Reflect.apply(withCredential, undefined, given)).toThrow(
      name === 'fn' ? 'fn must be a function' : 'the credential must be an object with getToken()',
    );
  });
});

it('a promise that is logged inside of a scope does not show what the credential holds', async () => {
  class Assertion implements one.TokenCredential {
    readonly assertion = 'the assertion of a user';
    getToken() {
      return Promise.resolve(null);
    }
  }
  const logged = await withCredential(new Assertion(), async () => {
    await Promise.resolve();
    return inspect(Promise.resolve(), { depth: 8, showHidden: true });
  });
  expect(logged).not.toContain('the assertion of a user');
});
