import type { Clock } from '@holdfast/core';
import type { StormSetting } from './storm-result.js';

export interface ServerAnswer {
  readonly status: 200 | 503;
  /** The value of the header, in seconds. */
  readonly retryAfter?: string;
}

type Answer = (answer: ServerAnswer) => void;

const DONE: ServerAnswer = { status: 200 };
const UNAVAILABLE: ServerAnswer = { status: 503 };

/** How much longer a request takes while the service is slow. */
const SLOWNESS = 5;

/**
 * A service that does so many things at once, each in the same time, and keeps others waiting in their order. It never learns that
 * somebody has given up: what is in its queue is done.
 */
export class ServerModel {
  readonly #setting: StormSetting;
  readonly #clock: Clock;
  readonly #outage: { readonly startsAt: number; readonly endsAt: number };
  readonly #queue: Answer[] = [];
  #places: number;

  /** `startsAt`: the outage begins, in epoch milliseconds. */
  constructor(setting: StormSetting, clock: Clock, startsAt: number) {
    this.#setting = setting;
    this.#clock = clock;
    this.#outage = { startsAt, endsAt: startsAt + setting.outageS * 1_000 };
    this.#places = Math.round((setting.capacityPerSecond * setting.serviceMs) / 1_000);
  }

  /** Takes a request. Where it has no answer for it, it gives none. */
  request(answer: Answer): void {
    const { fault, queueLength } = this.#setting;
    const isOut = this.#isOut();
    if (isOut && fault === 'hang') return;
    if (isOut && fault === 'unavailable') answer(UNAVAILABLE);
    else if (isOut && fault === 'unavailable-told')
      answer({ ...UNAVAILABLE, retryAfter: this.#secondsLeft() });
    else if (this.#places > 0) this.#serve(answer);
    else if (this.#queue.length < queueLength) this.#queue.push(answer);
    else answer(UNAVAILABLE);
  }

  #serve(answer: Answer): void {
    const { fault, serviceMs } = this.#setting;
    this.#places -= 1;
    const takesMs = fault === 'slow' && this.#isOut() ? serviceMs * SLOWNESS : serviceMs;
    this.#clock.setTimeout(() => {
      this.#places += 1;
      const next = this.#queue.shift();
      if (next !== undefined) this.#serve(next);
      answer(DONE);
    }, takesMs);
  }

  #isOut(): boolean {
    const now = this.#clock.now();
    return now >= this.#outage.startsAt && now < this.#outage.endsAt;
  }

  #secondsLeft(): string {
    return String(Math.ceil((this.#outage.endsAt - this.#clock.now()) / 1_000));
  }
}
