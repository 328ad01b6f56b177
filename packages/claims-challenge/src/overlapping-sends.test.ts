import axios from 'axios';
import { InteractionRequiredError, callOf, install, type Interceptor } from '@holdfast/core';
import {
  challengeHeader,
  manualClock,
  scriptedTransport,
  staticCredential,
  type CredentialFunction,
  type ScriptFunction,
  type Step,
} from '@holdfast/testing';
import { attachToken } from '@holdfast/token';
import { claimsChallenge, type ClaimsChallengeOptions } from './index.js';

const OK: Step = { status: 200 };
const challenged = (delayMs: number, value = '1'): Step => ({
  status: 401,
  delayMs,
  headers: { 'www-authenticate': challengeHeader({ claims: { access_token: { nbf: { value } } } }) },
});

/** Sends every request twice, and gives out what comes first. */
const hedging: Interceptor = (next) => async (config) => {
  const sends = [next(config), next(config)];
  await Promise.allSettled(sends);
  return Promise.race(sends);
};

/** The answers of the two sends, in the order in which they were begun. */
function setUp(
  script: ScriptFunction,
  answer: CredentialFunction = (_, number) => `t-${number}`,
  options: ClaimsChallengeOptions = {},
) {
  const clock = manualClock({ fakeGlobals: false });
  const transport = scriptedTransport(script, { clock });
  const source = staticCredential(answer);
  const client = axios.create({
    baseURL: 'https://orders.test',
    adapter: transport.adapter,
    validateStatus: () => true,
  });
  const ends: unknown[] = [];
  const telling: Interceptor = (next) => (config) => {
    const at = ends.push(undefined) - 1;
    return next(config).then(
      (response) => {
        ends[at] = response.status;
        return response;
      },
      (error: unknown) => {
        ends[at] = (error as { readonly code?: string }).code;
        throw error;
      },
    );
  };
  const token = attachToken(source, { scopes: 's', clock });
  install(client, [hedging, telling, token, claimsChallenge(options)], { clock });
  const tokens = () => transport.requests.map(({ token: sent }) => sent);
  return { client, clock, source, tokens, ends };
}

describe('two sends of one request that are both challenged', () => {
  it.each([
    ['at once', 0],
    ['one after the other was answered', 1_000],
  ])('%s are both answered, by one token request', async (_, laterMs) => {
    const { client, clock, source, tokens, ends } = setUp(({ token }, number) =>
      token === 't-1' ? challenged(number === 1 ? 0 : laterMs) : OK,
    );
    await clock.runUntilSettled(client.get('/7'));
    expect(ends).toEqual([200, 200]);
    expect(tokens()).toEqual(['t-1', 't-1', 't-2', 't-2']);
    expect(source.requests).toHaveLength(2);
  });

  it('do not ask once more for a token in place of the one that the other has got meanwhile', async () => {
    const { client, clock, source, ends } = setUp(({ token }, number) =>
      token === 't-1' ? challenged(number === 1 ? 0 : 1_000) : { status: 200, delayMs: 5_000 },
    );
    await clock.runUntilSettled(client.get('/7'));
    expect(ends).toEqual([200, 200]);
    expect(source.requests).toHaveLength(2);
  });

  it('keep their token when one of them fails: what a challenger sends once more has it', async () => {
    const nonce: Step = { status: 401, headers: { 'www-authenticate': 'DPoP error="use_dpop_nonce"' } };
    const script: ScriptFunction = (_, number) => {
      if (number === 1) return challenged(0);
      return number === 2 ? { ...(nonce as object), status: 401, delayMs: 1_000 } : OK;
    };
    const needed = new InteractionRequiredError({ service: 'idp', message: 'm', scopes: ['s'] });
    const { client, clock, tokens, ends } = setUp(script, (_, number) => (number === 1 ? 't-1' : needed), {
      challengers: [
        { name: 'dpop', answer: (challenges) => challenges.some(({ scheme }) => scheme === 'dpop') },
      ],
    });
    const error = await clock.runUntilSettled(client.get('/7').catch((one: unknown) => one));
    expect(ends).toEqual(['ERR_INTERACTION_REQUIRED', 200]);
    expect(tokens()).toEqual(['t-1', 't-1', 't-1']);
    expect((error as { config: { headers: object } }).config.headers).not.toHaveProperty('Authorization');
    expect(String(callOf(error))).toContain('a user is needed');
  });
});
