import axios from 'axios';
import { callOf, install, type Challenge } from '@holdfast/core';
import { challengeHeader, scriptedTransport, staticCredential, type Step } from '@holdfast/testing';
import { attachToken } from '@holdfast/token';
import { claimsChallenge, type Challenger } from './index.js';

const claims = (value: string) => challengeHeader({ claims: { access_token: { nbf: { value } } } });

function setUp(script: readonly Step[], challengers: readonly Challenger[] = []) {
  const transport = scriptedTransport(script);
  const source = staticCredential((_, number) => `t-${number}`);
  const client = axios.create({
    baseURL: 'https://orders.test',
    adapter: transport.adapter,
    validateStatus: () => true,
  });
  install(client, [attachToken(source, { scopes: 's' }), claimsChallenge({ challengers })]);
  return { client, source };
}

describe('two calls that are answered with the same header', () => {
  const nonce: Step = { status: 401, headers: { 'www-authenticate': 'DPoP error="use_dpop_nonce"' } };

  it.each<[string, (challenges: Challenge[]) => unknown]>([
    ['takes what it is shown out of the list', (challenges) => challenges.pop()],
    ['writes into a challenge', ([first]) => first && Object.assign(first, { scheme: 'mine' })],
    ['writes into its parameters', ([first]) => first && Object.assign(first.params, { error: 'mine' })],
  ])('are both shown it as it came, by a challenger that %s', async (_, spoil) => {
    const seen: string[] = [];
    const challenger: Challenger = {
      name: 'dpop',
      answer: (challenges) => {
        seen.push(challenges.map(({ scheme, params }) => `${scheme} ${params['error']}`).join());
        spoil(challenges as Challenge[]);
        return false;
      },
    };
    const { client } = setUp([nonce, nonce], [challenger]);
    const first = await client.get('/7');
    await client.get('/7');
    expect(seen).toEqual(['dpop use_dpop_nonce', 'dpop use_dpop_nonce']);
    expect(callOf(first)?.attempts[0]?.decisions).toEqual(['dpop not answered: it failed (TypeError)']);
  });
});

describe('two challenges of which only the second line differs', () => {
  it('are each answered with their own claims', async () => {
    const step = (value: string): Step => ({
      status: 401,
      headers: { 'www-authenticate': ['Negotiate', claims(value)] },
    });
    const { client, source } = setUp([step('1'), { status: 200 }, step('2'), { status: 200 }]);
    await client.get('/7');
    await client.get('/8');
    expect(source.requests.map(({ options }) => options.claims)).toEqual([
      undefined,
      '{"access_token":{"nbf":{"value":"1"}}}',
      '{"access_token":{"nbf":{"value":"2"}}}',
    ]);
  });
});

describe('a 401 that says nothing, after one that was answered', () => {
  it.each<[string, readonly string[]]>([
    ['has no header', []],
    ['has only the first of two lines', ['Negotiate']],
  ])('goes to the caller as it came when it %s', async (_, lines) => {
    const asked: Step = { status: 401, headers: { 'www-authenticate': ['Negotiate', claims('1')] } };
    const mute: Step = { status: 401, headers: lines.length === 0 ? {} : { 'www-authenticate': lines } };
    const { client, source } = setUp([asked, { status: 200 }, mute]);
    await client.get('/7');
    const response = await client.get('/8');
    expect(response.status).toBe(401);
    expect(callOf(response)?.attempts[0]?.decisions).toEqual([]);
    expect(source.requests.length).toBe(2);
  });
});
