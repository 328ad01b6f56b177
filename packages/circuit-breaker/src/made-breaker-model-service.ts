import { setImmediate } from 'node:timers/promises';
import axios, { type AxiosInstance, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import {
  callOf,
  currentCall,
  install,
  isHoldfastError,
  subscribe,
  type CircuitEvent,
  type Clock,
} from '@holdfast/core';
import {
  manualClock,
  scriptedTransport,
  type AnswerStep,
  type ErrorStep,
  type ManualClock,
} from '@holdfast/testing';
import { circuitBreaker, type Breakers, type CircuitStateChange } from './index.js';
import type { Attempt, ModelRules, Moment, Outcome, State } from './made-breaker-model.js';

/** What a service may answer, what the caller then has, and how it counts. */
export interface Answer {
  readonly name: string;
  readonly step: AnswerStep | ErrorStep;
  readonly came: number | string;
  readonly outcome: Outcome;
}

const status = (code: number, health: Outcome['health'], retryAfterS?: number): Answer => ({
  name: retryAfterS === undefined ? String(code) : `${code} in ${retryAfterS} s`,
  step: {
    status: code,
    ...(retryAfterS !== undefined && { headers: { 'retry-after': String(retryAfterS) } }),
  },
  came: code,
  outcome: { health, ...(retryAfterS !== undefined && { retryAfterMs: retryAfterS * 1_000 }) },
});
const failure = (code: string, health: Outcome['health'], rest: Partial<ErrorStep> = {}): Answer => ({
  name: rest.reusedSocket === true ? `${code} of a re-used socket` : code,
  step: { error: code, ...rest },
  came: code,
  outcome: { health },
});

export const OK: Answer = status(200, 'success');
export const DOWN: Answer = status(500, 'failure');
/** One of each class of the outcome table, and the ways in which it may come. */
export const ANSWERS: readonly Answer[] = [
  OK,
  status(204, 'success'),
  status(404, 'success'),
  status(401, 'success'),
  status(501, 'success'),
  DOWN,
  status(502, 'failure', 1),
  status(503, 'failure'),
  status(408, 'failure'),
  status(429, 'throttled'),
  status(429, 'throttled', 2),
  status(429, 'throttled', 30),
  status(503, 'throttled', 1),
  failure('ECONNREFUSED', 'failure'),
  failure('ENOTFOUND', 'failure'),
  failure('ECONNRESET', 'failure'),
  failure('ECONNRESET', 'ignored', { reusedSocket: true }),
  failure('CERT_HAS_EXPIRED', 'failure'),
  failure('ERR_FR_TOO_MANY_REDIRECTS', 'ignored'),
  failure('ERR_BAD_RESPONSE', 'ignored', { message: 'maxContentLength size of 9 exceeded' }),
];

/** A call under way. */
export interface StartedCall {
  readonly key: string;
  /** What it came to, once it has settled. */
  came: number | string | undefined;
  retryAfterMs: number | undefined;
  refusals: readonly string[];
  /** Its place in the model, when it was let through. */
  attempt: Attempt | undefined;
  /** Set when it was sent. */
  answer: ((answer: Answer) => void) | undefined;
  cancel(): void;
}

/** A client behind the real breaker, a service that answers when it is told to, and all that an operator hears. */
export class MadeService {
  readonly manual: ManualClock = manualClock();
  readonly breakers: Breakers;
  readonly calls: StartedCall[] = [];
  /** What observers and subscribers were told since somebody looked. */
  changes: CircuitStateChange[] = [];
  events: CircuitEvent[] = [];
  chance = 0;
  readonly #startedAt = this.manual.now();
  readonly #client: AxiosInstance;
  readonly #unsubscribe: () => void;
  readonly #states = new Map<string, State>();
  #setByMs = 0;

  constructor({ gated, ...rules }: ModelRules) {
    const clock: Clock = {
      now: () => this.manual.now() + this.#setByMs,
      setTimeout: (callback, delayMs) => this.manual.setTimeout(callback, delayMs),
    };
    this.#unsubscribe = subscribe('holdfast:circuit', (event) => this.events.push(event));
    this.#client = axios.create({ adapter: (config) => this.#send(config) });
    const breaker = circuitBreaker({
      ...rules,
      clock,
      random: () => this.chance,
      onStateChange: (change) => {
        this.#states.set(change.key, change.state);
        this.changes.push(change);
      },
    });
    this.breakers = breaker.breakers;
    install(
      this.#client,
      [
        (next) => (config) => {
          currentCall(config).gated = gated;
          return next(config);
        },
        breaker,
      ],
      { clock },
    );
  }

  get now(): Moment {
    const at = this.manual.now() - this.#startedAt;
    return { at, wall: this.manual.now() + this.#setByMs, chance: this.chance };
  }

  stateOf(key: string): State {
    return this.#states.get(key) ?? 'closed';
  }

  /** Begins calls, all at once; whether each was sent is known when this returns. */
  async start(key: string, count: number): Promise<StartedCall[]> {
    const started = Array.from({ length: count }, () => this.#start(key));
    await this.settle();
    return started;
  }

  #start(key: string): StartedCall {
    const controller = new AbortController();
    const call: StartedCall = {
      key,
      came: undefined,
      retryAfterMs: undefined,
      refusals: [],
      attempt: undefined,
      answer: undefined,
      cancel: () => {
        controller.abort();
      },
    };
    this.calls.push(call);
    this.#client.get(`${key}/${this.calls.length - 1}`, { signal: controller.signal }).then(
      ({ status: code }) => (call.came = code),
      (error: unknown) => {
        call.came = axios.isAxiosError(error) ? (error.response?.status ?? error.code) : String(error);
        if (isHoldfastError(error, 'ERR_CIRCUIT_OPEN')) call.retryAfterMs = error.retryAfterMs;
        call.refusals = callOf(error)?.refusals ?? [];
      },
    );
    return call;
  }

  /** Nothing here has to do with a socket: in one turn of the event loop every promise has settled that can. */
  settle(): Promise<void> {
    return setImmediate();
  }

  setClock(byMs: number): void {
    this.#setByMs += byMs;
  }

  /** Time passes, timer by timer, without a wait in real time. */
  async pass(ms: number): Promise<void> {
    const due = new Promise<void>((resolve) => {
      // After whatever else is due at that instant.
      this.manual.setTimeout(() => this.manual.setTimeout(resolve, 0), ms);
    });
    await this.manual.runUntilSettled(due);
  }

  dispose(): void {
    this.#unsubscribe();
    this.manual.uninstall();
  }

  #send(config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
    const call = this.calls[Number(config.url?.split('/').at(-1))];
    if (call === undefined || call.answer !== undefined)
      throw new TypeError(`${config.url ?? ''} was sent twice`);
    call.refusals = callOf(config)?.refusals ?? [];
    return new Promise((resolve, reject) => {
      config.signal?.addEventListener?.('abort', () => {
        reject(new axios.CanceledError(undefined, config));
      });
      call.answer = ({ step }) => {
        scriptedTransport([step]).adapter(config).then(resolve, reject);
      };
    });
  }
}
