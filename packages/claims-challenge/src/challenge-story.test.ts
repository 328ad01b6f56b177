import axios from 'axios';
import { callOf, install, subscribe, type ChallengeEvent } from '@holdfast/core';
import {
  challengeHeader,
  manualClock,
  scriptedTransport,
  staticCredential,
  type Step,
} from '@holdfast/testing';
import { attachToken } from '@holdfast/token';
import { claimsChallenge } from './index.js';

const refused = (header: string): Step => ({ status: 401, headers: { 'www-authenticate': header } });
const withClaims = (claims: string | object) => refused(challengeHeader({ claims }));
const CHALLENGED = withClaims({ access_token: { nbf: { essential: true, value: 'a-value' } } });

function setUp(script: readonly Step[]) {
  const clock = manualClock({ fakeGlobals: false });
  const transport = scriptedTransport(script, { clock });
  const source = staticCredential((_, number) => `t-${number}`);
  const client = axios.create({
    baseURL: 'https://orders.test',
    adapter: transport.adapter,
    validateStatus: () => true,
  });
  install(client, [attachToken(source, { scopes: 's', clock }), claimsChallenge()], { clock });
  return { client, source, transport };
}

/** What is told of each send, one line each, without its number and time. */
const story = (subject: unknown) =>
  (callOf(subject)?.attempts ?? []).map(({ status, code, decisions }) =>
    [status ?? code, ...decisions].join('; '),
  );

describe('the story of a call that was challenged', () => {
  it('has both challenges, where the second is not answered', async () => {
    const { client } = setUp([CHALLENGED, withClaims({ access_token: { acrs: { value: 'a-value' } } })]);
    expect(story(await client.get('/7'))).toEqual([
      '401; claims challenge (nbf) answered: sent once more with another token',
      '401; claims challenge (acrs) not answered: there was an answer already',
    ]);
  });

  it('has both, of whatever kinds they are', async () => {
    const { client } = setUp([refused('Bearer error="invalid_token"'), CHALLENGED]);
    expect(story(await client.get('/7'))).toEqual([
      '401; invalid_token answered: sent once more with another token',
      '401; claims challenge (nbf) not answered: there was an answer already',
    ]);
  });

  it('tells that the send after the answer failed, and the caller gets that failure', async () => {
    const { client } = setUp([CHALLENGED, { error: 'ECONNRESET' }]);
    const error: unknown = await client.get('/7').catch((one: unknown) => one);
    expect(error).toMatchObject({ code: 'ECONNRESET', config: { url: '/7' } });
    expect(story(error)).toEqual([
      '401; claims challenge (nbf) answered: sent once more with another token',
      'ECONNRESET',
    ]);
    expect((error as { config: { headers: object } }).config.headers).not.toHaveProperty('Authorization');
  });

  it.each([
    ['no object', challengeHeader({ claims: '[]' })],
    ['no base64', 'Bearer error="insufficient_claims", claims="%7B%7D"'],
    ['not there', 'Bearer error="insufficient_claims"'],
  ])('and an observer hear of claims that cannot be read: %s', async (_, header) => {
    const events: ChallengeEvent[] = [];
    const undo = subscribe('holdfast:challenge', (event) => events.push(event));
    const { client, source } = setUp([refused(header)]);
    const response = await client.get('/7');
    undo();
    expect(story(response)).toEqual(['401; claims challenge not answered: its claims cannot be read']);
    expect(events).toMatchObject([
      { error: 'insufficient_claims', answered: false, reason: 'its claims cannot be read' },
    ]);
    expect(source.requests).toHaveLength(1);
  });

  it('has the names of five claims at most, and not what is said of them', async () => {
    const names = ['nbf', 'acrs', 'xms_rp_ipaddr', 'd', 'e', 'f', 'g'];
    const asked = Object.fromEntries(names.map((name) => [name, { value: 'a-value' }]));
    const { client } = setUp([withClaims({ access_token: asked }), { status: 200 }]);
    expect(story(await client.get('/7'))[0]).toBe(
      '401; claims challenge (nbf, acrs, xms_rp_ipaddr, d, e) answered: sent once more with another token',
    );
  });

  it.each<[string, string]>([
    ['a megabyte long', JSON.stringify({ access_token: { ['a'.repeat(1_000_000)]: null } })],
    ['of several lines', '{"access_token":{"one\\nGET /forged":null,"two\\r":null,"\\u2028":null}}'],
    ['that colour a terminal', '{"access_token":{"\\u001b[31mred":null,"\\u0007":null,"\\u202eltr":null}}'],
    ['without a letter', '{"access_token":{"":1}}'],
    ['of no object', '{"access_token":"a-value"}'],
    ['of nothing', '{"access_token":null}'],
    ['of nobody', '{}'],
  ])('leaves out names %s, and the challenge is answered', async (_, claims) => {
    const { client, source } = setUp([withClaims(claims), { status: 200 }]);
    const response = await client.get('/7');
    expect(response.status).toBe(200);
    expect(story(response)).toEqual([
      '401; claims challenge answered: sent once more with another token',
      '200',
    ]);
    expect(source.requests[1]?.options.claims).toBe(claims);
    expect(String(callOf(response)).split('\n').length).toBeLessThan(5);
  });
});
