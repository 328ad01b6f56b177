import { AsyncResource } from 'node:async_hooks';
import {
  LONGEST_TIMER_MS,
  POLICY,
  ThrottledError,
  cancellationOf,
  isCanceled,
  onCancel,
  outcomeOfError,
  publish,
  type CurrentCall,
  type Clock,
  type GateEvent,
  type Timer,
} from '@holdfast/core';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';

/** The options by which a gate lives. */
export interface GateRules {
  readonly maxClosedMs: number;
  readonly maxWaiters: number;
  readonly rampMs: number;
  readonly probeTimeoutMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

/** One attempt that comes to the gate. */
export interface Arrival {
  readonly call: CurrentCall;
  readonly config: InternalAxiosRequestConfig;
  /** The gate has told this call to come back: it is never refused for want of room. */
  readonly reserved: boolean;
  readonly send: () => Promise<AxiosResponse>;
}

interface Waiter extends Arrival {
  /** Sends; when it is the probe, its outcome decides what becomes of those behind it. */
  readonly go: (probe: Probe | undefined) => void;
  readonly refuse: (now: number) => void;
}

interface Probe {
  readonly startedAt: number;
}

interface Ramp {
  readonly endsAt: number;
  /** When it let the last one out; `-Infinity`: nobody yet. */
  lastAt: number;
}

/** The probe goes up to this share of the closed time after the instant: many processes may have been told the same. */
const SPREAD = 0.1;
const LEAST_SPREAD_MS = 50;

/**
 * The gate of a service that has asked to be left alone. Closed, nothing is sent before the instant; then one probe goes;
 * when that is answered, those who wait come out on a ramp, in order of arrival. After the ramp the gate is over.
 */
export class Gate {
  readonly #service: string;
  readonly #key: string;
  readonly #rules: GateRules;
  /** In order of arrival. */
  readonly #waiters = new Set<Waiter>();
  #closedAt = 0;
  #until = 0;
  #probeAt = 0;
  /** Under way. */
  #probe: Probe | undefined = undefined;
  #ramp: Ramp | undefined = undefined;
  /** Runs while somebody waits, and only then. */
  #timer: Timer | undefined = undefined;

  constructor(service: string, key: string, rules: GateRules) {
    this.#service = service;
    this.#key = key;
    this.#rules = rules;
  }

  /** The instant before which nothing is sent, in epoch milliseconds. */
  get until(): number {
    return this.#until;
  }

  /** Nobody waits, nor is under way as a probe. */
  get isIdle(): boolean {
    return this.#waiters.size === 0 && this.#probe === undefined;
  }

  /** Calls may pass as if there had never been a throttle. */
  isOver(now: number): boolean {
    return this.#ramp !== undefined && this.#waiters.size === 0 && now >= this.#ramp.endsAt;
  }

  /** Closes until an instant, unless it is closed until a later one. Those who wait keep their places. */
  close(instant: number, now: number): void {
    const { maxClosedMs, rampMs, random } = this.#rules;
    const until = Math.min(instant, now + maxClosedMs);
    const wasClosed = this.#until > now && this.#ramp === undefined && this.#probe === undefined;
    if (wasClosed && until <= this.#until) return;
    if (!wasClosed) this.#closedAt = now;
    this.#until = until;
    const closedMs = this.#until - this.#closedAt;
    this.#probeAt = this.#until + random() * Math.max(LEAST_SPREAD_MS, Math.min(SPREAD * closedMs, rampMs));
    this.#probe = undefined;
    this.#ramp = undefined;
    for (const waiter of this.#waiters) {
      if (waiter.call.deadlineAt <= this.#probeAt) waiter.refuse(now);
    }
    this.#tell('closed', now);
    this.#goOn();
  }

  /** Sends at once, or when it is this attempt's turn; or refuses. */
  enter(arrival: Arrival): Promise<AxiosResponse> {
    const { call, config, reserved } = arrival;
    if (isCanceled(config)) return Promise.reject(cancellationOf(config));
    const now = this.#rules.clock.now();
    const hasRoom =
      reserved ||
      this.#waiters.size < this.#rules.maxWaiters ||
      (this.#waiters.size === 0 && this.#dueAt(1) <= now);
    if (!hasRoom || call.deadlineAt <= this.#turnOfNext(now)) {
      return Promise.reject(this.#refusal(arrival, now));
    }
    // Sent by whichever timer or answer lets it out, it still runs in what its own caller does: a tracer goes by that.
    const own = { ...arrival, send: AsyncResource.bind(arrival.send) };
    return new Promise<AxiosResponse>((resolve, reject) => {
      const leave = () => {
        off();
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        ...own,
        go: (probe) => {
          leave();
          resolve(probe === undefined ? own.send() : this.#sendProbe(own, probe));
        },
        refuse: (at) => {
          leave();
          reject(this.#refusal(arrival, at));
        },
      };
      const off = onCancel(config, () => {
        leave();
        reject(cancellationOf(config));
        this.#goOn();
      });
      this.#waiters.add(waiter);
      this.#goOn();
    });
  }

  /** Lets out whose turn it is, and sets the timer for the next. */
  #goOn(): void {
    const now = this.#rules.clock.now();
    for (const waiter of this.#waiters) {
      if (this.#dueAt(this.#waiters.size) > now) break;
      if (waiter.call.deadlineAt <= now) {
        waiter.refuse(now);
        continue;
      }
      if (this.#ramp === undefined) this.#probe = { startedAt: now };
      else this.#ramp.lastAt = now;
      // At once and not by way of a promise: a throttle that is answered meanwhile would come too late.
      waiter.go(this.#probe);
    }
    this.#setTimer(now);
  }

  /** When the first of those who wait comes out, as things stand. */
  #dueAt(waiting: number): number {
    if (this.#ramp !== undefined) return turnOnRamp(this.#ramp, 1, waiting);
    // A probe without an answer holds nobody up for ever: the next one becomes the probe.
    if (this.#probe !== undefined) return this.#probe.startedAt + this.#rules.probeTimeoutMs;
    return this.#probeAt;
  }

  /** When an attempt that arrives now comes out, at the earliest. */
  #turnOfNext(now: number): number {
    if (this.#ramp !== undefined) {
      const waiting = this.#waiters.size + 1;
      return Math.max(now, Math.min(turnOnRamp(this.#ramp, waiting, waiting), this.#ramp.endsAt));
    }
    return this.#probe === undefined ? Math.max(now, this.#probeAt) : now;
  }

  #sendProbe(arrival: Arrival, probe: Probe): Promise<AxiosResponse> {
    return arrival.send().then(
      (response) => {
        // One more 429, without an instant, is no sign that the others may come.
        this.#probeEnded(probe, response.status !== 429);
        return response;
      },
      (error: unknown) => {
        // Cancelled, or never sent: nothing was learnt. A failure is no throttle; what to do then is others' to know.
        this.#probeEnded(probe, POLICY[outcomeOfError(error)].health !== 'ignored');
        throw error;
      },
    );
  }

  #probeEnded(probe: Probe, answered: boolean): void {
    // Given up, or the gate was closed again meanwhile.
    if (probe !== this.#probe) return;
    this.#probe = undefined;
    const { clock, rampMs } = this.#rules;
    if (answered) {
      const now = clock.now();
      this.#ramp = { endsAt: now + rampMs, lastAt: -Infinity };
      this.#tell('open', now);
    }
    this.#goOn();
  }

  #tell(state: GateEvent['state'], at: number): void {
    publish('gate', () => ({
      service: this.#service,
      key: this.#key,
      state,
      at,
      until: state === 'closed' ? this.#until : undefined,
      waiting: this.#waiters.size,
    }));
  }

  #setTimer(now: number): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#waiters.size === 0) return;
    const delayMs = Math.min(Math.ceil(this.#dueAt(this.#waiters.size) - now), LONGEST_TIMER_MS);
    this.#timer = this.#rules.clock.setTimeout(() => {
      this.#timer = undefined;
      this.#goOn();
    }, delayMs);
  }

  #refusal({ call, config }: Arrival, now: number): ThrottledError {
    const until = this.#until > now ? this.#until : (this.#ramp?.endsAt ?? now + this.#rules.rampMs);
    const retryAfterMs = until - now;
    call.note(`refused: throttled, next try in ${Math.ceil(retryAfterMs)} ms`);
    return new ThrottledError({ service: call.service, config, retryAfterMs, until });
  }
}

/**
 * The first comes out at once, the others evenly over what is left of the ramp. Who arrives later makes the steps
 * shorter, so that all are out when the ramp ends and nobody's turn is put off.
 */
function turnOnRamp({ endsAt, lastAt }: Ramp, position: number, waiting: number): number {
  if (lastAt === -Infinity) return -Infinity;
  return lastAt + (position * (endsAt - lastAt)) / (waiting + 1);
}
