import axios from 'axios';
import { callOf, install, subscribe, type TokenEvent, type WarningEvent } from '@holdfast/core';
import {
  manualClock,
  scriptedTransport,
  staticCredential,
  type CredentialAnswer,
  type CredentialRequest,
} from '@holdfast/testing';
import { attachToken, cachedCredential } from './index.js';

const SCOPE = 'api://orders/.default';
const HOUR = 60 * 60_000;
const START = Date.UTC(2025, 0, 1);

let undo: (() => void)[];

beforeEach(() => {
  undo = [];
});
afterEach(() => {
  for (const back of undo) back();
});

/** What is told of tokens: in short when it begins, and the event once it has ended. */
function told() {
  const begun: string[] = [];
  const ended: TokenEvent[] = [];
  undo.push(
    subscribe('tracing:holdfast:token:start', ({ reason, withClaims }) =>
      begun.push(withClaims ? `${reason} with claims` : reason),
    ),
    subscribe('tracing:holdfast:token:asyncEnd', (event) => ended.push(event)),
  );
  return { begun, ended };
}

/** A source whose tokens are called t-1, t-2, … and live for an hour, unless `answer` says otherwise. */
function setUp(
  answer: (
    request: CredentialRequest,
    number: number,
  ) => CredentialAnswer | undefined | Promise<CredentialAnswer | undefined> = () => undefined,
) {
  const clock = manualClock({ fakeGlobals: false, now: START });
  const source = staticCredential(async (request, number) => {
    const answered = await answer(request, number);
    return answered === undefined
      ? { token: `t-${number}`, expiresOnTimestamp: clock.now() + HOUR }
      : answered;
  });
  const cache = cachedCredential(source, { clock, random: () => 0.5 });
  return { clock, source, cache };
}

describe('an observer of tokens', () => {
  it('hears once of a token that twenty calls wait for, and how long they waited', async () => {
    const { ended } = told();
    let answer: (value: undefined) => void = () => undefined;
    const { cache, clock } = setUp(() => new Promise<undefined>((resolve) => (answer = resolve)));
    const calls = Array.from({ length: 20 }, () => cache.getToken(SCOPE));
    await clock.advance(300);
    answer(undefined);
    await Promise.all(calls);
    expect(ended).toEqual([
      {
        scopes: [SCOPE],
        tenantId: undefined,
        reason: 'needed',
        withClaims: false,
        startedAt: START,
        endedAt: START + 300,
        expiresAt: START + 300 + HOUR,
      },
    ]);
  });

  it('tells a token that was needed from one that is fetched ahead, and hears nothing of one that is held', async () => {
    const { begun } = told();
    const { cache, clock } = setUp();
    await cache.getToken(SCOPE);
    await cache.getToken(SCOPE);
    expect(begun).toEqual(['needed']);
    await clock.advance(57 * 60_000);
    await cache.getToken(SCOPE);
    expect(begun).toEqual(['needed', 'ahead']);
    await clock.advance(2 * HOUR);
    await cache.getToken(SCOPE);
    expect(begun).toEqual(['needed', 'ahead', 'needed']);
  });

  it('hears that a token was rejected, and whether claims came with that', async () => {
    const { begun } = told();
    const { cache } = setUp();
    await cache.getToken(SCOPE);
    await cache.getToken(SCOPE, { forceRefresh: true });
    await cache.getToken(SCOPE, { claims: '{"a":1}' });
    expect(begun).toEqual(['needed', 'rejected', 'rejected with claims']);
  });

  it('hears for which tenant a token is asked, where it is another one', async () => {
    const { ended } = told();
    const { cache } = setUp();
    await cache.getToken([SCOPE, 'another'], { tenantId: 'fabrikam' });
    expect(ended).toMatchObject([{ tenantId: 'fabrikam', scopes: [SCOPE, 'another'] }]);
  });

  it.each<[string, CredentialAnswer, string]>([
    ['fails', new Error('the provider is down'), 'the provider is down'],
    ['has none', null, 'the credential answered with nothing'],
    ['answers with an expired one', { token: 't', expiresOnTimestamp: START }, 'a token that has expired'],
  ])('hears why there is none when the credential %s', async (_, answer, message) => {
    const { ended } = told();
    const errors: TokenEvent[] = [];
    undo.push(subscribe('tracing:holdfast:token:error', (event) => errors.push(event)));
    const { cache } = setUp(() => answer);
    await expect(cache.getToken(SCOPE)).rejects.toHaveProperty('code', 'ERR_TOKEN_ACQUISITION');
    expect(ended).toEqual(errors);
    expect(ended).toMatchObject([
      { endedAt: START, error: { message: expect.stringContaining(message) as unknown } },
    ]);
    expect(ended[0]).not.toHaveProperty('expiresAt');
    // What is remembered for a while is no new question.
    await expect(cache.getToken(SCOPE)).rejects.toHaveProperty('code', 'ERR_TOKEN_ACQUISITION');
    expect(ended).toHaveLength(1);
  });

  it('hears that a credential did not answer in time', async () => {
    const { ended } = told();
    const { cache, clock } = setUp(() => new Promise(() => undefined));
    const call = cache.getToken(SCOPE);
    void expect(call).rejects.toHaveProperty('code', 'ERR_TOKEN_ACQUISITION');
    await clock.advance(60_000);
    expect(ended).toMatchObject([
      { endedAt: START + 60_000, error: { message: expect.stringContaining('60000 ms') as unknown } },
    ]);
  });

  it('sees in the attempt that its call has waited for the token', async () => {
    let answer: (value: string) => void = () => undefined;
    const delays: number[] = [];
    undo.push(subscribe('tracing:holdfast:attempt:start', ({ delayMs }) => delays.push(delayMs)));
    const { source, clock } = setUp(() => new Promise((resolve) => (answer = resolve)));
    const { adapter } = scriptedTransport([{ status: 200 }]);
    const client = axios.create({ baseURL: 'https://orders.test', adapter });
    install(client, [attachToken(source, { scopes: SCOPE, clock })], { clock });
    const call = client.get('/7');
    await clock.advance(250);
    answer('t');
    expect(callOf(await call)?.sends).toBe(1);
    expect(delays).toEqual([250]);
  });
});

it('who left an Authorization header on the client is warned once, and not for a request that wants no token', async () => {
  const { source, clock } = setUp();
  const { adapter, requests } = scriptedTransport(() => ({ status: 200 }));
  const client = axios.create({ baseURL: 'https://orders.test', adapter });
  install(client, [attachToken(source, { scopes: SCOPE, clock })], { clock });
  const headers = { Authorization: 'Bearer a-secret' };
  const warnings: WarningEvent[] = [];
  await client.get('/unheard', { headers });
  undo.push(subscribe('holdfast:warning', (event) => warnings.push(event)));
  await client.get('/7', { headers, holdfast: { token: false } });
  await client.get('/7');
  expect(warnings).toEqual([]);
  await client.get('/7', { headers });
  await client.get('/7', { headers });
  expect(warnings).toMatchObject([{ code: 'OWN_AUTHORIZATION', service: 'https://orders.test' }]);
  expect(JSON.stringify(warnings)).not.toContain('a-secret');
  expect(requests.map(({ token }) => token)).toEqual(['a-secret', 'a-secret', 't-1', 'a-secret', 'a-secret']);
});
