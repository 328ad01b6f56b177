import axios from 'axios';
import { callOf, install, InteractionRequiredError, TokenAcquisitionError } from '@holdfast/core';
import {
  challengeHeader,
  manualClock,
  scriptedTransport,
  staticCredential,
  type CredentialAnswer,
  type CredentialRequest,
  type ScriptFunction,
  type Step,
} from '@holdfast/testing';
import { attachToken } from '@holdfast/token';
import { claimsChallenge } from './index.js';

const OK: Step = { status: 200 };
const CHALLENGED = challengedWith('the same');

/** A challenge with claims that name an instant. */
function challengedWith(value: string): Step {
  const claims = { access_token: { nbf: { essential: true, value } } };
  return { status: 401, headers: { 'www-authenticate': challengeHeader({ claims }) } };
}

const journal = (subject: unknown) => String(callOf(subject));

/** An API that says no to every token, each time with other claims. */
const neverContent: ScriptFunction = (_, number) => challengedWith(String(number));

function setUp({
  script = () => CHALLENGED,
  answer = (_, number) => `t-${number}`,
  answersInMs = 0,
}: {
  script?: ScriptFunction;
  answer?: (request: CredentialRequest, number: number) => CredentialAnswer;
  answersInMs?: number;
} = {}) {
  const clock = manualClock({ fakeGlobals: false });
  const transport = scriptedTransport(script, { clock });
  let underWay = 0;
  const mostAtOnce = { value: 0 };
  const source = staticCredential(async (request, number) => {
    underWay += 1;
    mostAtOnce.value = Math.max(mostAtOnce.value, underWay);
    if (answersInMs > 0) await new Promise<void>((resolve) => void clock.setTimeout(resolve, answersInMs));
    underWay -= 1;
    return answer(request, number);
  });
  const client = axios.create({
    baseURL: 'https://orders.test',
    adapter: transport.adapter,
    validateStatus: () => true,
  });
  const token = attachToken(source, { scopes: 'api://orders/.default', clock });
  install(client, [token, claimsChallenge()], { clock });
  const parallel = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, number) => client.get(`/${number}`)));
  const tokens = () => transport.requests.map(({ token: sent }) => sent);
  return { client, clock, source, tokens, parallel, mostAtOnce };
}

describe('a storm of 401s is no storm of token requests', () => {
  it('when the API rejects every token', async () => {
    const { client, clock, source } = setUp({ script: () => CHALLENGED });
    for (let call = 0; call < 50; call += 1) await client.get('/7');
    expect(source.requests).toHaveLength(2);
    await clock.advance(5_000);
    await client.get('/7');
    expect(source.requests).toHaveLength(3);
  });

  it('when each comes with claims of its own, one after the other', async () => {
    const { client, clock, source } = setUp({ script: neverContent });
    for (let call = 0; call < 50; call += 1) expect(await client.get('/7')).toMatchObject({ status: 401 });
    expect(source.requests).toHaveLength(1 + 3);
    await clock.advance(5_000);
    for (let call = 0; call < 50; call += 1) await client.get('/7');
    expect(source.requests).toHaveLength(1 + 3 + 3);
  });

  it('when each comes with claims of its own, all at once: one request at a time, and nobody hangs', async () => {
    for (const answersInMs of [0, 1_000, 7_000]) {
      const { clock, source, parallel, mostAtOnce } = setUp({ script: neverContent, answersInMs });
      const responses = await clock.runUntilSettled(parallel(100));
      expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([401]));
      expect(source.requests).toHaveLength(1 + 3);
      expect(mostAtOnce.value).toBe(1);
    }
  });

  it('when each comes with claims of its own, and any new token will do: every call gets through', async () => {
    const { source, parallel } = setUp({
      script: ({ token }, number) => (token === 't-1' ? challengedWith(String(number)) : OK),
    });
    const responses = await parallel(100);
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
    expect(source.requests).toHaveLength(1 + 3);
  });

  it('when each comes with claims of its own, and the source says no to all of them', async () => {
    const needed = () =>
      new InteractionRequiredError({ service: 'idp', message: 'A user is needed', scopes: [] });
    const { client, source } = setUp({
      script: neverContent,
      answer: ({ options }, number) => (options.claims === undefined ? `t-${number}` : needed()),
    });
    for (let call = 0; call < 50; call += 1) await client.get('/7').catch(() => undefined);
    expect(source.requests).toHaveLength(1 + 3);
  });

  it('but a hundred calls that bring the same claims get through, also where it is the third time in a row', async () => {
    let revoked = 0;
    const { client, source, parallel } = setUp({
      script: ({ token }) => (Number(token?.slice(2)) > revoked ? OK : challengedWith(String(revoked))),
    });
    for (revoked = 1; revoked < 3; revoked += 1) await client.get('/7');
    const responses = await parallel(100);
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
    expect(source.requests).toHaveLength(1 + 3);
  });

  it('but one that comes with other claims than the one before is answered', async () => {
    const { client, source } = setUp({
      script: ({ token, url }) => (Number(token?.slice(2)) > Number(url.slice(1)) ? OK : challengedWith(url)),
    });
    for (const url of ['/1', '/2', '/3']) expect(await client.get(url)).toMatchObject({ status: 200 });
    expect(source.requests).toHaveLength(4);
  });
});

describe('a challenge to which there is no answer', () => {
  it('for the source gives the same token again: no resend, and no token request per call', async () => {
    const { client, source, tokens } = setUp({ answer: () => 't-1' });
    const response = await client.get('/7');
    expect(response.status).toBe(401);
    expect(journal(response)).toContain('there is no other token');
    for (let call = 0; call < 9; call += 1) await client.get('/7');
    expect(tokens()).toHaveLength(10);
    expect(source.requests).toHaveLength(2);
  });

  it('for the source gives the same token again: a 401 that comes late is not answered with it either', async () => {
    const { client, clock, tokens } = setUp({
      answer: () => 't-1',
      script: ({ url }) => ({ ...(CHALLENGED as object), status: 401, delayMs: url === '/late' ? 1_000 : 0 }),
    });
    const late = client.get('/late');
    await clock.settle();
    await client.get('/7');
    await clock.advance(1_000);
    expect(await late).toMatchObject({ status: 401 });
    expect(tokens()).toHaveLength(2);
  });

  it('for the identity provider is down: the caller gets the 401, and the provider is left alone', async () => {
    const { client, source } = setUp({
      answer: (_, number) => (number === 1 ? 't-1' : new Error('connect ECONNREFUSED')),
    });
    const response = await client.get('/7');
    expect(response).toMatchObject({ status: 401 });
    expect(journal(response)).toContain(
      'claims challenge (nbf) not answered: No token for api://orders/.default',
    );
    for (let call = 0; call < 9; call += 1) await client.get('/7');
    expect(source.requests).toHaveLength(2);
  });

  it('for these claims are refused: other calls keep their token', async () => {
    const no = new TokenAcquisitionError({ service: 'idp', message: 'no', scopes: [], transient: false });
    const { client, clock, source } = setUp({
      script: ({ url }) => (url === '/secret' ? CHALLENGED : OK),
      answer: ({ options }, number) => (options.claims === undefined ? `t-${number}` : no),
    });
    expect(await client.get('/secret')).toMatchObject({ status: 401 });
    expect(await client.get('/7')).toMatchObject({ status: 200 });
    await clock.advance(5_000);
    expect(await client.get('/secret')).toMatchObject({ status: 401 });
    expect(source.requests).toHaveLength(3);
  });
});
