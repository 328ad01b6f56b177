import { inspect } from 'node:util';
import axios from 'axios';
import { TokenAcquisitionError, callOf, currentCall, install, type Interceptor } from '@holdfast/core';
import { manualClock, scriptedTransport, staticCredential, type CredentialFunction } from '@holdfast/testing';
import { attachToken, cachedCredential } from './index.js';

const SCOPE = 'api://orders/.default';
const CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}';
const LOGIN = "Please run 'az login' from a command prompt to authenticate before using this credential.";

const unavailable = (message: string) =>
  Object.assign(new Error(message), { name: 'CredentialUnavailableError' });
const claimsRefused = (claims: string) =>
  unavailable(
    "This credential doesn't support claims challenges. To authenticate with the required claims, please run the " +
      `following command: az login --claims-challenge ${Buffer.from(claims).toString('base64')} --scope ${SCOPE}`,
  );

/** A developer's tool, as `@azure/identity` wraps it: `isSignedIn` says whether it has tokens. */
function setUp(answer: CredentialFunction) {
  const clock = manualClock({ fakeGlobals: false });
  const tool = staticCredential(answer);
  const cache = cachedCredential(tool, { clock, random: () => 0 });
  const transport = scriptedTransport(() => ({ status: 200 }), { clock });
  const client = axios.create({ baseURL: 'https://orders.test', adapter: transport.adapter });
  const deadline: Interceptor = (next) => (config) => {
    currentCall(config).deadlineAt = clock.now() + 30_000;
    return next(config);
  };
  install(client, [deadline, attachToken(cache, { scopes: SCOPE, clock })], { clock });
  return { clock, tool, cache, client, transport };
}

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error as TokenAcquisitionError,
  );

describe('a developer who has not signed in', () => {
  it('is told how, by the error and in the journal of the call', async () => {
    const { cache, client, transport } = setUp(() => unavailable(LOGIN));
    const message = `No token for ${SCOPE}: the credential is not available: ${LOGIN}`;
    const error = await failureOf(cache.getToken(SCOPE));
    expect(error).toMatchObject({ message, unavailable: true, cause: { message: LOGIN } });
    const failed = await failureOf(client.get('/7'));
    expect(failed?.message).toContain(LOGIN);
    expect(String(callOf(failed))).toContain(LOGIN);
    expect(transport.requests).toHaveLength(0);
  });

  it.each<[string, CredentialFunction]>([
    ['a tool of the Azure SDK', () => unavailable(LOGIN)],
    [
      'a credential of Holdfast’s kind',
      () =>
        new TokenAcquisitionError({
          service: 'identity provider',
          message: LOGIN,
          scopes: [SCOPE],
          transient: true,
          retryAfterMs: 2_000,
          unavailable: true,
        }),
    ],
  ])('is told at once, not when the call’s deadline is over: %s', async (_, answer) => {
    const { client, tool } = setUp(answer);
    await expect(client.get('/7')).rejects.toMatchObject({ unavailable: true });
    expect(tool.requests).toHaveLength(1);
  });

  it.each<[string, (said: string) => Error]>([
    ['in what it says', (said) => unavailable(said)],
    ['in what led to it', (said) => Object.assign(unavailable(LOGIN), { cause: new Error(said) })],
    ['in its code', (said) => Object.assign(unavailable(LOGIN), { code: said })],
    [
      'in a chain of them',
      (said) =>
        Object.assign(new Error(said), {
          name: 'AggregateAuthenticationError',
          errors: [unavailable(LOGIN), unavailable(said)],
        }),
    ],
  ])('is not shown the token that his tool has quoted: %s', async (_, failed) => {
    const token = `eyJ0eXAiOiJKV1QifQ.eyJhdWQiOiJhcGkifQ.${'c2lnbmF0dXJl'.repeat(20)}`;
    const { cache, client } = setUp(() =>
      failed(`Unable to parse the output. Received output: {"Token":"${token}"`),
    );
    const errors = [await failureOf(cache.getToken(SCOPE)), await failureOf(client.get('/7'))];
    for (const error of errors) {
      expect(error).toMatchObject({ unavailable: true });
      const shown = inspect(error, { depth: Infinity, showHidden: true });
      for (const part of token.split('.')) expect(shown).not.toContain(part);
    }
  });

  it('is served within seconds of signing in', async () => {
    let isSignedIn = false;
    const { cache, clock } = setUp(() => (isSignedIn ? 'a-token' : unavailable(LOGIN)));
    await expect(cache.getToken(SCOPE)).rejects.toMatchObject({ unavailable: true });
    isSignedIn = true;
    await clock.advance(5_000);
    await expect(cache.getToken(SCOPE)).resolves.toMatchObject({ token: 'a-token' });
  });
});

describe('a developer’s tool that cannot satisfy a claims challenge', () => {
  it('says that a user is needed, with the claims, and with the command', async () => {
    const { cache } = setUp(({ options }) =>
      options.claims === undefined ? 'a-token' : claimsRefused(options.claims),
    );
    await cache.getToken(SCOPE);
    const error = await failureOf(cache.getToken(SCOPE, { claims: CLAIMS }));
    expect(error).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', claims: CLAIMS, scopes: [SCOPE] });
    const command = `az login --claims-challenge ${Buffer.from(CLAIMS).toString('base64')} --scope ${SCOPE}`;
    expect(error?.message.endsWith(command)).toBe(true);
    // Who asks without claims keeps his token.
    await expect(cache.getToken(SCOPE)).resolves.toMatchObject({ token: 'a-token' });
  });

  it('is no reason to ask a user when nobody has asked for claims', async () => {
    const { cache } = setUp(() => claimsRefused(CLAIMS));
    await expect(cache.getToken(SCOPE)).rejects.toMatchObject({ code: 'ERR_TOKEN_ACQUISITION' });
  });
});
