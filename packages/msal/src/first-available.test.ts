import { TokenAcquisitionError } from '@holdfast/core';
import {
  manualClock,
  staticCredential,
  type CredentialAnswer,
  type StaticCredential,
} from '@holdfast/testing';
import { cachedCredential, type TokenCredential } from '@holdfast/token';
import { firstAvailable } from './index.js';
import { failureOf } from './made-outcomes.js';

const SCOPE = 'api://orders/.default';
const OTHER_SCOPE = 'api://billing/.default';
const CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}';

const notHere = () => Object.assign(new Error('not here'), { name: 'CredentialUnavailableError' });
const down = () =>
  new TokenAcquisitionError({ service: 'idp', message: 'down', scopes: [SCOPE], transient: true });

/** Asks as many times as there are scopes, all at once. */
const together = (credential: TokenCredential, scopes: readonly string[]) =>
  Promise.all(scopes.map(async (scope) => (await credential.getToken(scope))?.token));

const counts = (...credentials: readonly StaticCredential[]) =>
  credentials.map(({ requests }) => requests.length);

/** A credential that is asked, and answers when the test says so. */
function held() {
  const answers: ((answer: CredentialAnswer) => void)[] = [];
  const signals: AbortSignal[] = [];
  const credential = staticCredential(({ options }) => {
    if (options.abortSignal !== undefined) signals.push(options.abortSignal);
    return new Promise<CredentialAnswer>((resolve) => answers.push(resolve));
  });
  const asked = async (times: number) => {
    while (answers.length < times) await new Promise(setImmediate);
  };
  return { credential, answers, signals, asked };
}

describe('firstAvailable()', () => {
  it('asks each that is not available once, and from then on the first that is', async () => {
    const [cloud, laptop, never] = [
      staticCredential(notHere()),
      staticCredential('t'),
      staticCredential('n'),
    ];
    const credential = firstAvailable(cloud, laptop, never);
    for (let time = 0; time < 3; time += 1)
      await expect(credential.getToken(SCOPE)).resolves.toMatchObject({ token: 't' });
    expect(counts(cloud, laptop, never)).toEqual([1, 3, 0]);
  });

  it('takes what a module exports for a credential, which is of no class', async () => {
    const exported = Object.assign(Object.create(null) as object, {
      getToken: () => Promise.reject(notHere()),
    });
    const error = await failureOf(firstAvailable(exported, exported).getToken(SCOPE));
    expect((error as Error).message).toBe(
      `No token for ${SCOPE}: no credential is available here\n  credential 1: not here\n  credential 2: not here`,
    );
  });

  it('asks each once when a hundred callers come at the start, and gives them all the one token', async () => {
    const cloud = staticCredential(notHere());
    const laptop = held();
    const credential = firstAvailable(cloud, laptop.credential);
    const tokens = together(credential, Array<string>(100).fill(SCOPE));
    await laptop.asked(1);
    laptop.answers[0]?.('t');
    expect(new Set(await tokens)).toEqual(new Set(['t']));
    expect(counts(cloud, laptop.credential)).toEqual([1, 1]);
  });

  it('gives nobody the token of another’s scopes', async () => {
    const cloud = staticCredential(notHere());
    const laptop = staticCredential(({ scopes }) => `for ${scopes.join(' ')}`);
    const scopes = [SCOPE, OTHER_SCOPE, SCOPE];
    const tokens = await together(firstAvailable(cloud, laptop), scopes);
    expect(tokens).toEqual(scopes.map((scope) => `for ${scope}`));
    expect(counts(cloud, laptop)).toEqual([1, 2]);
  });

  it.each<[string, object, number]>([
    ['a tenant', { tenantId: 'fabrikam.example' }, 2],
    ['the capability for claims challenges', { enableCae: true }, 2],
    ['a proof of possession', { proofOfPossessionOptions: {} }, 2],
    ['a span of Azure’s', { tracingOptions: {} }, 1],
  ])('gives nobody the token of another who has asked for %s', async (_, options, requests) => {
    const laptop = staticCredential('t');
    const credential = firstAvailable(laptop);
    await Promise.all([credential.getToken(SCOPE, options), credential.getToken(SCOPE)]);
    expect(laptop.requests).toHaveLength(requests);
    expect(laptop.requests[0]?.options).toMatchObject(options);
  });

  it('hands on what is asked of the token, once it is known who asks', async () => {
    const [cloud, laptop] = [staticCredential(notHere()), staticCredential('t')];
    const credential = firstAvailable(cloud, laptop);
    const options = { claims: CLAIMS, forceRefresh: true, tenantId: 'fabrikam.example', enableCae: true };
    await credential.getToken([SCOPE], options);
    await credential.getToken([SCOPE], options);
    // A tool that cannot satisfy claims would seem not to be there, and the next one would be asked.
    const plain = { tenantId: 'fabrikam.example', enableCae: true };
    const withSignal = { ...plain, abortSignal: expect.any(AbortSignal) as AbortSignal };
    expect(cloud.requests.map(({ options: one }) => one)).toEqual([withSignal]);
    expect(laptop.requests.map(({ options: one }) => one)).toEqual([withSignal, options, options]);
    expect(laptop.requests.map(({ scopes }) => scopes)).toEqual([[SCOPE], [SCOPE], [SCOPE]]);
  });

  it('asks for the scopes that it was given, though the caller’s list is another one by then', async () => {
    const cloud = held();
    const laptop = staticCredential('t');
    const scopes = [SCOPE];
    const token = firstAvailable(cloud.credential, laptop).getToken(scopes);
    await cloud.asked(1);
    scopes[0] = OTHER_SCOPE;
    cloud.answers[0]?.(notHere());
    await token;
    expect(laptop.requests[0]?.scopes).toEqual([SCOPE]);
  });

  it.each([
    ['none', [], 'firstAvailable(): at least one credential must be given'],
    [
      'one that is none',
      [staticCredential(), 'AzureCliCredential', staticCredential()],
      'firstAvailable(): argument 2 of 3 must be an object with getToken()',
    ],
    ['null', [null], 'firstAvailable(): argument 1 of 1 must be an object with getToken()'],
    ['a list', [[staticCredential()]], 'firstAvailable(): argument 1 of 1 must be an object with getToken()'],
  ])('says at construction what is wrong: %s', (_, credentials, message) => {
    expect(() => firstAvailable(...(credentials as TokenCredential[]))).toThrow(new TypeError(message));
  });
});

describe('a caller who gives up while credentials are probed', () => {
  it('leaves at once, and the others get the token', async () => {
    const { credential, answers, signals, asked } = held();
    const first = firstAvailable(credential);
    const controller = new AbortController();
    const left = first.getToken(SCOPE, { abortSignal: controller.signal });
    const stayed = first.getToken(SCOPE);
    await asked(1);
    controller.abort();
    await expect(left).rejects.toMatchObject({ name: 'AbortError' });
    expect(signals[0]?.aborted).toBe(false);
    answers[0]?.('t');
    await expect(stayed).resolves.toMatchObject({ token: 't' });
    expect(credential.requests).toHaveLength(1);
  });

  it('who is the last one ends the probe, and who comes then is served by another', async () => {
    const cloud = held();
    const laptop = staticCredential('t');
    const first = firstAvailable(cloud.credential, laptop);
    const controller = new AbortController();
    const left = first.getToken(SCOPE, { abortSignal: controller.signal });
    await cloud.asked(1);
    controller.abort();
    await expect(left).rejects.toMatchObject({ name: 'AbortError' });
    expect(cloud.signals[0]?.aborted).toBe(true);
    const next = first.getToken(SCOPE);
    await cloud.asked(2);
    // What it says when it is told to stop is not about whether it is there.
    cloud.answers[0]?.(notHere());
    await new Promise(setImmediate);
    expect(laptop.requests).toHaveLength(0);
    cloud.answers[1]?.('cloud');
    await expect(next).resolves.toMatchObject({ token: 'cloud' });
  });

  it('before they are probes nobody', async () => {
    const credential = staticCredential('t');
    const abortSignal = AbortSignal.abort();
    const asked = firstAvailable(credential).getToken(SCOPE, { abortSignal });
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
    expect(credential.requests).toHaveLength(0);
  });

  it('for a probe that hangs, as a cache does in the end, finds it asked anew by the next call', async () => {
    const clock = manualClock({ fakeGlobals: false });
    const cloud = held();
    const cached = cachedCredential(firstAvailable(cloud.credential), { clock, random: () => 0 });
    const hung = failureOf(cached.getToken(SCOPE));
    await clock.advance(60_000);
    expect(await hung).toMatchObject({ code: 'ERR_TOKEN_ACQUISITION' });
    expect(cloud.signals[0]?.aborted).toBe(true);
    await clock.advance(5_000);
    const next = cached.getToken(SCOPE);
    await cloud.asked(2);
    cloud.answers[1]?.('t');
    await expect(next).resolves.toMatchObject({ token: 't' });
  });
});

describe('a credential that is there, and fails', () => {
  it.each<[string, () => Error]>([
    ['an outage', down],
    ['a foreign outage', () => new Error('connect ECONNREFUSED')],
    [
      'a user who is needed (Azure’s chains would go on)',
      () => Object.assign(new Error('invalid_grant: …'), { name: 'AuthenticationRequiredError' }),
    ],
    [
      'a chain of which one is there',
      () =>
        Object.assign(new Error('all'), {
          name: 'AggregateAuthenticationError',
          errors: [notHere(), new Error('no')],
        }),
    ],
  ])('is not replaced by another identity: %s', async (_, failure) => {
    const error = failure();
    const [cloud, laptop] = [staticCredential([error, 't']), staticCredential('of somebody else')];
    const credential = firstAvailable(cloud, laptop);
    expect(await failureOf(credential.getToken(SCOPE))).toBe(error);
    await expect(credential.getToken(SCOPE)).resolves.toMatchObject({ token: 't' });
    expect(counts(cloud, laptop)).toEqual([2, 0]);
  });

  it('is where the next call begins: those before it are not probed again', async () => {
    const [cloud, middle] = [staticCredential(notHere()), staticCredential([down(), down(), 't'])];
    const credential = firstAvailable(cloud, middle);
    for (let time = 0; time < 2; time += 1)
      await expect(credential.getToken(SCOPE)).rejects.toMatchObject({ message: 'down' });
    await expect(credential.getToken(SCOPE)).resolves.toMatchObject({ token: 't' });
    expect(counts(cloud, middle)).toEqual([1, 3]);
  });

  it('for the scopes of one caller does not fail another, who has others', async () => {
    const laptop = staticCredential(({ scopes }) => (scopes[0] === SCOPE ? new Error('no such scope') : 't'));
    const credential = firstAvailable(laptop);
    const bad = [credential.getToken(SCOPE), credential.getToken(SCOPE)].map(failureOf);
    await expect(credential.getToken(OTHER_SCOPE)).resolves.toMatchObject({ token: 't' });
    for (const error of await Promise.all(bad)) expect(error).toMatchObject({ message: 'no such scope' });
    expect(laptop.requests).toHaveLength(2);
  });

  it('once it has been chosen is never replaced, also when it says that it is not available', async () => {
    const [cloud, laptop] = [staticCredential(['t', notHere(), 't']), staticCredential('of somebody else')];
    const credential = firstAvailable(cloud, laptop);
    await credential.getToken(SCOPE);
    await expect(credential.getToken(SCOPE)).rejects.toMatchObject({
      code: 'ERR_TOKEN_ACQUISITION',
      unavailable: true,
      message: `No token for ${SCOPE}: the credential is not available: not here`,
    });
    await expect(credential.getToken(SCOPE)).resolves.toMatchObject({ token: 't' });
    expect(counts(cloud, laptop)).toEqual([3, 0]);
  });
});
