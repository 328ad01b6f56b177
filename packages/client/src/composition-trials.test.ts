import { challengeHeader, type StaticCredential } from '@holdfast/testing';
import axios from 'axios';
import { claimsChallenge, install, type CircuitBreakerOptions, type Interceptor } from './index.js';
import {
  DOWN,
  NOTHING,
  Stage,
  UP,
  breaker,
  clock,
  gate,
  numberedTokens,
  retries,
  throttledFor,
  token,
  withFreshToken,
} from './made-composition.js';

let states: string[];

beforeEach(() => {
  states = [];
});

const told: CircuitBreakerOptions = { onStateChange: ({ state }) => states.push(state) };

/** A circuit that was opened by a service that was down, and tries it from now on. */
async function halfOpen(inner: readonly Interceptor[], outer: readonly Interceptor[] = []): Promise<Stage> {
  const stage = new Stage(DOWN, [...outer, breaker(told), ...inner]);
  await stage.callsUntilRefused();
  await clock.advance(1_000);
  expect(states).toEqual(['open', 'half-open']);
  return stage;
}

describe('a probe of the circuit', () => {
  it.each([
    ['behind a gate', () => [gate()]],
    ['without one', () => []],
  ])('that is throttled has the circuit wait for the instant, %s', async (_, outer) => {
    const stage = await halfOpen([], outer());
    const before = stage.sends;
    stage.weather = throttledFor(5);
    expect(await stage.ending()).toBe(429);
    expect(states.at(-1)).toBe('open');
    stage.weather = UP;
    await clock.advance(4_000);
    const calls = Promise.all(Array.from({ length: 5 }, () => stage.call()));
    await clock.advance(999);
    expect(stage.sends - before).toBe(1);
    await clock.runUntilSettled(calls);
    await clock.advance(10_000);
    expect(await stage.endings(5)).toEqual(Array(5).fill(200));
    expect(states.at(-1)).toBe('closed');
    expect(stage.left()).toEqual(NOTHING);
  });

  it('for which there is no token gives its permit back, as often as it takes', async () => {
    const credential: StaticCredential = numberedTokens();
    const stage = await halfOpen([token(credential)]);
    const getToken = jest.spyOn(credential, 'getToken').mockRejectedValue(new Error('no token today'));
    const before = stage.sends;
    expect(await stage.endings(10, withFreshToken)).toEqual(Array(10).fill('ERR_TOKEN_ACQUISITION'));
    expect(stage.sends).toBe(before);
    expect(states.at(-1)).toBe('half-open');

    getToken.mockRestore();
    stage.weather = UP;
    expect(await stage.endings(3, withFreshToken)).toEqual([200, 200, 200]);
    expect(states.at(-1)).toBe('closed');
    expect(stage.left()).toEqual(NOTHING);
  });

  it('that is challenged, and sent again with another token, counts once', async () => {
    const stage = await halfOpen([token(numberedTokens()), claimsChallenge()]);
    const field = challengeHeader({ claims: { nbf: { essential: true, value: '1' } } });
    const before = stage.sends;
    stage.weather = () =>
      stage.sends === before + 1 ? { status: 401, headers: { 'www-authenticate': field } } : UP;
    expect(await stage.ending()).toBe(200);
    expect(stage.sends - before).toBe(2);
    expect(states.at(-1)).toBe('half-open');
    expect(await stage.ending()).toBe(200);
    expect(states.at(-1)).toBe('closed');
    expect(stage.left()).toEqual(NOTHING);
  });

  it('whose answer to a challenge fails is one failure', async () => {
    const stage = await halfOpen([token(numberedTokens()), claimsChallenge()]);
    const field = challengeHeader({ claims: { nbf: { essential: true, value: '1' } } });
    const before = stage.sends;
    stage.weather = () =>
      stage.sends === before + 1 ? { status: 401, headers: { 'www-authenticate': field } } : DOWN;
    expect(await stage.ending()).toBe(503);
    expect(states.at(-1)).toBe('half-open');
    expect(await stage.ending()).toBe(503);
    expect(states.at(-1)).toBe('open');
  });

  it('that fails is sent again as the second probe, and then no more: its caller gets what came back', async () => {
    const stage = await halfOpen([], [retries()]);
    const before = stage.sends;
    expect(await stage.endings(3)).toEqual([503, 'ERR_CIRCUIT_OPEN', 'ERR_CIRCUIT_OPEN']);
    expect(stage.sends - before).toBe(2);
    expect(stage.left()).toEqual(NOTHING);
  });
});

describe('a PUT that was sent, and meets an open circuit when it is sent again', () => {
  it('gets the answer to what was sent, and its story says why there was no more', async () => {
    const stage = new Stage(DOWN, [retries(), gate(), breaker()]);
    const put = stage.call({ method: 'put', data: {} });
    await clock.settle();
    const others = Promise.all(Array.from({ length: 30 }, () => stage.call()));
    await clock.settle();
    expect(await clock.runUntilSettled(put)).toBe(503);
    await clock.runUntilSettled(others);
    expect(stage.requests.filter(({ method }) => method === 'put')).toHaveLength(1);
    expect(stage.stories.find((story) => story.startsWith('PUT'))).toContain('refused: circuit open');
    expect(stage.left()).toEqual(NOTHING);
  });
});

describe('two clients with one breaker', () => {
  it('at one origin hear of each other’s failures', async () => {
    const shared = [breaker()];
    const first = new Stage(DOWN, shared);
    const second = new Stage(UP, shared);
    await first.callsUntilRefused();
    expect(await second.ending()).toBe('ERR_CIRCUIT_OPEN');
    await clock.advance(1_000);
    expect(await second.endings(2)).toEqual([200, 200]);
    first.weather = UP;
    expect(await first.ending()).toBe(200);
    expect([first.left(), second.left()]).toEqual([NOTHING, NOTHING]);
  });

  it('give the permits of each other’s cancelled probes back', async () => {
    const shared = [breaker()];
    const first = new Stage(DOWN, shared);
    const second = new Stage('hang', shared);
    await first.callsUntilRefused();
    await clock.advance(1_000);
    const controller = new AbortController();
    const probes = Promise.all([1, 2, 3].map(() => second.call({ signal: controller.signal })));
    await clock.settle();
    expect(await first.ending()).toBe('ERR_CIRCUIT_OPEN');
    controller.abort();
    await probes;
    first.weather = UP;
    expect(await first.endings(3)).toEqual([200, 200, 200]);
  });

  it('at two origins do not', async () => {
    const shared = [breaker()];
    const dead = new Stage(DOWN, shared);
    const well = axios.create({
      baseURL: 'https://invoices.test',
      adapter: new Stage(UP, []).client.defaults.adapter!,
    });
    install(well, shared, { clock });
    await dead.callsUntilRefused();
    expect((await well.get('/7')).status).toBe(200);
  });
});

describe('requests with a key of their own', () => {
  const of = (key: string) => () => ({ holdfast: { key } });

  it('share a circuit by it, and leave that of others alone', async () => {
    const stage = new Stage(DOWN, [breaker()]);
    await stage.callsUntilRefused(of('tenant-1'));
    stage.weather = UP;
    expect(await stage.endings(1, of('tenant-1'))).toEqual(['ERR_CIRCUIT_OPEN']);
    expect(await stage.endings(1, of('tenant-2'))).toEqual([200]);
    expect(await stage.endings(1)).toEqual([200]);
  });

  it('share a gate and a circuit by the same key', async () => {
    const stage = new Stage(throttledFor(60), [gate(), breaker()]);
    await stage.endings(1, of('mailbox-1'));
    stage.weather = UP;
    expect(await stage.endings(1, of('mailbox-2'))).toEqual([200]);
    const from = clock.now();
    expect(await stage.endings(1, of('mailbox-1'))).toEqual([200]);
    expect(clock.now() - from).toBeGreaterThanOrEqual(60_000);
  });
});
