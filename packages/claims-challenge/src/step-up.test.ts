import { Readable } from 'node:stream';
import axios from 'axios';
import { InteractionRequiredError, TokenAcquisitionError, callOf, install } from '@holdfast/core';
import {
  challengeHeader,
  manualClock,
  scriptedTransport,
  staticCredential,
  type CredentialFunction,
  type ScriptFunction,
  type Step,
} from '@holdfast/testing';
import { attachToken, withCredential } from '@holdfast/token';
import { claimsChallenge } from './index.js';

const OK: Step = { status: 200 };
const refused = (header: string): Step => ({ status: 401, headers: { 'www-authenticate': header } });
const WANTED = { acrValues: 'urn:gold urn:silver', maxAge: 300 };
const STEP_UP = refused(challengeHeader(WANTED));
const UNMET = {
  code: 'ERR_INTERACTION_REQUIRED',
  ...WANTED,
  claims: undefined,
  scopes: ['orders'],
  config: { url: '/7' },
};

/** The API wants another sign-in than the first token's. */
const wantsMore: ScriptFunction = ({ token }) => (token?.endsWith('1') ? STEP_UP : OK);

function setUp({
  script = wantsMore,
  answer = (_, number) => `t-${number}`,
}: { script?: ScriptFunction; answer?: CredentialFunction } = {}) {
  const clock = manualClock({ fakeGlobals: false });
  const transport = scriptedTransport(script, { clock });
  const source = staticCredential(answer);
  const client = axios.create({
    baseURL: 'https://orders.test',
    adapter: transport.adapter,
    validateStatus: () => true,
  });
  install(client, [attachToken(source, { scopes: 'orders', clock }), claimsChallenge()], { clock });
  const tokens = () => transport.requests.map(({ token }) => token);
  const errorOf = (url = '/7') =>
    client.get(url).then(
      ({ status }) => status,
      (error: unknown) => error as InteractionRequiredError,
    );
  return { client, clock, source, tokens, errorOf };
}

const init = { service: 'idp', message: 'A user is needed', scopes: ['orders'] };
const named = (name: string, members = {}) => Object.assign(new Error('…'), { name, ...members });

describe('a step-up challenge', () => {
  it('is answered once by a credential that can ask its user, which is told what is wanted', async () => {
    const { client, source, tokens } = setUp();
    const response = await client.get('/7');
    expect(response.status).toBe(200);
    expect(tokens()).toEqual(['t-1', 't-2']);
    expect(source.requests[1]?.options).toMatchObject({ ...WANTED, forceRefresh: true });
    expect(String(callOf(response))).toContain(
      '401; step-up challenge answered: sent once more with another token',
    );
  });

  it('to 100 calls in flight asks the user once', async () => {
    const { client, source } = setUp();
    const all = await Promise.all(Array.from({ length: 100 }, (_, call) => client.get(`/${call}`)));
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]));
    expect(source.requests).toHaveLength(2);
  });

  it.each<[string, string, object]>([
    ['how he signs in', 'acr_values="urn:gold"', { acrValues: 'urn:gold', maxAge: undefined }],
    ['when he did', 'max_age=0', { acrValues: undefined, maxAge: 0 }],
  ])('that is about %s alone says so', async (_, params, wanted) => {
    const step = refused(`Bearer error="Insufficient_User_Authentication", ${params}`);
    const { errorOf } = setUp({ script: () => step, answer: () => 't-1' });
    expect(await errorOf()).toMatchObject({ ...UNMET, ...wanted });
  });

  it('that does not say how ends in an error that says that a user is needed, and asks nobody', async () => {
    const step = refused('Bearer error="insufficient_user_authentication", max_age="soon"');
    const { errorOf, source } = setUp({ script: () => step });
    const error = await errorOf();
    expect(error).toMatchObject({ ...UNMET, acrValues: undefined, maxAge: undefined });
    expect(source.requests).toHaveLength(1);
    expect(String(callOf(error))).toContain('step-up challenge not answered: it does not say how');
  });

  it('that another token does not satisfy ends in an error after one resend; who comes next asks nobody', async () => {
    const { clock, errorOf, source, tokens } = setUp({ script: () => STEP_UP });
    const error = await errorOf();
    expect(error).toMatchObject(UNMET);
    expect(tokens()).toEqual(['t-1', 't-2']);
    expect(String(callOf(error))).toMatch(
      /step-up challenge answered: .*\n.*step-up challenge not answered: there was an answer already/,
    );
    for (let call = 0; call < 20; call += 1) expect(await errorOf()).toMatchObject(UNMET);
    expect(source.requests).toHaveLength(2);
    expect(tokens()).toHaveLength(22);
    await clock.advance(5_000);
    await errorOf();
    expect(source.requests).toHaveLength(3);
  });

  it('to a credential that knows nothing of it, and gives the same token, ends in an error at once', async () => {
    const { errorOf, source, tokens } = setUp({ answer: () => 't-1' });
    for (let call = 0; call < 20; call += 1) expect(await errorOf()).toMatchObject(UNMET);
    expect(tokens()).toHaveLength(20);
    expect(source.requests).toHaveLength(2);
  });

  it.each<[string, () => Error]>([
    ['Holdfast’s', () => new InteractionRequiredError(init)],
    ['Azure’s', () => named('AuthenticationRequiredError')],
    ['MSAL’s', () => named('InteractionRequiredAuthError', { errorCode: 'login_required', claims: '' })],
  ])('is in the caller’s error when the credential’s own, %s, does not tell of it', async (_, needed) => {
    const { errorOf, source, tokens } = setUp({ answer: (__, number) => (number === 1 ? 't-1' : needed()) });
    for (let call = 0; call < 20; call += 1)
      expect(await errorOf()).toMatchObject({ ...UNMET, cause: expect.anything() as unknown });
    expect(source.requests).toHaveLength(2);
    expect(tokens()).toHaveLength(20);
  });

  it('does not take the place of what the provider itself wants of the user', async () => {
    const needed = new InteractionRequiredError({ ...init, claims: '{"a":1}', maxAge: 1 });
    const { errorOf } = setUp({ answer: (_, number) => (number === 1 ? 't-1' : needed) });
    expect(await errorOf()).toMatchObject({ ...UNMET, claims: '{"a":1}', maxAge: 1 });
  });

  it('while the provider is down says what the user will be asked for, and why it was not done', async () => {
    const down = new TokenAcquisitionError({ ...init, message: 'down', transient: true });
    const { errorOf } = setUp({ answer: (_, number) => (number === 1 ? 't-1' : down) });
    const error = await errorOf();
    expect(error).toMatchObject({ ...UNMET, cause: { code: 'ERR_TOKEN_ACQUISITION' } });
    expect(String(callOf(error))).toContain('step-up challenge not answered: down');
  });

  it('to a request without a token of ours stays a 401, and so does one to a body that is gone', async () => {
    const { client, source } = setUp({ script: () => STEP_UP });
    const headers = { Authorization: 'Bearer mine' };
    expect(await client.get('/7', { headers })).toMatchObject({ status: 401 });
    expect(await client.get('/7', { holdfast: { token: false } })).toMatchObject({ status: 401 });
    expect(source.requests).toHaveLength(0);
    expect(await client.post('/7', Readable.from(['x']))).toMatchObject({ status: 401 });
    expect(source.requests).toHaveLength(1);
  });

  it('asks the user of the request, however he came to it', async () => {
    const { client, source, tokens } = setUp();
    const ann = staticCredential((_, number) => `ann-${number}`);
    const bob = staticCredential((_, number) => `bob-${number}`);
    expect(await client.get('/7', { holdfast: { credential: ann } })).toMatchObject({ status: 200 });
    expect(await withCredential(bob, () => client.get('/7'))).toMatchObject({ status: 200 });
    expect(tokens()).toEqual(['ann-1', 'ann-2', 'bob-1', 'bob-2']);
    expect(source.requests).toHaveLength(0);
    for (const { requests } of [ann, bob]) expect(requests[1]?.options).toMatchObject(WANTED);
  });

  it('beside claims waits for them: they are asked for in full', async () => {
    const claims = '{"access_token":{"acrs":{"value":"c1"}}}';
    const both = refused(`${challengeHeader(WANTED)}, ${challengeHeader({ claims })}`);
    const { client, source } = setUp({ script: ({ token }) => (token === 't-1' ? both : OK) });
    await client.get('/7');
    expect(source.requests[1]?.options).toMatchObject({ claims });
    expect(source.requests[1]?.options).not.toHaveProperty('acrValues');
  });
});
