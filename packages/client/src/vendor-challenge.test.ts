import { createHmac } from 'node:crypto';
import { inspect } from 'node:util';
import { challengeHeader, scriptedTransport, staticCredential, type ScriptFunction } from '@holdfast/testing';
import axios from 'axios';
import {
  attachToken,
  callOf,
  claimsChallenge,
  install,
  standardInterceptors,
  type Challenger,
  type Interceptor,
} from './index.js';

/** A vendor's scheme: every request is signed, over a nonce that a 401 tells. */
function acme(key: string): { readonly signing: Interceptor; readonly challenger: Challenger } {
  let nonce = '';
  const signing: Interceptor = (next) =>
    async function signed(config) {
      config.headers.set('x-acme', signatureOf(key, nonce));
      return next(config).finally(() => config.headers.delete('x-acme'));
    };
  const challenger: Challenger = {
    name: 'Acme nonce',
    answer: (challenges) => {
      const told = challenges.find(({ scheme }) => scheme === 'acme')?.params['nonce'];
      if (told !== undefined) nonce = told;
      return told !== undefined;
    },
  };
  return { signing, challenger };
}

const signatureOf = (key: string, nonce: string) =>
  nonce === '' ? 'none' : createHmac('sha256', key).update(nonce).digest('hex');

const ACME = { status: 401, headers: { 'www-authenticate': 'Acme nonce="n, \\"1\\""' } };
const CLAIMS = {
  status: 401,
  headers: { 'www-authenticate': challengeHeader({ claims: { access_token: {} } }) },
};
const SIGNED = signatureOf('a-key', 'n, "1"');

/** A client of an API that wants signatures and, in `order`, claims as well. */
function clientOf(script: ScriptFunction) {
  const credential = staticCredential(['a-token', 'another-token']);
  const transport = scriptedTransport(script);
  const { signing, challenger } = acme('a-key');
  const client = axios.create({ baseURL: 'https://orders.test', adapter: transport.adapter });
  const standard = standardInterceptors({
    ...{ name: 'orders', scopes: 'api://orders/.default', credential },
    claimsChallenge: { challengers: [challenger] },
  });
  install(client, [...standard, signing]);
  const sent = () => transport.requests.map(({ token, headers }) => [token, headers['x-acme']]);
  return { client, credential, sent };
}

const wants: ScriptFunction = ({ headers, token }) => {
  if (headers['x-acme'] !== SIGNED) return ACME;
  return token === 'another-token' ? { status: 200 } : CLAIMS;
};

describe('a call to an API that wants a vendor’s signature, and a token with claims', () => {
  it('is sent three times, each with what was asked for by then', async () => {
    const { client, credential, sent } = clientOf(wants);
    const response = await client.get('/7');
    expect(response.status).toBe(200);
    expect(sent()).toEqual([
      ['a-token', 'none'],
      ['a-token', SIGNED],
      ['another-token', SIGNED],
    ]);
    expect(credential.requests).toHaveLength(2);
    expect(String(callOf(response))).toMatch(/Acme nonce answered(.|\n)*claims challenge answered/);
    // What was learned holds.
    await client.get('/8');
    expect(sent().slice(3)).toEqual([['another-token', SIGNED]]);
  });

  it('is sent three times the other way round', async () => {
    const { client, sent } = clientOf(({ headers, token }) => {
      if (token !== 'another-token') return CLAIMS;
      return headers['x-acme'] === SIGNED ? { status: 200 } : ACME;
    });
    await client.get('/7');
    expect(sent()).toEqual([
      ['a-token', 'none'],
      ['another-token', 'none'],
      ['another-token', SIGNED],
    ]);
  });

  it('fails with the 401 of an API that is never content, after one send more', async () => {
    const { client, credential, sent } = clientOf(() => ACME);
    await expect(client.get('/7')).rejects.toHaveProperty('status', 401);
    expect(sent()).toHaveLength(2);
    expect(credential.requests).toHaveLength(1);
  });
});

describe('a token that an interceptor inside has put under another scheme', () => {
  const byDpop: Interceptor = (next) => (config) => {
    const bearer = String(config.headers.get('Authorization'));
    config.headers.set('authorization', bearer.replace('Bearer', 'DPoP'));
    return next(config);
  };

  it.each([200, 404, 503])('is gone when the call is over, with a %i', async (status) => {
    const { adapter, requests } = scriptedTransport(() => ({ status }));
    const client = axios.create({ baseURL: 'https://orders.test', adapter });
    const credential = staticCredential('a-token');
    install(client, [attachToken(credential, { scopes: 's' }), claimsChallenge(), byDpop]);
    const outcome: unknown = await client.get('/7').catch((error: unknown) => error);
    expect(requests.map(({ headers }) => headers['authorization'])).toEqual(['DPoP a-token']);
    const { config } = outcome as { config: { headers: object } };
    expect(Object.keys(config.headers).map((name) => name.toLowerCase())).not.toContain('authorization');
    expect(inspect(outcome, { depth: null })).not.toContain('a-token');
  });
});
