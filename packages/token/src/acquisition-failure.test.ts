import { inspect } from 'node:util';
import axios, { AxiosError, AxiosHeaders, type InternalAxiosRequestConfig } from 'axios';
import {
  AttemptTimeoutError,
  InteractionRequiredError,
  TokenAcquisitionError,
  install,
  isHoldfastError,
} from '@holdfast/core';
import { manualClock, staticCredential, type CredentialAnswer } from '@holdfast/testing';
import { attachToken, cachedCredential, type TokenCredential } from './index.js';

const SCOPE = 'api://orders/.default';
const SECRET = 'hunter2';
const SECRETS = `client_secret=${SECRET}`;

function setUp(answer: () => CredentialAnswer) {
  const cache = cachedCredential(staticCredential(answer), { clock: manualClock({ fakeGlobals: false }) });
  const failure = () => cache.getToken(SCOPE).then(fail, (error: unknown) => error as TokenAcquisitionError);
  return { failure };
}

function fail(): never {
  throw new Error('A token was not expected');
}

describe('a failed acquisition', () => {
  it('does not come from nonsense', async () => {
    const past = { token: 't', expiresOnTimestamp: 1 };
    const nonsense = [null, { ...past, token: '' }, past, { ...past, expiresOnTimestamp: NaN }];
    for (const answer of nonsense) {
      const { failure } = setUp(() => answer);
      expect(isHoldfastError(await failure(), 'ERR_TOKEN_ACQUISITION')).toBe(true);
    }
  });

  it('needs a user: the error of a credential that says so keeps its kind', async () => {
    const error = Object.assign(new Error('…'), { name: 'AuthenticationRequiredError' });
    const { failure } = setUp(() => error);
    expect(await failure()).toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      scopes: [SCOPE],
      cause: error,
    });
  });

  it('tells what the credential said: its name, message, codes and stack', async () => {
    const inner = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const outer = Object.assign(new Error('AADSTS90033', { cause: inner }), {
      name: 'ServerError',
      errorCode: 'temporarily_unavailable',
      status: 503,
      correlationId: 'c-1',
    });
    const { failure } = setUp(() => outer);
    const error = await failure();
    expect(error.cause).toMatchObject({
      name: 'ServerError',
      message: 'AADSTS90033',
      errorCode: 'temporarily_unavailable',
      status: 503,
      correlationId: 'c-1',
      stack: outer.stack,
      cause: { message: 'connect ECONNREFUSED', code: 'ECONNREFUSED' },
    });
  });
});

describe('the request of a credential, with its secret', () => {
  const config: InternalAxiosRequestConfig = { headers: new AxiosHeaders(), url: '/token', data: SECRETS };
  const refused = () => new AxiosError('Network Error', 'ERR_NETWORK', config, { body: SECRETS });
  const init = { service: 'idp', message: 'no', scopes: [SCOPE] };

  it.each<[string, () => Error]>([
    ['axios’s error', refused],
    ['one in another’s cause', () => new Error('no token', { cause: refused() })],
    ['one of many', () => new AggregateError([refused()], 'all failed')],
    ['one of many in a cause', () => new Error('no', { cause: new AggregateError([refused()]) })],
    [
      'an error with members of its own',
      () => Object.assign(new Error('no'), { options: { body: SECRETS } }),
    ],
    [
      'an error of the credential’s own pipeline',
      () => new AttemptTimeoutError({ service: 'idp', config, timeoutMs: 5 }),
    ],
    ['a refusal of its own token', () => new TokenAcquisitionError({ ...init, config, transient: true })],
    [
      'a refusal with a cause',
      () => new TokenAcquisitionError({ ...init, cause: refused(), transient: true }),
    ],
    ['a user who is needed there', () => new InteractionRequiredError({ ...init, config, cause: refused() })],
  ])('is not to be reached from %s', async (_, make) => {
    const { failure } = setUp(make);
    const first = await failure();
    const second = await failure();
    for (const error of [first, second]) {
      expect(isHoldfastError(error, 'ERR_TOKEN_ACQUISITION', 'ERR_INTERACTION_REQUIRED')).toBe(true);
      expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(SECRET);
      for (let one: unknown = error; one instanceof Error; one = one.cause)
        expect(one).not.toHaveProperty('config.data');
    }
  });

  it('is not in the error of a call, nor that call’s in it', async () => {
    const broker = axios.create({
      baseURL: 'https://broker.test',
      adapter: () => Promise.reject(refused()),
    });
    install(broker, [attachToken(staticCredential(new Error('inner')), { scopes: 'inner' })]);
    const credential: TokenCredential = {
      getToken: () => broker.post('/token', SECRETS).then(() => null),
    };
    const client = axios.create({ baseURL: 'https://orders.test' });
    install(client, [attachToken(credential, { scopes: SCOPE })]);
    const error = await client.get('/7').then(fail, (caught: unknown) => caught as AxiosError);
    expect(error).toMatchObject({ code: 'ERR_TOKEN_ACQUISITION', config: { url: '/7' } });
    expect(error.cause).toMatchObject({ code: 'ERR_TOKEN_ACQUISITION' });
    expect((error.cause as AxiosError).config).toBeUndefined();
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(SECRET);
  });
});

describe('a clock that is set back during a backoff', () => {
  it('does not lock tokens out for as long as the step', async () => {
    const clock = manualClock({ fakeGlobals: false });
    let stepMs = 0;
    const source = staticCredential((_, number) =>
      number === 1 ? new Error('blip') : { token: 't-2', expiresOnTimestamp: clock.now() + 3_600_000 },
    );
    const cache = cachedCredential(source, {
      clock: {
        now: () => clock.now() + stepMs,
        setTimeout: (callback, ms) => clock.setTimeout(callback, ms),
      },
      random: () => 0,
    });
    await expect(cache.getToken(SCOPE)).rejects.toMatchObject({ code: 'ERR_TOKEN_ACQUISITION' });
    stepMs = -3_600_000;
    await expect(cache.getToken(SCOPE)).rejects.toMatchObject({ retryAfterMs: 5_000 });
    await clock.advance(5_000);
    await expect(cache.getToken(SCOPE)).resolves.toMatchObject({ token: 't-2' });
    expect(source.requests).toHaveLength(2);
  });
});
