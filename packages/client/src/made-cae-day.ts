import {
  manualClock,
  scriptedTransport,
  staticCredential,
  type ManualClock,
  type ScriptFunction,
  type StaticCredential,
} from '@holdfast/testing';
import type { AxiosAdapter } from 'axios';
import { TokenAcquisitionError } from './index.js';
import { claimsFor } from './made-challenge-storm.js';

export const SECOND = 1_000;
export const MINUTE: number = 60 * SECOND;
export const HOUR: number = 60 * MINUTE;
/** A token that can be revoked lives for as long. */
const TOKEN_MS = 28 * HOUR;
const DAY_MS: number = 30 * HOUR;

/** Numbers as if by chance, the same ones each time (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A time from one instant to another, in epoch milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What happens at an instant. */
export type Event =
  | { readonly at: number; readonly kind: 'calls'; readonly count: number }
  | { readonly at: number; readonly kind: 'revoke'; readonly challenge: string; readonly lagMs: number };

/** A day at an API that revokes tokens, and an identity provider that is down now and then. */
export class CaeDay {
  readonly clock: ManualClock = manualClock({ fakeGlobals: false });
  readonly events: readonly Event[];
  /** While the identity provider is down. */
  readonly outages: readonly Span[];
  /** While the API refuses tokens that are good enough. */
  readonly lags: Span[] = [];
  readonly revokedAt: number[] = [];
  readonly source: StaticCredential;
  readonly adapter: AxiosAdapter;
  /** How many times each call was sent, by its URL. */
  readonly sends = new Map<string, number>();
  readonly #random: () => number;
  #issued = 0;
  #revoked = 0;
  #challenge = '';

  constructor(seed: number) {
    this.#random = seeded(seed);
    const startsAt = this.clock.now();
    this.outages = this.#spread(3, DAY_MS).map((at) => {
      const from = startsAt + HOUR + at;
      return { from, to: from + this.#upTo(this.#random() < 0.5 ? 30 * SECOND : 40 * MINUTE) };
    });
    this.events = this.#planned(startsAt);
    this.source = staticCredential(async (_, number) => {
      await this.#pass(this.#upTo(3 * SECOND));
      const { outages, clock } = this;
      const now = clock.now();
      if (outages.some(({ from, to }) => now >= from && now < to)) return outage();
      this.#issued = number;
      return { token: `t-${number}`, expiresOnTimestamp: now + TOKEN_MS };
    });
    this.adapter = scriptedTransport(this.#api, { clock: this.clock }).adapter;
  }

  /** Lives through the day; `call` makes one call by its URL. */
  async live(call: (url: string) => Promise<void>): Promise<void> {
    const calls: Promise<void>[] = [];
    for (const event of this.events) {
      await this.clock.advance(event.at - this.clock.now());
      if (event.kind === 'revoke') this.#revoke(event);
      else for (let one = 0; one < event.count; one += 1) calls.push(call(`/${calls.length}`));
    }
    await this.clock.runUntilSettled(Promise.all(calls));
  }

  #api: ScriptFunction = ({ token, url }) => {
    this.sends.set(url, (this.sends.get(url) ?? 0) + 1);
    const now = this.clock.now();
    const isLagging = this.lags.some(({ from, to }) => now >= from && now < to);
    const isGood = Number(token?.slice('t-'.length)) > this.#revoked && !isLagging;
    const delayMs = this.#upTo(400);
    return isGood
      ? { status: 200, delayMs }
      : { status: 401, delayMs, headers: { 'www-authenticate': this.#challenge } };
  };

  #revoke({ challenge, lagMs }: Event & { readonly kind: 'revoke' }): void {
    const now = this.clock.now();
    this.#revoked = this.#issued;
    this.#challenge = challenge;
    this.revokedAt.push(now);
    if (lagMs > 0) this.lags.push({ from: now, to: now + lagMs });
  }

  /** Calls all day long and in bursts, revocations at any moment, and some close upon each other. */
  #planned(startsAt: number): Event[] {
    const calls = this.#spread(250, DAY_MS).map((at): Event => ({
      at,
      kind: 'calls',
      count: this.#random() < 0.1 ? 20 : 1,
    }));
    let claims = 0;
    const revocations = this.#spread(25, DAY_MS).flatMap((at) => {
      const burst = this.#random() < 0.2 ? 3 : 1;
      return Array.from({ length: burst }, (_, number): Event[] => {
        const chance = this.#random();
        if (chance < 0.5) claims += 1;
        const challenge = chance > 0.75 ? 'Bearer error="invalid_token"' : claimsFor(String(claims));
        const lagMs = this.#random() < 0.3 ? this.#upTo(20 * SECOND) : 0;
        const revokedAt = at + number * this.#upTo(4 * SECOND);
        // Right behind it comes who notices, some while the token is being renewed.
        const count = 1 + Math.floor(this.#upTo(9));
        return [
          { at: revokedAt, kind: 'revoke', challenge, lagMs },
          { at: revokedAt + this.#upTo(50), kind: 'calls', count },
          { at: revokedAt + this.#upTo(4 * SECOND), kind: 'calls', count },
        ];
      }).flat();
    });
    // The first call after an outage, once the provider may be asked again.
    const firsts = this.outages.map(({ to }): Event => ({
      at: to - startsAt + 6 * MINUTE,
      kind: 'calls',
      count: 1,
    }));
    return [...calls, ...revocations, ...firsts]
      .map((event) => ({ ...event, at: startsAt + event.at }))
      .sort((one, other) => one.at - other.at);
  }

  #spread(count: number, ms: number): number[] {
    return Array.from({ length: count }, () => this.#upTo(ms));
  }

  #upTo(ms: number): number {
    return Math.floor(this.#random() * ms);
  }

  #pass(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.setTimeout(resolve, ms));
  }
}

function outage(): TokenAcquisitionError {
  return new TokenAcquisitionError({ service: 'idp', message: 'down', scopes: [], transient: true });
}
