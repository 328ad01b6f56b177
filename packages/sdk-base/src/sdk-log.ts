import { callLogger, type Call, type LogCall } from '@holdfast/client';
import { callOf, errorSummary } from '@holdfast/core';
import type { AxiosInstance, AxiosResponse } from 'axios';
import type { LogLevel, SdkLogger } from './call-options.js';
import { pipelineOf } from './connection-pipeline.js';

type Level = Exclude<LogLevel, 'off'>;

/** From the gravest on. */
const LEVELS: readonly Level[] = ['error', 'warn', 'info', 'debug'];

/** What came of one request. */
export type LoggedOutcome =
  { readonly call: Call; readonly response: AxiosResponse } | { readonly error: unknown };

/**
 * The log of one SDK, or of one view of it: a line for each of its requests that ended at its level or a graver one.
 *
 * - `error`: no answer could be had, or a 5xx after all attempts
 * - `warn`: the service throttles, a user has to sign in, a reduced answer, an answer that the SDK does not take
 * - `info`: success after retries, and what the service said no to (4xx)
 * - `debug`: all others, and what its caller gave up
 *
 * What an axios interceptor of the client's owner throws as an error of its own belongs to no call, and has no line.
 */
export class SdkLog {
  readonly #log: LogCall;
  readonly #client: () => AxiosInstance;
  readonly #last: number;

  constructor(log: LogCall, client: () => AxiosInstance, level: Level) {
    this.#log = log;
    this.#client = client;
    this.#last = LEVELS.indexOf(level);
  }

  /** A request has ended. Never throws; a logger's promise is not waited for. */
  ended(outcome: LoggedOutcome): void {
    if ('error' in outcome) this.#failed(outcome.error);
    else this.#answered(outcome.call, outcome.response);
  }

  #answered(call: Call, { status }: AxiosResponse): void {
    if (!this.#isWanted(levelOf(call))) return;
    this.#log(call, undefined, () => ({
      status,
      // A call that succeeded at once while nobody listened has read no clock.
      endedAt: call.endedAt ?? pipelineOf(this.#client()).clock.now(),
    }));
  }

  #failed(error: unknown): void {
    const call = callOf(error);
    // Of what is not to be written no summary is made: it has the frames of all causes.
    if (call === undefined || !this.#isWanted(levelOf(call, failureIn(error)))) return;
    this.#log(call, errorSummary(error));
  }

  #isWanted(level: Level): boolean {
    return LEVELS.indexOf(level) <= this.#last;
  }
}

/** What writes is made once: a logger that fails is a warning of the process once, and not for each view of an SDK. */
const writers = new WeakMap<SdkLogger, Map<Level, LogCall>>();

function writerFor(logger: SdkLogger, level: Level): LogCall {
  const byLevel = writers.get(logger) ?? new Map<Level, LogCall>();
  const before = byLevel.get(level);
  if (before !== undefined) return before;
  // Not every logger has an `error`: a warning will do.
  const needs = LEVELS.slice(1, Math.max(2, LEVELS.indexOf(level) + 1));
  const writer = callLogger(logger, { owner: 'ServiceSdk', needs, level: levelOf });
  writers.set(logger, byLevel.set(level, writer));
  return writer;
}

/**
 * The log that the settings of an SDK ask for; `undefined` where there is none, or where it is off. `client` gives the SDK's
 * client, whose clock is read where a line says how long a call took.
 *
 * @throws {TypeError} for a logger that is none, or lacks a level that is to be written.
 */
export function logFor(
  { logger, logLevel = 'warn' }: { readonly logger?: SdkLogger; readonly logLevel?: LogLevel },
  client: () => AxiosInstance,
): SdkLog | undefined {
  if (logger === undefined || logLevel === 'off') return undefined;
  return new SdkLog(writerFor(logger, logLevel), client, logLevel);
}

/** What a level is told by. */
interface LoggedFailure {
  readonly code?: unknown;
  readonly status?: number | undefined;
}

function failureIn(error: unknown): LoggedFailure {
  const { code, response, status } = error as {
    readonly code?: unknown;
    readonly response?: { readonly status?: number };
    readonly status?: number;
  };
  return { code, status: response?.status ?? status };
}

/** Refusals that somebody can do something about: a later call, a user's sign-in. */
const WARNINGS: ReadonlySet<unknown> = new Set(['ERR_THROTTLED', 'ERR_INTERACTION_REQUIRED']);

function levelOf(call: Call, failure?: LoggedFailure): Level {
  const { failed, fallbackFor, sends } = call;
  if (failure === undefined) {
    if (fallbackFor !== undefined) return 'warn';
    return sends > 1 ? 'info' : 'debug';
  }
  const { code, status = 0 } = failure;
  if (code === 'ERR_CANCELED') return 'debug';
  // The service has done its part, and the SDK does not take it.
  if (!failed || WARNINGS.has(code)) return 'warn';
  // The status in an error of a call that was never sent is the identity provider's.
  if (sends === 0 || status === 0 || status >= 500) return 'error';
  return status === 429 ? 'warn' : 'info';
}
