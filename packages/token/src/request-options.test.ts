import axios, { type AxiosRequestConfig } from 'axios';
import { install, type RequestOptions } from '@holdfast/core';
import { manualClock, scriptedTransport, staticCredential } from '@holdfast/testing';
import { attachToken, cachedCredential } from './index.js';

const scopes = 'api://orders/.default';

function setUp({ credential = staticCredential('t-1') } = {}) {
  const clock = manualClock({ fakeGlobals: false });
  const transport = scriptedTransport(() => ({ status: 200 }), { clock });
  const client = axios.create({ baseURL: 'https://orders.test/v1', adapter: transport.adapter });
  install(client, [attachToken(credential, { scopes, clock })], { clock });
  const tokens = () => transport.requests.map(({ token: sent }) => sent);
  return { client, tokens };
}

describe('the token of one request', () => {
  it('can be that of another credential, scope or tenant for one request, each asked once', async () => {
    const credential = staticCredential('t-1');
    const user = staticCredential('user');
    const { client, tokens } = setUp({ credential });
    for (let round = 0; round < 2; round += 1) {
      await client.get('/7', { holdfast: { credential: user } });
      await client.get('/7', { holdfast: { scopes: ['api://other/.default'] } });
      await client.get('/7', { holdfast: { tenantId: 'other' } });
    }
    expect(tokens()).toEqual(['user', 't-1', 't-1', 'user', 't-1', 't-1']);
    expect(user.requests).toHaveLength(1);
    expect(credential.requests.map(({ scopes: asked, options }) => [asked, options.tenantId])).toEqual([
      [['api://other/.default'], undefined],
      [[scopes], 'other'],
    ]);
  });

  it('is never another user’s when credentials are plain objects, which axios copies', async () => {
    const asked: string[] = [];
    const user = (name: string) => ({
      getToken: async () => {
        asked.push(name);
        return { token: name, expiresOnTimestamp: 4e12 };
      },
    });
    const [a, b] = [user('a'), user('b')];
    const { client, tokens } = setUp();
    for (const credential of [a, b, a, b]) await client.get('/7', { holdfast: { credential } });
    expect(tokens()).toEqual(['a', 'b', 'a', 'b']);
    expect(asked).toEqual(['a', 'b']);

    const shared = { name: 'c', getToken: a.getToken };
    await expect(client.get('/7', { holdfast: { credential: shared } })).rejects.toThrow(
      /plain object with members/,
    );
    const wrapped = cachedCredential(shared);
    await expect(client.get('/7', { holdfast: { credential: wrapped } })).resolves.toMatchObject({
      status: 200,
    });
  });

  it('is never another user’s when what sets credentials apart has a symbol for a name', async () => {
    const USER = Symbol('user');
    async function getToken(this: { [USER]: string }) {
      return { token: `token of ${this[USER]}`, expiresOnTimestamp: 4e12 };
    }
    const { client, tokens } = setUp();
    for (const user of ['alice', 'bob']) {
      const credential = { getToken, [USER]: user };
      const call = client.get('/7', { holdfast: { credential } });
      await expect(call).rejects.toThrow(/plain object with members/);
    }
    expect(tokens()).toEqual([]);
  });

  it.each<[keyof RequestOptions, unknown]>([
    ['scopes', []],
    ['scopes', ''],
    ['scopes', 5],
    ['scopes', null],
    ['tenantId', 5],
    ['tenantId', ''],
    ['tenantId', null],
    ['credential', null],
    ['credential', {}],
  ])('is not asked for with %s %j, but the option is named', async (name, value) => {
    const credential = staticCredential('t-1');
    const { client, tokens } = setUp({ credential });
    const config: AxiosRequestConfig = { holdfast: {} };
    Object.assign(config.holdfast ?? {}, { [name]: value });
    const error: unknown = await client.get('/7', config).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain(`(holdfast: { ${name} }) must be`);
    expect([tokens(), credential.requests]).toEqual([[], []]);
  });
});
