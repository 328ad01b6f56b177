import { AsyncResource } from 'node:async_hooks';
import {
  LONGEST_TIMER_MS,
  POLICY,
  ThrottledError,
  cancellationOf,
  isCanceled,
  onCancel,
  outcomeOf,
  publish,
  type CurrentCall,
  type Failure,
  type GateEvent,
  type Outcome,
  type Timer,
} from '@holdfast/core';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import type { Closure } from './gate-store.js';
import type { Allowance } from './rate-limit.js';
import { Turns, type Probe, type TurnRules } from './turns.js';
import { WaitingLine } from './waiting-line.js';

/** The options by which a gate lives. */
export interface GateRules extends TurnRules {
  readonly maxWaiters: number;
  readonly mode: 'enforce' | 'observe';
}

/** One attempt that comes to the gate. */
export interface Arrival {
  readonly call: CurrentCall;
  readonly config: InternalAxiosRequestConfig;
  /** The gate has told this call to come back: it is never refused for want of room. */
  readonly reserved: boolean;
  readonly send: () => Promise<AxiosResponse>;
}

interface Waiter {
  /** Sends; when it is the probe, its outcome decides what becomes of those behind it. */
  readonly go: (probe: Probe | undefined) => void;
  readonly refuse: (now: number) => void;
}

/** While those who wait come out, a full line refuses nobody whose turn would come soon. */
const RAMP_ROOM = 32;

/**
 * The gate of a service that has asked to be left alone, or is about to. Attempts wait here, in order of arrival, until it
 * is their turn; {@link Turns} says when.
 */
export class Gate {
  readonly #service: string;
  readonly #key: string;
  readonly #rules: GateRules;
  readonly #look: (now: number) => Closure | undefined;
  readonly #turns: Turns;
  readonly #line = new WaitingLine<Waiter>();
  /** How many would wait, where nobody does. */
  #observed = 0;
  /** Runs while somebody waits, and only then. */
  #timer: Timer | undefined = undefined;
  #timerAt = 0;

  /** `look` says what is known of the key by now, here and elsewhere. */
  constructor(service: string, key: string, rules: GateRules, look: (now: number) => Closure | undefined) {
    this.#service = service;
    this.#key = key;
    this.#rules = rules;
    this.#look = look;
    this.#turns = new Turns(rules);
  }

  /** The instant before which nothing is sent, in epoch milliseconds. */
  get until(): number {
    return this.#turns.until;
  }

  /** Nobody waits, nor is under way as a probe. */
  get isIdle(): boolean {
    return this.#line.size === 0 && !this.#turns.isProbing;
  }

  /** Calls that wait; where nobody does, that would. */
  get #waiting(): number {
    return this.#line.size + this.#observed;
  }

  /** Calls may pass as if there had never been a throttle. */
  isOver(now: number): boolean {
    return this.#line.size === 0 && this.#turns.isOver(now);
  }

  /** It is not looked at any more: what its last probe comes to changes nothing, and is not told. */
  forget(): void {
    this.#turns.forget();
  }

  /** Begins with a closure that was told before, or elsewhere: its instant may have passed. */
  resume(closure: Closure, now: number): void {
    this.#turns.close(closure, now);
    if (closure.until > now) this.#tell('closed', now);
  }

  /** The service is to be left alone until an instant, unless it is until a later one. Those who wait keep their places. */
  heed(closure: Closure | undefined, now: number): void {
    if (closure === undefined || closure.until <= now || this.#turns.covers(closure)) return;
    this.#turns.notice(now, this.#line.size);
    // Long over: those who would have waited then have gone their ways.
    if (this.#turns.isOver(now)) this.#observed = 0;
    this.#turns.close(closure, now);
    this.#refuseBefore(this.#turns.probeAt, now);
    this.#tell('closed', now);
    this.#setTimer(now);
  }

  /** Spreads the calls over what the service still allows. */
  keepPace(allowance: Allowance | 'ample', now: number): void {
    this.#turns.notice(now, this.#line.size);
    this.#turns.keepPace(allowance, now, this.#line.size);
    // Not by when the next one goes where a probe hangs: this one may be about to be answered.
    this.#refuseBefore(this.#turns.next(now, 0), now);
    this.#goOn();
  }

  /** Sends at once, or when it is this attempt's turn; or refuses. */
  enter(arrival: Arrival): Promise<AxiosResponse> {
    const { call, config, reserved } = arrival;
    if (isCanceled(config)) return Promise.reject(cancellationOf(config));
    const now = this.#rules.clock.now();
    this.#turns.notice(now, this.#line.size);
    this.#turns.arrived();
    const isTurn = this.#line.size === 0 && this.#turns.first <= now;
    const turn = this.#turns.next(now, this.#waiting);
    const most = this.#rules.maxWaiters + (this.#turns.isOnRamp ? RAMP_ROOM : 0);
    const hasRoom = reserved || isTurn || this.#waiting < most;
    const isRefused = !hasRoom || call.deadlineAt <= turn;
    const goes = isTurn && !isRefused;
    if (!goes && this.#rules.mode === 'observe') return this.#passUnder(arrival, isRefused, turn, now);
    if (isRefused) return Promise.reject(this.#refusal(arrival, now));
    if (goes) return this.#send(arrival, this.#turns.take(now, false));
    if (this.#turns.isPaced) call.note(`paced: waits ${Math.ceil(turn - now)} ms`);
    return this.#wait(arrival);
  }

  /** Sends what would wait or be refused, and says so. */
  #passUnder({ call, send }: Arrival, isRefused: boolean, turn: number, now: number): Promise<AxiosResponse> {
    const { isPaced } = this.#turns;
    if (isRefused) {
      const nextTryMs = Math.ceil(this.#turns.nextTry(now, this.#waiting) - now);
      call.note(`would be refused: throttled, next try in ${nextTryMs} ms`);
    } else {
      call.note(`${isPaced ? 'paced: ' : ''}would wait ${Math.ceil(turn - now)} ms`);
      if (isPaced) this.#turns.takeSlot(now, turn);
      else this.#observed += 1;
    }
    return send();
  }

  #wait(arrival: Arrival): Promise<AxiosResponse> {
    // Sent by whichever timer or answer lets it out, it still runs in what its own caller does: a tracer goes by that.
    const own = { ...arrival, send: AsyncResource.bind(arrival.send) };
    const { call, config } = arrival;
    return new Promise<AxiosResponse>((resolve, reject) => {
      const leave = () => {
        off();
        this.#line.leave(place);
      };
      const off = onCancel(config, () => {
        leave();
        reject(cancellationOf(config));
        this.#goOn();
      });
      const waiter: Waiter = {
        go: (probe) => {
          leave();
          resolve(this.#send(own, probe));
        },
        refuse: (at) => {
          leave();
          reject(this.#refusal(arrival, at));
        },
      };
      const place = this.#line.join(waiter, call.deadlineAt);
      this.#goOn();
    });
  }

  /** Lets out whose turn it is, and sets the timer for the next. */
  #goOn(): void {
    const now = this.#rules.clock.now();
    this.#turns.notice(now, this.#line.size);
    this.heed(this.#look(now), now);
    this.#refuseBefore(now, now);
    for (let place = this.#line.first; place !== undefined; place = this.#line.first) {
      if (this.#turns.first > now) break;
      // At once and not by way of a promise: a throttle that is answered meanwhile would come too late.
      place.one.go(this.#turns.take(now, true));
    }
    this.#setTimer(now);
  }

  /** Whoever gives up by an instant waits in vain. */
  #refuseBefore(instant: number, now: number): void {
    for (const waiter of this.#line.overBy(instant)) waiter.refuse(now);
  }

  #send(arrival: Arrival, probe: Probe | undefined): Promise<AxiosResponse> {
    if (probe === undefined) return arrival.send();
    const ended = (failure: Failure) => {
      const outcome = outcomeOf(arrival.call, failure, this.#rules.clock.now());
      this.#probeEnded(probe, tells(outcome));
    };
    return arrival.send().then(
      (response) => {
        ended({ response });
        return response;
      },
      (error: unknown) => {
        ended({ error });
        throw error;
      },
    );
  }

  #probeEnded(probe: Probe, answered: boolean): void {
    const now = this.#rules.clock.now();
    const came = this.#turns.probeEnded(probe, answered, now, {
      waiting: this.#waiting,
      lastDeadlineAt: this.#line.last?.deadlineAt ?? Infinity,
    });
    if (came === undefined) return;
    if (came === 'open') {
      this.#tell('open', now);
      this.#observed = 0;
    }
    this.#goOn();
  }

  #tell(state: GateEvent['state'], at: number): void {
    const until = state === 'closed' ? this.until : undefined;
    publish('gate', () => ({
      service: this.#service,
      key: this.#key,
      state,
      mode: this.#rules.mode,
      at,
      until,
      waiting: this.#waiting,
    }));
  }

  #setTimer(now: number): void {
    const dueAt = this.#line.size > 0 ? this.#turns.first : Infinity;
    // One that ends in time goes on: thousands who come and go would each have to set it anew.
    if (this.#timer !== undefined && dueAt < Infinity && this.#timerAt > now && this.#timerAt <= dueAt)
      return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (dueAt === Infinity) return;
    const delayMs = Math.min(Math.ceil(dueAt - now), LONGEST_TIMER_MS);
    this.#timerAt = now + delayMs;
    const { clock } = this.#rules;
    const goOn = () => {
      this.#timer = undefined;
      this.#goOn();
    };
    this.#timer = clock.setWait?.(goOn, delayMs) ?? clock.setTimeout(goOn, delayMs);
  }

  #refusal({ call, config }: Arrival, now: number): ThrottledError {
    const until = this.#turns.nextTry(now, this.#line.size);
    const retryAfterMs = until - now;
    call.note(`refused: throttled, next try in ${Math.ceil(retryAfterMs)} ms`);
    return new ThrottledError({ service: call.service, config, retryAfterMs, until });
  }
}

/**
 * Whether a probe's outcome says that the others may come. One more 429, without an instant, does not; cancelled or never sent,
 * nothing was learnt. A failure is no throttle: what to do then is others' to know.
 */
function tells(outcome: Outcome): boolean {
  return outcome === 'busy' || POLICY[outcome].health !== 'ignored';
}
