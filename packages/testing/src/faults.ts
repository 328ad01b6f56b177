import type { Clock } from '@holdfast/core';
import { startOf, type Answer, type Exchange } from './loopback-server.js';

/** An answer with a status, in place of the real one. */
export interface StatusFault {
  readonly status: number;
  /** The Retry-After field, as it stands. Default: none. */
  readonly retryAfter?: string;
  /** `json` (the default) is the server's own error shape, `html` a page as proxies send it, `{}` says nothing. */
  readonly body?: 'json' | 'html' | '{}' | 'empty';
  /** Fields as they stand, such as a WWW-Authenticate; a list for one that comes more than once. Default: none. */
  readonly headers?: Answer['headers'];
}

/** The request is accepted and never answered. */
export interface HangFault {
  readonly hang: true;
}

/** The connection is cut after the request was read. */
export interface ResetFault {
  readonly reset: true;
}

/** The headers are sent, and nothing of the body. */
export interface StallFault {
  readonly stallAfterHeaders: true;
}

/** The usual answer in `chunks` pieces, one every `dripMs` milliseconds. */
export interface DripFault {
  readonly dripMs: number;
  readonly chunks: number;
}

/** How a server fails: one mode from now on, others for a few requests first. */
export class FaultPlan<Fault extends object> {
  readonly #kinds: readonly string[];
  #standing: Fault | undefined = undefined;
  #next: Fault[] = [];

  /** `kinds`: the members of which a fault has one. */
  constructor(kinds: readonly string[]) {
    this.#kinds = kinds;
  }

  /** From now on; null for no more, those of {@link failNext} included. @throws {TypeError} for what is no fault. */
  fail(fault: Fault | null): void {
    if (fault !== null) this.#check(fault);
    this.#standing = fault ?? undefined;
    if (fault === null) this.#next = [];
  }

  /** @throws {TypeError} for what is no fault. */
  failNext(fault: Fault, times: number): void {
    this.#check(fault);
    for (let time = 0; time < times; time += 1) this.#next.push(fault);
  }

  take(): Fault | undefined {
    return this.#next.shift() ?? this.#standing;
  }

  /** What is none would stall: a test would hang, and not say why. */
  #check(fault: unknown): void {
    const isOne = typeof fault === 'object' && fault !== null && this.#kinds.some((kind) => kind in fault);
    if (!isOne)
      throw new TypeError(
        `A fault must be an object with one of ${this.#kinds.join(', ')}; null ends faults`,
      );
  }
}

/** Faults of everybody's, and of one user's alone, which come first. */
export class FaultPlans<Fault extends object> {
  readonly #kinds: readonly string[];
  readonly #everybody: FaultPlan<Fault>;
  readonly #byUser = new Map<string, FaultPlan<Fault>>();

  constructor(kinds: readonly string[]) {
    this.#kinds = kinds;
    this.#everybody = new FaultPlan(kinds);
  }

  /** Null without a user ends those of every user too. */
  fail(fault: Fault | null, objectId: string | undefined): void {
    if (fault === null && objectId === undefined) this.#byUser.clear();
    this.#of(objectId).fail(fault);
  }

  failNext(fault: Fault, times: number, objectId: string | undefined): void {
    this.#of(objectId).failNext(fault, times);
  }

  take(objectId: string | undefined): Fault | undefined {
    return this.#byUser.get(objectId ?? '')?.take() ?? this.#everybody.take();
  }

  #of(objectId: string | undefined): FaultPlan<Fault> {
    if (objectId === undefined) return this.#everybody;
    const plan = this.#byUser.get(objectId) ?? new FaultPlan<Fault>(this.#kinds);
    this.#byUser.set(objectId, plan);
    return plan;
  }
}

const PAGE = '<!DOCTYPE html><html><head><title>Service unavailable</title></head><body></body></html>';

/** The answer that a {@link StatusFault} stands for; `json` is the body in the server's own shape. */
export function faultAnswer(
  { status, retryAfter, body = 'json', ...fault }: StatusFault,
  json: unknown,
): Answer {
  const headers = {
    ...(retryAfter !== undefined && { 'Retry-After': retryAfter }),
    ...(body === 'html' && { 'Content-Type': 'text/html' }),
    ...fault.headers,
  };
  const bodies = { json, html: PAGE, '{}': {}, empty: undefined };
  return { status, headers, ...(body !== 'empty' && { body: bodies[body] }) };
}

/** Sends the headers of an answer and no more: its client waits for the body. */
export function stall({ response }: Exchange, answer: Answer): void {
  startOf(response, answer);
  response.flushHeaders();
}

/** Sends an answer piece by piece. */
export function drip(
  { response }: Exchange,
  answer: Answer,
  { dripMs, chunks }: DripFault,
  clock: Clock,
): void {
  const body = startOf(response, answer);
  response.flushHeaders();
  const size = Math.max(1, Math.ceil(body.length / chunks));
  const sendFrom = (start: number) => {
    const timer = clock.setTimeout(() => {
      response.write(body.subarray(start, start + size));
      if (start + size < body.length) sendFrom(start + size);
      else response.end();
    }, dripMs);
    response.once('close', () => {
      timer.cancel();
    });
  };
  sendFrom(0);
}
