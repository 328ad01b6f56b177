import { Readable } from 'node:stream';
import axios, { type AxiosRequestConfig } from 'axios';
import { TokenAcquisitionError, callOf, currentCall, install, type Interceptor } from '@holdfast/core';
import {
  challengeHeader,
  manualClock,
  scriptedTransport,
  staticCredential,
  type CredentialFunction,
  type ScriptFunction,
} from '@holdfast/testing';
import { attachToken, cachedCredential, type AttachTokenOptions } from '@holdfast/token';
import { claimsChallenge } from './index.js';

const CLAIMS = '{"access_token":{"nbf":{"value":"1"}}}';
const headers = { 'www-authenticate': challengeHeader({ claims: CLAIMS }) };
const throttled = (retryAfterMs: number) =>
  new TokenAcquisitionError({ service: 'idp', message: 'busy', scopes: [], retryAfterMs, transient: true });

/** The API has revoked the first token, and the provider wants to be left alone for four seconds. */
function setUp({
  answer = (_, number) => (number === 2 ? throttled(4_000) : `t-${number}`),
  script = ({ token }) => (token === 't-1' ? { status: 401, headers } : { status: 200 }),
  options = {},
}: { answer?: CredentialFunction; script?: ScriptFunction; options?: Partial<AttachTokenOptions> } = {}) {
  const clock = manualClock({ fakeGlobals: false });
  const transport = scriptedTransport(script, { clock });
  const source = staticCredential(answer);
  const cache = cachedCredential(source, { clock, random: () => 0, ...options });
  const client = axios.create({
    baseURL: 'https://orders.test',
    adapter: transport.adapter,
    validateStatus: () => true,
  });
  const deadline: Interceptor = (next) => (config) => {
    currentCall(config).deadlineAt = clock.now() + (config.params as { deadlineMs: number }).deadlineMs;
    return next(config);
  };
  install(client, [deadline, attachToken(cache, { scopes: 'orders', clock }), claimsChallenge()], { clock });
  const get = (deadlineMs = Infinity, config: AxiosRequestConfig = {}) => {
    const request: AxiosRequestConfig = { ...config, params: { deadlineMs } };
    return client.get('/7', request);
  };
  const tokens = () => transport.requests.map(({ token }) => token);
  return { clock, source, cache, get, tokens };
}

describe('calls whose token was revoked, while the provider throttles its renewal', () => {
  it('wait when they have the time: all 20 get through, by one token request after the wait', async () => {
    const { clock, source, get, tokens } = setUp();
    const calls = Promise.all(Array.from({ length: 20 }, () => get(30_000)));
    await clock.advance(3_999);
    expect(source.requests).toHaveLength(2);
    expect(tokens()).toHaveLength(20);
    await clock.advance(1);
    const responses = await calls;
    expect(responses.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(source.requests.map(({ options }) => options.claims)).toEqual([undefined, CLAIMS, CLAIMS]);
    expect(String(callOf(responses[0]))).toMatch(
      /401; waits 4000 ms: .*; claims challenge \(nbf\) answered: sent once more with another token/,
    );
    expect(clock.pending).toBe(0);
  });

  it.each([
    ['without a deadline', Infinity],
    ['with one that ends with the wait', 4_000],
  ])('%s get the 401 at once, and their journal says when', async (_, deadlineMs) => {
    const { clock, get, tokens } = setUp();
    for (let call = 0; call < 2; call += 1) {
      const response = await get(deadlineMs);
      expect(response.status).toBe(401);
      expect(String(callOf(response))).toMatch(
        /does not wait 4000 ms for a token: it has not the time; claims challenge \(nbf\) not answered: busy/,
      );
    }
    expect(tokens()).toEqual(['t-1', 't-1']);
    expect(clock.pending).toBe(0);
  });

  it('wait however many they are, and leave room for maxWaiters that never had a token', async () => {
    let expiresOnTimestamp = 0;
    const { clock, source, get, tokens } = setUp({
      answer: (_, number) => {
        if (number === 1) return { token: 't-1', expiresOnTimestamp };
        return number === 2 ? throttled(4_000) : 't-3';
      },
      options: { maxWaiters: 1, clockSkewMs: 0 },
    });
    expiresOnTimestamp = clock.now() + 1_000;
    const sentBack = Array.from({ length: 5 }, () => get(30_000));
    await clock.advance(2_000);
    // The token that they were sent with has run out by now.
    const [first, second] = [get(30_000), get(30_000)];
    await clock.settle();
    await expect(second).rejects.toMatchObject({ code: 'ERR_TOKEN_ACQUISITION' });
    expect(tokens()).toHaveLength(5);
    await clock.advance(2_000);
    const responses = await Promise.all([...sentBack, first]);
    expect(responses.map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(source.requests).toHaveLength(3);
  });

  it('wait again and again, as long as the provider says so and their time allows', async () => {
    const { clock, source, get } = setUp({
      answer: (_, number) => (number > 1 && number < 8 ? throttled(1_000) : `t-${number}`),
    });
    const call = get(30_000);
    await clock.advance(6_000);
    expect(await call).toMatchObject({ status: 200 });
    expect(source.requests).toHaveLength(8);
  });

  it('go on as soon as there is another token: one asked for before, with claims', async () => {
    let come: (token: string) => void = () => undefined;
    const { clock, cache, get, tokens } = setUp({
      answer: ({ options }, number) => {
        if (options.claims !== undefined) return new Promise((resolve) => (come = resolve));
        return number === 1 ? 't-1' : throttled(4_000);
      },
      script: ({ token }) =>
        token === 't-1'
          ? { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } }
          : { status: 200 },
    });
    await cache.getToken('orders');
    const other = cache.getToken('orders', { claims: CLAIMS });
    const call = get(30_000);
    await clock.advance(1_000);
    expect(tokens()).toEqual(['t-1']);
    come('t-2');
    await Promise.all([other, clock.settle()]);
    expect(await call).toMatchObject({ status: 200 });
    expect(tokens()).toEqual(['t-1', 't-2']);
    expect(clock.pending).toBe(0);
  });

  it('go at once when they are given up, by signal or cancelToken, and leave nothing behind', async () => {
    const { clock, get, tokens } = setUp();
    const controller = new AbortController();
    const cancel = axios.CancelToken.source();
    const calls = [
      get(30_000, { signal: controller.signal }),
      get(30_000, { cancelToken: cancel.token }),
    ].map((call) => call.catch((error: unknown) => error));
    await clock.settle();
    expect(clock.pending).toBe(2);
    controller.abort();
    cancel.cancel('enough');
    for (const error of await Promise.all(calls)) expect(error).toMatchObject({ code: 'ERR_CANCELED' });
    expect(clock.pending).toBe(0);
    await clock.advance(30_000);
    expect(tokens()).toEqual(['t-1', 't-1']);
  });

  it('keep the 401 until it is answered, and it is theirs when it is not', async () => {
    const streams: Readable[] = [];
    const { clock, get } = setUp({
      script: ({ token }) => {
        const data = Readable.from(['no']);
        streams.push(data);
        return token === 't-1' ? { status: 401, headers, data } : { status: 200 };
      },
    });
    const [waits, does] = [get(30_000), get(2_000)];
    expect((await does).data).toBe(streams[1]);
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([false, false]);
    await clock.advance(4_000);
    await waits;
    expect(streams.slice(0, 2).map(({ destroyed }) => destroyed)).toEqual([true, false]);
  });
});
