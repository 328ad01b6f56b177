import axios from 'axios';
import { install } from '@holdfast/core';
import { scriptedTransport, staticCredential, type CredentialAnswer } from '@holdfast/testing';
import { attachToken, cachedCredential } from './index.js';
import { HOUR, MINUTE, SCOPE, START, SteppedClock } from './made-cache.js';

const SECOND = 1_000;

/** A client whose provider gives a token for an hour, or is down. */
function setUp() {
  const clock = new SteppedClock();
  const provider = { isDown: false, asked: [] as number[] };
  const source = staticCredential((_, number): CredentialAnswer => {
    provider.asked.push(clock.now() - START);
    if (provider.isDown) return new Error('down');
    return { token: `t-${number}`, expiresOnTimestamp: clock.now() + HOUR };
  });
  const { adapter, requests } = scriptedTransport(() => ({ status: 200 }), { clock });
  const client = axios.create({ baseURL: 'https://orders.test', adapter });
  install(client, [attachToken(source, { scopes: SCOPE, clock, random: () => 0.5 })], { clock });

  /** A call each minute; how many of them were lost. */
  async function minutes(count: number): Promise<number> {
    let lost = 0;
    for (let minute = 0; minute < count; minute += 1) {
      await client.get('/7').catch(() => (lost += 1));
      await clock.step(MINUTE);
    }
    return lost;
  }
  return { client, provider, minutes, requests };
}

describe('a provider that is down for 24 hours', () => {
  it('is asked no oftener than every five minutes by a client without a token, and once when it is back', async () => {
    const { provider, minutes, requests } = setUp();
    provider.isDown = true;
    expect(await minutes(24 * 60)).toBe(24 * 60);
    expect(requests).toHaveLength(0);
    const pauses = provider.asked.slice(1).map((at, number) => at - provider.asked[number]!);
    expect(pauses.slice(0, 8)).toEqual([1, 1, 1, 1, 2, 3, 6, 6].map((minutes) => minutes * MINUTE));
    expect(provider.asked).toHaveLength(245);
    provider.isDown = false;
    expect(await minutes(12)).toBeLessThanOrEqual(6);
    expect(provider.asked).toHaveLength(246);
  });
});

describe('10,000 calls at once without a token', () => {
  it('make one token request', async () => {
    const { client, provider, requests } = setUp();
    const answers = await Promise.all(Array.from({ length: 10_000 }, (_, call) => client.get(`/${call}`)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect([provider.asked.length, requests.length]).toEqual([1, 10_000]);
  });
});

describe('a fleet of 50 whose tokens were issued in one moment', () => {
  /** At which instants they are refreshed, by clients that ask every second from `from` to `to`. */
  async function refreshes(livesMs: number, from: number, to: number, stepMs: number): Promise<number[]> {
    const clock = new SteppedClock();
    const asked: number[] = [];
    const random = seeded(1);
    const source = staticCredential(() => {
      asked.push(clock.now() - START);
      return { token: 't', expiresOnTimestamp: clock.now() + livesMs };
    });
    const caches = Array.from({ length: 50 }, () => cachedCredential(source, { clock, random }));
    const all = () => Promise.all(caches.map((cache) => cache.getToken(SCOPE)));
    await all();
    await clock.step(from);
    for (let at = from; at <= to; at += stepMs) {
      await all();
      await clock.step(stepMs);
    }
    return asked.slice(50);
  }

  /** The most that fall within any such time. */
  const most = (instants: readonly number[], withinMs: number) =>
    Math.max(...instants.map((from) => instants.filter((at) => at >= from && at < from + withinMs).length));

  it('refreshes those of an hour over most of a minute, no more than four in a second', async () => {
    const asked = await refreshes(HOUR, 54 * MINUTE, 56 * MINUTE, SECOND);
    expect(asked).toHaveLength(50);
    expect(Math.min(...asked)).toBeGreaterThanOrEqual(55 * MINUTE - 27 * SECOND);
    expect(Math.max(...asked)).toBeLessThanOrEqual(55 * MINUTE + 28 * SECOND);
    expect(Math.max(...asked) - Math.min(...asked)).toBeGreaterThan(45 * SECOND);
    expect(most(asked, SECOND)).toBeLessThanOrEqual(4);
  });

  it('refreshes those of 24 hours over two hours, no more than three in a minute', async () => {
    const asked = await refreshes(24 * HOUR, 10.7 * HOUR, 13.3 * HOUR, 10 * SECOND);
    expect(asked).toHaveLength(50);
    expect(Math.max(...asked) - Math.min(...asked)).toBeGreaterThan(2 * HOUR);
    expect(most(asked, MINUTE)).toBeLessThanOrEqual(3);
  });
});

/** Numbers as if by chance, the same ones each time (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
