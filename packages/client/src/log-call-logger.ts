import { errorSummary, type Call, type ErrorSummary } from '@holdfast/core';
import { logWriter, type CallLogger, type LogWriter } from './log-calls-writer.js';
import { callLine, oneLine, type CallEnd } from './log-line.js';

/** What {@link callLogger} needs beside its logger. */
export interface CallLoggerOptions {
  /** Who writes: named in the error for a logger that is none, and in the warning of the process for one that fails. */
  readonly owner: string;
  /** The levels that the logger must have, by their usual names. One that it has not is written as `warn`. */
  readonly needs: readonly string[];
  /** The level of a call's line; `false` for no line. */
  readonly level: (call: Call, error: ErrorSummary | undefined) => string | false;
}

/** Writes the line of one call that has ended. Never throws. `end` is asked where the line is written. */
export type LogCall = (call: Call, error?: ErrorSummary, end?: () => CallEnd) => void;

/**
 * What writes the line of one call at a time, the line that `logCalls()` writes for every call of a process: for an SDK whose
 * lines are its own. No body, header, cookie, key, token or query is in it. A logger that throws or rejects changes nothing
 * about the call: it is a warning of the process, the first time.
 *
 * @throws {TypeError} for a logger that is none, or lacks a level.
 */
export function callLogger(
  logger: Pick<CallLogger, 'warn'>,
  { owner, needs, level }: CallLoggerOptions,
): LogCall {
  const writer = logWriter(logger, undefined, owner);
  const missing = needs.find((name) => !writer.has(name));
  if (missing !== undefined) throw new TypeError(`${owner}(): the logger has no level "${missing}"`);
  return guarding(owner)(callWriter(writer, level, callLine));
}

type WriteCall = (call: Call, error?: ErrorSummary, end?: () => CallEnd) => unknown;

/** Writes the line of a call; what it returns may be a promise, and what it throws is for {@link guarding}. */
export function callWriter(
  writer: LogWriter,
  level: CallLoggerOptions['level'],
  message: (call: Call, error: ErrorSummary | undefined, end: CallEnd | undefined) => string,
): WriteCall {
  return (call, error, askEnd) => {
    const chosen = level(call, error);
    const write = chosen === false ? undefined : writer.at(chosen);
    if (write === undefined) return undefined;
    const end = askEnd?.();
    const fields = { call: { ...call.toJSON(), ...end }, ...(error && { err: error }) };
    return write(oneLine(message(call, error, end)), fields);
  };
}

/** What a listener throws would end the process, or the call: it is a warning of the process instead, the first time. */
export function guarding(
  owner: string,
): <Facts extends readonly unknown[]>(listener: (...facts: Facts) => unknown) => (...facts: Facts) => void {
  let hasFailed = false;
  const fail = (reason: unknown) => {
    if (hasFailed) return;
    hasFailed = true;
    const { name, message } = errorSummary(reason);
    process.emitWarning(oneLine(`${owner}(): a line was not written: ${name}: ${message}`), {
      code: 'HOLDFAST_LOG_CALLS',
    });
  };
  return (listener) =>
    (...facts) => {
      try {
        const written = listener(...facts);
        // Mostly there was no line, or a logger that writes at once.
        if (written !== undefined) Promise.resolve(written).catch(fail);
      } catch (reason) {
        fail(reason);
      }
    };
}
