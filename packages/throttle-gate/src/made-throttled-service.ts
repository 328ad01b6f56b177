import axios, { type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { callOf, currentCall, install, type Interceptor } from '@holdfast/core';
import {
  scriptedTransport,
  type ManualClock,
  type ScriptFunction,
  type ScriptedTransport,
} from '@holdfast/testing';
import { throttleGate, type ThrottleGateOptions } from './index.js';

export const REFUSED = 'ERR_THROTTLED';
export const CANCELED = 'ERR_CANCELED';

export const throttled = (
  seconds: number | string,
  status = 429,
): { status: number; headers: Record<string, string> } => ({
  status,
  headers: { 'retry-after': String(seconds) },
});
export const ok = { status: 200 } as const;

/** Sends again at once, as long as the gate keeps a place: what a retry outside does. */
export const comingBack: Interceptor = (next) => async (config) => {
  let response = await next(config);
  while (currentCall(config).heldUntil !== undefined) response = await next(config);
  return response;
};

/** The deadline of a call. */
export const within = (deadlineMs: number): AxiosRequestConfig => ({ params: { deadlineMs } });

/** What else stands in the pipeline. */
export interface Others {
  readonly around?: readonly Interceptor[];
  readonly within?: readonly Interceptor[];
}

/** A service, and a client that calls it through a gate without chance. */
export class ThrottledService {
  answer: ScriptFunction = () => ok;
  readonly start: number;
  readonly client: AxiosInstance;
  readonly #clock: ManualClock;
  readonly #transport: ScriptedTransport;

  constructor(clock: ManualClock, options: ThrottleGateOptions = {}, others: Others = {}) {
    this.#clock = clock;
    this.start = clock.now();
    this.#transport = scriptedTransport((request, number) => this.answer(request, number), { clock });
    this.client = axios.create({ baseURL: 'https://orders.test', adapter: this.#transport.adapter });
    const deadline: Interceptor = (next) => (config) => {
      const { deadlineMs } = (config.params ?? {}) as { deadlineMs?: number };
      if (deadlineMs !== undefined) currentCall(config).deadlineAt = clock.now() + deadlineMs;
      return next(config);
    };
    const gate = throttleGate({ clock, random: () => 0, ...options });
    install(this.client, [deadline, ...(others.around ?? []), gate, ...(others.within ?? [])], { clock });
  }

  /** What was sent: the URL, and when. */
  sent(): [string, number][] {
    return this.#transport.requests.map(({ url, at }) => [url, at - this.start]);
  }

  /** One call, and what it came to. */
  get(url: string, config: AxiosRequestConfig = {}): Promise<unknown> {
    return this.client.get(url, config).then(
      ({ status }) => status,
      (error: unknown) => (axios.isAxiosError(error) ? (error.response?.status ?? error.code) : error),
    );
  }

  /** One call, and what its journal says. */
  async story(url: string, config: AxiosRequestConfig = {}): Promise<readonly string[]> {
    const ended = await this.client.get<unknown>(url, config).catch((error: unknown) => error);
    const call = callOf(ended);
    return [...(call?.refusals ?? []), ...(call?.attempts.flatMap(({ decisions }) => decisions) ?? [])];
  }

  /** Throttles the service, told to one call. */
  async close(seconds = 1): Promise<void> {
    this.answer = () => throttled(seconds);
    expect(await this.get('/throttled')).toBe(429);
    this.answer = () => ok;
  }

  /** Whether a promise has settled. */
  async isSettled(promise: Promise<unknown>): Promise<boolean> {
    let settled = false;
    void promise.finally(() => (settled = true));
    await this.#clock.settle();
    return settled;
  }
}
