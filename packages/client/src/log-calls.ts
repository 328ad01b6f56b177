import {
  accepted,
  flag,
  func,
  isText,
  quotable,
  readOptions,
  subscribe,
  type Call,
  type CallEvent,
  type CircuitEvent,
  type ErrorSummary,
  type GateEvent,
  type WarningEvent,
} from '@holdfast/core';
import { callWriter, guarding } from './log-call-logger.js';
import { isLogStyle, logWriter, type CallLogger, type LogStyle } from './log-calls-writer.js';
import { callLine, circuitLine, gateLine, oneLine, warningLine } from './log-line.js';

/** Options of {@link logCalls}. */
export interface LogCallsOptions {
  /**
   * The level of a call's line, one that the logger has; `false` for no line. Default: `warn` for an error and for a
   * reduced answer, but `info` for a status like 404 and `debug` for a call that its caller gave up; `info` for a success
   * that took more than one attempt, `debug` for all others. A level that the logger has not is written as `warn`.
   */
  readonly level?: (call: Call, error: ErrorSummary | undefined) => string | false;
  /** The text of a call's line. Default: `GET orders /7: 503, 3 attempts, 812 ms`. What may be secret in a path is in it. */
  readonly message?: (call: Call, error: ErrorSummary | undefined) => string;
  /** The services whose lines are written, by name. Default: all. Of one that is misspelt there are none. */
  readonly service?: string | readonly string[];
  /**
   * Whether circuits, gates and warnings have lines too: `warn` where a circuit opens, a gate closes or something works
   * otherwise than its owner thinks, else `info`. Default: true. With `false` the lines of the calls do not say why.
   */
  readonly events?: boolean;
  /**
   * How the logger takes a line: `warn(fields, line)`, `log({ level, message, … })` or `warn(line)`. Default: told by its
   * shape. A wrong one loses the fields, or the line.
   */
  readonly style?: LogStyle;
}

type ToldEvent = CircuitEvent | GateEvent | WarningEvent;

const schemas = {
  level: func<NonNullable<LogCallsOptions['level']>>(levelOf),
  message: func<NonNullable<LogCallsOptions['message']>>(callLine),
  service: accepted<LogCallsOptions['service']>(
    (value) => isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText)),
    'the name of a service, or a list of names',
    undefined,
  ),
  events: flag(true),
  style: quotable(accepted<LogStyle | undefined>(isLogStyle, '"pino", "winston" or "console"', undefined)),
};

/**
 * Writes a line for each call of every client in this process when it has ended, and one for each change of a circuit or a
 * gate; returns the way back. No body, header, cookie, key, token or query is in it: a line has what {@link Call} and
 * {@link ErrorSummary} have, and they are its fields `call` and `err`.
 *
 * It runs where the caller gets his answer, so that what an `AsyncLocalStorage` holds there is at hand. A logger that
 * throws changes nothing about the call. One that ships its lines through a client of this kind writes about itself for
 * ever: name the other services then.
 *
 * @throws {TypeError} for a bad option, naming it, and for a logger that lacks a level.
 */
export function logCalls(logger: CallLogger, options: LogCallsOptions = {}): () => void {
  const { level, message, service, events, style } = readOptions('logCalls', schemas, options);
  const writer = logWriter(logger, style, 'logCalls');
  const needed = [...(options.level ? [] : ['debug', 'info', 'warn']), ...(events ? ['info', 'warn'] : [])];
  const missing = needed.find((name) => !writer.has(name));
  if (missing !== undefined) {
    throw new TypeError(
      `logCalls(): the logger has no level "${missing}"; name its own by the option "level", with "events" false`,
    );
  }
  const names = service === undefined ? undefined : new Set([service].flat());
  const isWanted = (name: string) => names?.has(name) ?? true;
  const guard = guarding('logCalls');
  const writeCall = callWriter(writer, level, message);

  const onCall = guard(({ call, error }: CallEvent) =>
    isWanted(call.service) ? writeCall(call, error) : undefined,
  );
  const undo = [
    subscribe('tracing:holdfast:call:asyncEnd', onCall),
    // What is thrown at once has no other end.
    subscribe('tracing:holdfast:call:end', (event) => {
      if (event.call.outcome !== undefined) onCall(event);
    }),
  ];
  if (events) {
    const write = (at: 'info' | 'warn', { service }: ToldEvent, lineOf: () => string, fields: object) =>
      isWanted(service) ? writer.at(at)?.(oneLine(lineOf()), fields) : undefined;
    undo.push(
      subscribe(
        'holdfast:circuit',
        guard((circuit) =>
          write(circuit.state === 'open' ? 'warn' : 'info', circuit, () => circuitLine(circuit), { circuit }),
        ),
      ),
      subscribe(
        'holdfast:gate',
        guard((gate) =>
          write(gate.state === 'closed' ? 'warn' : 'info', gate, () => gateLine(gate), { gate }),
        ),
      ),
      subscribe(
        'holdfast:warning',
        guard((warning) => write('warn', warning, () => warningLine(warning), { warning })),
      ),
    );
  }
  return () => {
    for (const back of undo) back();
  };
}

/** Who has to look, who may want to know, and what is there when somebody asks. */
function levelOf({ failed, fallbackFor, outcome, sends }: Call): 'warn' | 'info' | 'debug' {
  if (outcome === 'canceled') return 'debug';
  if (failed) return outcome === 'answered' ? 'info' : 'warn';
  if (fallbackFor !== undefined) return 'warn';
  return sends > 1 ? 'info' : 'debug';
}
