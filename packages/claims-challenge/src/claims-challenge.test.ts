import { Readable } from 'node:stream';
import axios from 'axios';
import { InteractionRequiredError, callOf, currentCall, install, type Interceptor } from '@holdfast/core';
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
import { claimsChallenge, type ClaimsChallengeOptions } from './index.js';

const OK: Step = { status: 200, data: 'fine' };
const CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}';
const refused = (header: string | readonly string[]): Step => ({
  status: 401,
  data: 'no',
  headers: { 'www-authenticate': header },
});
const CHALLENGED = refused(challengeHeader({ claims: CLAIMS }));
const INVALID = refused('Bearer error="invalid_token"');

/** The API takes any token but the first. */
const revokesFirst: ScriptFunction = ({ token }) => (token === 't-1' ? CHALLENGED : OK);

interface Setting {
  script?: readonly Step[] | ScriptFunction;
  answer?: (request: CredentialRequest, number: number) => CredentialAnswer | Promise<CredentialAnswer>;
  options?: ClaimsChallengeOptions;
  around?: readonly Interceptor[];
}

function setUp({
  script = revokesFirst,
  answer = (_, number) => `t-${number}`,
  options = {},
  around = [],
}: Setting = {}) {
  const clock = manualClock({ fakeGlobals: false });
  const transport = scriptedTransport(script, { clock });
  const source = staticCredential(answer);
  const client = axios.create({
    baseURL: 'https://orders.test',
    adapter: transport.adapter,
    validateStatus: () => true,
  });
  const token = attachToken(source, { scopes: 'api://orders/.default', clock });
  install(client, [...around, token, claimsChallenge(options)], { clock });
  const tokens = () => transport.requests.map(({ token: sent }) => sent);
  const claims = () => source.requests.map(({ options: asked }) => asked.claims);
  return { client, clock, source, tokens, claims };
}

/** As retries do it: a refusal does not take the place of what came back before it. */
const resending: Interceptor = (next) => async (config) => {
  await next(config);
  return next(config).catch((error: unknown) => {
    const { lastFailure } = currentCall(config);
    if (lastFailure?.response !== undefined) return lastFailure.response;
    throw lastFailure === undefined ? error : lastFailure.error;
  });
};

const journal = (subject: unknown) => String(callOf(subject));

describe('a claims challenge', () => {
  it('is answered by a token acquired with its claims, and one more send', async () => {
    const { client, tokens, claims } = setUp();
    const response = await client.post('/7', { a: 1 });
    expect(response).toMatchObject({ status: 200, data: 'fine' });
    expect(tokens()).toEqual(['t-1', 't-2']);
    expect(claims()).toEqual([undefined, CLAIMS]);
    expect(journal(response)).toMatch(
      /401; claims challenge \(nbf\) answered: sent once more with another token\n.*200/,
    );
  });

  it('is answered once: a second 401 goes to the caller, and a loop of 51 requests does not begin', async () => {
    const { client, tokens } = setUp({ script: () => CHALLENGED });
    expect(await client.get('/7')).toMatchObject({ status: 401, data: 'no' });
    expect(tokens()).toEqual(['t-1', 't-2']);
  });

  it('is answered again when the same request is made again, for nothing sticks to it', async () => {
    let revoked = 't-1';
    const { client, tokens } = setUp({
      script: ({ token }, number) =>
        token === revoked
          ? refused(challengeHeader({ claims: { access_token: { nbf: { value: String(number) } } } }))
          : OK,
    });
    const { config } = await client.get('/7');
    revoked = 't-2';
    expect(await client.request(config)).toMatchObject({ status: 200 });
    expect(tokens()).toEqual(['t-1', 't-2', 't-2', 't-3']);
  });

  it('to 100 calls in flight makes one token request, and one resend each', async () => {
    let revoked = '';
    const { client, tokens, source } = setUp({
      script: ({ token }) => (token === revoked ? CHALLENGED : OK),
    });
    await client.get('/0');
    revoked = 't-1';
    const calls = Array.from({ length: 100 }, (_, number) => client.get(`/${number}`));
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(source.requests).toHaveLength(2);
    expect(tokens().filter((token) => token === 't-1')).toHaveLength(101);
    expect(tokens().filter((token) => token === 't-2')).toHaveLength(100);
  });

  it('that comes late, for a token that has been replaced, is answered with that one', async () => {
    const { client, clock, source, tokens } = setUp({
      script: ({ token, url }) =>
        token === 't-1' ? ({ ...(CHALLENGED as object), delayMs: url === '/late' ? 5000 : 0 } as Step) : OK,
    });
    const late = client.get('/late');
    await clock.settle();
    await client.get('/7');
    await clock.advance(5000);
    expect(await late).toMatchObject({ status: 200 });
    expect(tokens()).toEqual(['t-1', 't-1', 't-2', 't-2']);
    expect(source.requests).toHaveLength(2);
  });

  it('that comes late, for a token that was refreshed without its claims meanwhile, is answered with them', async () => {
    const { client, clock, tokens, claims } = setUp({
      answer: ({ options }, number) => ({
        token: `t-${number}`,
        expiresOnTimestamp: clock.now() + (options.claims === undefined ? 60_000 : 3_600_000),
      }),
      script: ({ token, url }) =>
        token === 't-1' || token === 't-2'
          ? ({ ...(CHALLENGED as object), delayMs: url.startsWith('/late') ? 70_000 : 0 } as Step)
          : OK,
    });
    const late = Array.from({ length: 100 }, (_, number) => client.get(`/late/${number}`));
    await clock.advance(60_000);
    // Refreshes the token, and is cancelled before an answer comes.
    const controller = new AbortController();
    const refreshing = client.get('/late', { signal: controller.signal }).catch(() => undefined);
    await clock.settle();
    controller.abort();
    await refreshing;
    await clock.advance(10_000);
    const statuses = (await Promise.all(late)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(claims()).toEqual([undefined, undefined, CLAIMS]);
    expect(new Set(tokens())).toEqual(new Set(['t-1', 't-2', 't-3']));
  });

  it('is found among other schemes and header lines, and not answered when its claims are no object', async () => {
    const basic = 'Basic realm="a, b", Negotiate';
    const found = setUp({ script: [refused([basic, challengeHeader({ claims: CLAIMS })]), OK] });
    expect(await found.client.get('/7')).toMatchObject({ status: 200 });
    const broken = setUp({ script: [refused(challengeHeader({ claims: '[]' }))] });
    expect(await broken.client.get('/7')).toMatchObject({ status: 401 });
    expect(broken.source.requests).toHaveLength(1);
  });

  it('is not answered without a token of ours: the caller’s own header, or token: false', async () => {
    const { client, source } = setUp({ script: () => CHALLENGED });
    const own = await client.get('/7', { headers: { Authorization: 'Bearer mine' } });
    const none = await client.get('/7', { holdfast: { token: false } });
    expect([own.status, none.status]).toEqual([401, 401]);
    expect(source.requests).toHaveLength(0);
  });

  it('is not answered when the body is a stream: the caller gets the 401 and the reason', async () => {
    const { client, tokens } = setUp();
    const response = await client.post('/7', Readable.from(['x']));
    expect(response.status).toBe(401);
    expect(tokens()).toEqual(['t-1']);
    expect(journal(response)).toContain('the body is a stream');
  });

  it('is not answered by a proxy’s 407, nor by a 403', async () => {
    for (const status of [403, 407]) {
      const { client, source } = setUp({ script: [{ ...(CHALLENGED as object), status }] });
      expect(await client.get('/7')).toMatchObject({ status });
      expect(source.requests).toHaveLength(1);
    }
  });
});

describe('the response that is answered', () => {
  const streamed = () => {
    const data = Readable.from(['no']);
    return { data, step: { ...(CHALLENGED as object), status: 401, data } };
  };

  it('is let go of, so that its socket is free for the resend', async () => {
    const { data, step } = streamed();
    const { client } = setUp({ script: [step, OK] });
    await client.get('/7', { responseType: 'stream' });
    expect(data.destroyed).toBe(true);
  });

  it('comes to the caller as it came when no other token can be had', async () => {
    const { data, step } = streamed();
    const { client } = setUp({ script: [step], answer: () => 't-1' });
    expect((await client.get('/7', { responseType: 'stream' })).data).toBe(data);
    expect(data.destroyed).toBe(false);
  });
});

describe('a challenge that leads nowhere', () => {
  it('because a user is needed: the caller gets an error that says so, with the claims and his own request', async () => {
    const needed = new InteractionRequiredError({
      service: 'idp',
      message: 'A user is needed',
      scopes: ['s'],
      claims: CLAIMS,
    });
    const { client, source } = setUp({ answer: (_, number) => (number === 1 ? 't-1' : needed) });
    for (const url of ['/7', '/8'])
      await expect(client.get(url)).rejects.toMatchObject({
        code: 'ERR_INTERACTION_REQUIRED',
        claims: CLAIMS,
        config: { url },
      });
    expect(source.requests).toHaveLength(2);
  });

  it('because a user is needed: who resends after an outage does not bring up a 401 whose body is gone', async () => {
    const needed = new InteractionRequiredError({
      service: 'idp',
      message: 'A user is needed',
      scopes: ['s'],
    });
    const { client } = setUp({
      script: [{ status: 503 }, CHALLENGED],
      answer: (_, number) => (number === 1 ? 't-1' : needed),
      around: [resending],
    });
    await expect(client.get('/7')).rejects.toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      config: { url: '/7' },
    });
  });

  it('because the caller gives up meanwhile: he is told at once, and the token does not stay on his request', async () => {
    let answer: (token: string) => void = () => undefined;
    const { client, clock } = setUp({
      answer: (_, number) => (number === 1 ? 't-1' : new Promise((resolve) => (answer = resolve))),
    });
    const controller = new AbortController();
    const call = client.get('/7', { signal: controller.signal }).catch((error: unknown) => error);
    await clock.settle();
    controller.abort();
    const error = await call;
    expect(error).toMatchObject({ code: 'ERR_CANCELED' });
    answer('t-2');
    await clock.settle();
    expect((error as { config: { headers: object } }).config.headers).not.toHaveProperty('Authorization');
  });
});

describe('error="invalid_token" without claims', () => {
  const revoked: ScriptFunction = ({ token }) => (token === 't-1' ? INVALID : OK);

  it('is answered by one forced refresh and one resend', async () => {
    const { client, source, tokens } = setUp({ script: revoked });
    expect(await client.get('/7')).toMatchObject({ status: 200 });
    expect(tokens()).toEqual(['t-1', 't-2']);
    expect(source.requests[1]?.options).toMatchObject({ forceRefresh: true });
    expect(source.requests[1]?.options).not.toHaveProperty('claims');
  });

  it('goes to the caller when refreshOnInvalidToken is off, as any other 401 does', async () => {
    const off = setUp({ script: revoked, options: { refreshOnInvalidToken: false } });
    expect(await off.client.get('/7')).toMatchObject({ status: 401 });
    const other = setUp({ script: [refused('Bearer realm="orders"'), { status: 401 }] });
    expect(await other.client.get('/7')).toMatchObject({ status: 401 });
    expect(await other.client.get('/7')).toMatchObject({ status: 401 });
    expect([off.source.requests, other.source.requests].map(({ length }) => length)).toEqual([1, 1]);
  });
});

it('claimsChallenge() names the option that is wrong', () => {
  expect(() => claimsChallenge(JSON.parse('{"refreshOnInvalidToken":1}') as ClaimsChallengeOptions)).toThrow(
    'claimsChallenge(): the option "refreshOnInvalidToken" must be true or false, and is 1',
  );
});
