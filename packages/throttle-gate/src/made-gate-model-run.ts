import axios, { CanceledError, type AxiosInstance, type AxiosResponse } from 'axios';
import {
  currentCall,
  install,
  isHoldfastError,
  subscribe,
  type Clock,
  type CurrentCall,
  type GateEvent,
  type Interceptor,
} from '@holdfast/core';
import { manualClock, type ManualClock } from '@holdfast/testing';
import { GateModel, type GateSpec } from './made-gate-model.js';
import {
  MadeService,
  MadeStore,
  turn,
  type Called,
  type Reply,
  type Sent,
} from './made-gate-model-service.js';
import { throttleGate } from './index.js';

export const KEYS = ['orders', 'stock'] as const;
export type Key = (typeof KEYS)[number];

/** The real gate beside its model, on a clock that can be set. */
export class GateRun {
  readonly models: Readonly<Record<Key, GateModel>>;
  readonly calls: Called[] = [];
  /** What came of everything: else nobody knows whether the run has met anything. */
  readonly met: Set<string> = new Set();
  readonly #time: ManualClock = manualClock({ fakeGlobals: false });
  readonly #service = new MadeService((config) => this.#byCall.get(currentCall(config))?.attempt ?? -1);
  readonly #store = new MadeStore();
  readonly #clients: Readonly<Record<Key, AxiosInstance>>;
  readonly #isShared: boolean;
  readonly #byCall = new WeakMap<CurrentCall, Called>();
  readonly #told: Record<Key, string[]> = { orders: [], stock: [] };
  readonly #mode: GateSpec['mode'];
  readonly #waiting = new Map<string, Called>();
  readonly #end: () => void;
  #setByMs = 0;
  #slackMs = 0;
  #attempts = 0;
  #requests = 0;

  /** Two keys of one gate; or, shared, two gates over one store. */
  constructor(spec: GateSpec, isShared = false) {
    this.models = { orders: new GateModel(spec), stock: new GateModel(spec) };
    this.#isShared = isShared;
    this.#mode = spec.mode;
    const { chance, ...options } = spec;
    const clock: Clock = {
      now: () => this.#time.now() + this.#setByMs,
      setTimeout: (callback, delayMs) => this.#time.setTimeout(callback, delayMs),
    };
    const made = () =>
      throttleGate({
        ...options,
        clock,
        random: () => chance,
        key: ({ url }) => (isShared ? 'service' : String(url)),
        ...(isShared && { store: this.#store }),
      });
    const client = (gate: Interceptor) => {
      const one = axios.create({ adapter: this.#service.adapter, validateStatus: () => true });
      install(one, [this.#outside, gate, this.#inside], { clock });
      return one;
    };
    const orders = client(made());
    this.#clients = { orders, stock: isShared ? client(made()) : orders };
    this.#end = subscribe('holdfast:gate', (event) => {
      this.#hear(event);
    });
  }

  /** On a clock that nobody sets. */
  get now(): number {
    return this.#time.now();
  }

  get sent(): readonly Sent[] {
    return this.#service.open;
  }

  get open(): readonly Called[] {
    return this.calls.filter(({ isSettled }) => !isSettled);
  }

  async call(key: Key, deadlineAt: number, retries: number): Promise<void> {
    const giveUp = new AbortController();
    const called = {
      key,
      deadlineAt: deadlineAt + this.#setByMs,
      giveUp,
      retriesLeft: retries,
      attempt: -1,
      isSettled: false,
    };
    this.calls.push(called);
    const number = this.#requests;
    this.#requests += 1;
    this.#waiting.set(String(number), called);
    const settle = () => {
      called.isSettled = true;
    };
    const headers = { number: String(number) };
    this.#clients[key].get(key, { signal: giveUp.signal, headers }).then(settle, settle);
    await turn();
  }

  async answer(sent: Sent, reply: Reply | 'reset'): Promise<void> {
    sent.answer(reply);
    await turn();
  }

  async cancel(called: Called): Promise<void> {
    this.models[called.key as Key].canceled(called.attempt);
    called.giveUp.abort();
    await turn();
  }

  /** Goes on, and ends at their deadlines the calls that have one. */
  async advance(ms: number): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      const deadlines = this.open.map(({ deadlineAt }) => deadlineAt - this.#setByMs);
      const next = Math.min(end, ...deadlines);
      if (next > this.now) await this.#until(next);
      for (const called of this.open) {
        if (called.deadlineAt <= this.now + this.#setByMs) await this.cancel(called);
      }
      if (next >= end) return;
    }
  }

  /** As an operator, or NTP, sets the machine's clock. */
  set(byMs: number): void {
    this.#setByMs += byMs;
    this.#slackMs += Math.abs(byMs);
    for (const key of KEYS) this.models[key].wasSet(byMs, this.now);
  }

  /** Somebody else was told to leave the service alone. */
  closeElsewhere(ms: number): void {
    const until = this.now + ms;
    if (!this.#isShared || !this.#store.hears({ closedAt: this.now, until })) return;
    for (const key of KEYS) this.models[key].hears(this.now, until);
  }

  /** The store throws, or answers again. */
  breakStore(): void {
    if (!this.#isShared) return;
    this.#store.breaks();
    for (const key of KEYS) this.models[key].isAlone();
  }

  #closes(model: GateModel, afterMs: number): void {
    if (this.#store.isBroken) return;
    model.closes(this.now, this.now + afterMs);
    if (!this.#isShared || this.#mode === 'observe') return;
    for (const key of KEYS)
      if (this.models[key] !== model) this.models[key].hears(this.now, this.now + afterMs);
  }

  /** What model and gate differ in. */
  differences(): readonly string[] {
    const wrong = KEYS.flatMap((key) => {
      const model = this.models[key];
      model.isQuiet(this.now);
      const waiting = model.line.map(({ id }) => id);
      const lost = waiting.filter((id) => this.sent.some(({ attempt }) => attempt === id));
      const told = this.#told[key].map((one) => `${one};`).join('');
      const heard = model.told.map((one) =>
        one.startsWith('(maybe) ') ? `(?:${one.slice(8)};)?` : `${one};`,
      );
      const isAlike = this.#slackMs === 0 && !this.#isShared && this.#mode === 'enforce';
      const isTold = !isAlike || new RegExp(`^${heard.join('')}$`).test(told);
      return [
        ...model.broken,
        ...lost.map((id) => `${id} waits and was sent`),
        ...(isTold ? [] : [`told ${told} and not ${heard.join('')}`]),
      ];
    });
    const lines = KEYS.filter((key) => this.models[key].line.length > 0).length;
    const timers = this.#time.pending;
    if (timers !== lines) wrong.push(`${timers} timers for ${lines} lines`);
    const known = this.sent.length + KEYS.reduce((sum, key) => sum + this.models[key].line.length, 0);
    if (known !== this.open.length) wrong.push(`${this.open.length} calls are open, ${known} are known`);
    return wrong;
  }

  /** Everybody who is sent gives up, until nobody is left. */
  async end(): Promise<readonly string[]> {
    const wrong = [...this.differences()];
    for (let round = 0; round < 1_000 && this.open.length > 0 && wrong.length === 0; round += 1) {
      for (const { attempt } of [...this.sent]) {
        const called = this.open.find((one) => one.attempt === attempt);
        if (called !== undefined) await this.cancel(called);
      }
      // Where the clock was set back, a gate may be late by that.
      await this.advance(round === 0 ? 5_000 + this.#slackMs : 5_000);
      wrong.push(...this.differences());
    }
    if (this.open.length > 0) wrong.push('some never settled');
    return wrong;
  }

  /** Listens to no more events. */
  stop(): void {
    this.#end();
  }

  /** Outside of the gate: the deadline, and the retries of what was throttled. */
  readonly #outside: Interceptor = (next) => async (config) => {
    const call = currentCall(config);
    const called = this.#waiting.get(String(config.headers.get('number')));
    if (called === undefined) throw new Error('a call of nobody');
    this.#byCall.set(call, called);
    call.deadlineAt = called.deadlineAt;
    call.service = called.key;
    const model = this.models[called.key as Key];
    for (;;) {
      this.#attempts += 1;
      const id = this.#attempts;
      called.attempt = id;
      const reserved = call.heldUntil !== undefined;
      model.arrives(id, this.now, called.deadlineAt - this.#setByMs, reserved);
      let response: AxiosResponse;
      try {
        response = await next(config);
      } catch (error) {
        if (isHoldfastError(error, 'ERR_THROTTLED')) {
          model.refused(id, this.now, error.until - this.#setByMs);
          if (error.until !== this.now + this.#setByMs + error.retryAfterMs)
            model.broken.push('retryAfterMs is not until the instant');
          this.met.add(reserved ? 'refused a reserved place' : 'refused');
        } else {
          const isCanceled = error instanceof CanceledError;
          const isReset = axios.isAxiosError(error) && error.code === 'ECONNRESET';
          if (!isCanceled && !isReset) model.broken.push(`the answer to ${id} was lost`);
          this.met.add(isCanceled ? 'canceled' : 'failed');
        }
        throw error;
      }
      this.met.add(String(response.status));
      const { heldUntil } = call;
      if (this.#mode === 'observe' && (call.gated || heldUntil !== undefined))
        model.broken.push(`${id} is held by a gate that only observes`);
      const isPlain = this.#slackMs === 0 && !this.#isShared;
      if (heldUntil !== undefined && isPlain && heldUntil !== model.until)
        model.broken.push(`${id} is held until ${heldUntil} and not ${model.until}`);
      if (called.retriesLeft === 0 || heldUntil === undefined) return response;
      called.retriesLeft -= 1;
    }
  };

  /** Inside of the gate: what is sent, and what came back. */
  readonly #inside: Interceptor = (next) => (config) => {
    const called = this.#byCall.get(currentCall(config));
    if (called === undefined) throw new Error('a call of nobody');
    const { attempt } = called;
    const model = this.models[called.key as Key];
    if (called.giveUp.signal.aborted) model.broken.push(`${attempt} sent after it was cancelled`);
    const { phase } = model;
    model.sent(attempt, this.now);
    this.met.add(`sent: ${phase}`);
    return next(config).then(
      (response) => {
        const { status, data } = response;
        const afterMs = status === 429 || status === 503 ? Number(data) : 0;
        if (afterMs > 0) this.#closes(model, afterMs);
        else model.answered(attempt, this.now, status !== 429);
        return response;
      },
      (error: unknown) => {
        model.answered(attempt, this.now, !(error instanceof CanceledError));
        throw error;
      },
    );
  };

  #hear({ service, state, mode, at, until, waiting }: GateEvent): void {
    const key = service as Key;
    if (mode !== this.#mode) this.models[key].broken.push(`told with mode ${mode}`);
    const end = until === undefined ? '' : ` until ${until}`;
    this.#told[key].push(`${state} at ${at}${end}, ${waiting} wait`);
  }

  /** Runs the timers that fall due up to an instant, and those that they set for the same. */
  async #until(instant: number): Promise<void> {
    for (const delayMs of [instant - this.now, 0]) {
      const arrived = new Promise<void>((resolve) => {
        this.#time.setTimeout(resolve, delayMs);
      });
      await this.#time.runUntilSettled(arrived);
    }
  }
}
