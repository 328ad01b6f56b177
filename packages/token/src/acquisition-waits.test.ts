import axios, { type AxiosRequestConfig } from 'axios';
import { TokenAcquisitionError, callOf, currentCall, install, type Interceptor } from '@holdfast/core';
import {
  manualClock,
  scriptedTransport,
  staticCredential,
  type CredentialAnswer,
  type CredentialRequest,
} from '@holdfast/testing';
import { attachToken, cachedCredential, type AttachTokenOptions } from './index.js';

const SCOPE = 'api://orders/.default';
const DOWN = new TokenAcquisitionError({
  service: 'identity provider',
  message: 'down',
  scopes: [SCOPE],
  transient: true,
});

/** A client whose calls bring their deadline along, and a source that is down until `answer` says otherwise. */
function setUp(
  answer: (request: CredentialRequest, number: number) => CredentialAnswer | Promise<CredentialAnswer> = (
    _,
    number,
  ) => (number === 1 ? DOWN : `t-${number}`),
  options: Partial<AttachTokenOptions> = {},
) {
  const clock = manualClock({ fakeGlobals: false });
  const start = clock.now();
  const asked: number[] = [];
  const source = staticCredential((request, number) => {
    asked.push(clock.now() - start);
    return answer(request, number);
  });
  const credential = cachedCredential(source, { clock, random: () => 0, ...options });
  const transport = scriptedTransport(() => ({ status: 200 }), { clock });
  const client = axios.create({ baseURL: 'https://orders.test', adapter: transport.adapter });
  const deadline: Interceptor = (next) => (config) => {
    const { deadlineMs } = (config.params ?? {}) as { deadlineMs?: number };
    if (deadlineMs !== undefined) currentCall(config).deadlineAt = clock.now() + deadlineMs;
    return next(config);
  };
  install(client, [deadline, attachToken(credential, { scopes: SCOPE, clock })], { clock });
  /** One call, and the token it went out with, or its error. */
  const call = (deadlineMs?: number, config: AxiosRequestConfig = {}): Promise<unknown> =>
    client.get('/7', { ...config, ...(deadlineMs !== undefined && { params: { deadlineMs } }) }).then(
      () => transport.requests.at(-1)?.token,
      (error: unknown) => error,
    );
  return { clock, asked, source, credential, call };
}

/** Whether a promise has settled. */
async function isSettled(promise: Promise<unknown>, clock: { settle(): Promise<void> }): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  await clock.settle();
  return settled;
}

const refusal = (retryAfterMs: number) => ({ code: 'ERR_TOKEN_ACQUISITION', retryAfterMs });

describe('a call without a token, while the identity provider is to be left alone', () => {
  it('waits for the next acquisition when its deadline reaches beyond it: all who wait share one', async () => {
    const { clock, asked, call } = setUp();
    const calls = Array.from({ length: 10 }, () => call(30_000));
    await clock.advance(4_999);
    expect(asked).toEqual([0]);
    expect(clock.pendingRef).toBe(10);
    await clock.advance(1);
    expect(await Promise.all(calls)).toEqual(Array(10).fill('t-2'));
    expect(asked).toEqual([0, 5_000]);
    expect(clock.pending).toBe(0);
  });

  it('waits for Retry-After, and begins no wait that does not fit: told at once when to come back', async () => {
    const throttled = Object.assign(new Error('throttled'), { retryAfterMs: 20_000 });
    const { clock, asked, call } = setUp((_, number) => (number === 1 ? throttled : 't-2'));
    expect(await call(20_000)).toMatchObject(refusal(20_000));
    await clock.advance(8_000);
    expect(await call(12_000)).toMatchObject(refusal(12_000));
    const fits = call(12_001);
    await clock.advance(12_000);
    expect(await fits).toBe('t-2');
    expect(asked).toEqual([0, 20_000]);
    expect(clock.pending).toBe(0);
  });

  it('without a deadline, or asking by getToken(), is told at once when to come back', async () => {
    const { clock, credential, call } = setUp();
    expect(await call()).toMatchObject(refusal(5_000));
    await expect(credential.getToken(SCOPE)).rejects.toMatchObject(refusal(5_000));
    expect(clock.pending).toBe(0);
  });

  it('does not wait for what nobody says will pass: a fault in the credential shows at once', async () => {
    const { clock, call } = setUp(() => new TypeError('vault.get is not a function'));
    const message = `No token for ${SCOPE}: the credential failed (TypeError)`;
    for (const deadlineMs of [30_000, 30_000])
      expect(await call(deadlineMs)).toMatchObject({
        ...refusal(5_000),
        message: expect.stringContaining(message) as unknown,
      });
    expect(clock.pending).toBe(0);
  });

  it('waits again when that acquisition fails as well, as long as the next one fits', async () => {
    const { clock, asked, call } = setUp(() => DOWN);
    const [long, short] = [call(16_000), call(10_000)];
    await clock.advance(5_000);
    expect(await short).toMatchObject(refusal(10_000));
    expect(await isSettled(long, clock)).toBe(false);
    await clock.advance(10_000);
    expect(await long).toMatchObject(refusal(20_000));
    expect(asked).toEqual([0, 5_000, 15_000]);
    expect(clock.pending).toBe(0);
  });

  it('is one of 32 at most: the others are told at once', async () => {
    const { clock, call } = setUp();
    const calls = Array.from({ length: 40 }, () => call(30_000));
    await clock.settle();
    const refused = await Promise.all(calls.slice(32));
    for (const error of refused) expect(error).toMatchObject(refusal(5_000));
    await clock.advance(5_000);
    expect(await Promise.all(calls.slice(0, 32))).toEqual(Array(32).fill('t-2'));
    // The places are free again.
    expect(await call(30_000)).toBe('t-2');
  });

  it.each([0, 3])('is one of maxWaiters: %j', async (maxWaiters) => {
    const { clock, call } = setUp(undefined, { maxWaiters });
    const calls = Array.from({ length: 5 }, () => call(30_000));
    await clock.settle();
    expect(clock.pending).toBe(maxWaiters);
    await clock.advance(5_000);
    const answers = await Promise.all(calls);
    expect(answers.filter((answer) => answer === 't-2')).toHaveLength(maxWaiters);
  });

  it('does not wait for what does not mend itself', async () => {
    const init = { service: 'idp', message: 'invalid_client', scopes: [SCOPE], transient: false };
    const { clock, call } = setUp(() => new TokenAcquisitionError(init));
    expect(await call(600_000)).toMatchObject({ transient: false, retryAfterMs: 60_000 });
    await clock.advance(1_000);
    expect(await call(600_000)).toMatchObject({ transient: false, retryAfterMs: 59_000 });
    expect(clock.pending).toBe(0);
  });

  it('does not wait where only a user can help', async () => {
    const error = Object.assign(new Error(), { name: 'AuthenticationRequiredError' });
    const { clock, call } = setUp(() => error);
    for (const deadlineMs of [600_000, 600_000])
      expect(await call(deadlineMs)).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED' });
    expect(clock.pending).toBe(0);
  });

  it('goes at once when it is given up, by signal or cancelToken, and leaves nothing behind', async () => {
    const { clock, call } = setUp();
    const controller = new AbortController();
    const tokens = axios.CancelToken.source();
    const calls = [
      call(30_000, { signal: controller.signal }),
      call(30_000, { cancelToken: tokens.token }),
      call(30_000),
    ];
    await clock.settle();
    expect(clock.pending).toBe(3);
    controller.abort(new Error('enough'));
    expect(await calls[0]).toMatchObject({ code: 'ERR_CANCELED', config: { url: '/7' } });
    tokens.cancel('enough');
    expect(await calls[1]).toMatchObject({ code: 'ERR_CANCELED', message: 'enough' });
    expect(clock.pending).toBe(1);
    await clock.advance(5_000);
    expect(await calls[2]).toBe('t-2');
  });

  it('goes on as soon as there is a token: one asked for before, with claims', async () => {
    let answer: (token: string) => void = () => undefined;
    const { clock, credential, call } = setUp(({ options }) =>
      options.claims === undefined ? DOWN : new Promise((resolve) => (answer = resolve)),
    );
    const claims = credential.getToken(SCOPE, { claims: '{"a":1}' });
    const waits = call(30_000);
    await clock.settle();
    expect(clock.pendingRef).toBe(2);
    answer('t-claims');
    expect(await waits).toBe('t-claims');
    expect((await claims).token).toBe('t-claims');
    expect(clock.pending).toBe(0);
  });

  it('tells its journal how long it waits, and why', async () => {
    const { clock, call } = setUp(() => DOWN);
    const error = call(6_000);
    await clock.advance(5_000);
    expect(callOf(await error)?.refusals).toEqual([
      'waits 5000 ms: a token could not be had, and may be asked for again then',
      'does not wait 10000 ms for a token: it has not the time',
      'down',
    ]);
  });

  it('does not find the source asked too early when the clock is set back meanwhile', async () => {
    const clock = manualClock({ fakeGlobals: false });
    let stepMs = 0;
    const stepping = {
      now: () => clock.now() + stepMs,
      setTimeout: (callback: () => void, delayMs: number) => clock.setTimeout(callback, delayMs),
    };
    const source = staticCredential([DOWN, 't-2']);
    const { adapter } = scriptedTransport(() => ({ status: 200 }), { clock });
    const client = axios.create({ baseURL: 'https://orders.test', adapter });
    const deadline: Interceptor = (next) => (config) => {
      currentCall(config).deadlineAt = stepping.now() + 60_000;
      return next(config);
    };
    const token = attachToken(source, { scopes: SCOPE, clock: stepping, random: () => 0 });
    install(client, [deadline, token], { clock: stepping });
    const call = client.get('/7');
    await clock.settle();
    stepMs = -3_600_000;
    await clock.advance(5_000);
    expect(source.requests).toHaveLength(1);
    await clock.advance(5_000);
    expect((await call).status).toBe(200);
    expect(source.requests).toHaveLength(2);
  });
});
