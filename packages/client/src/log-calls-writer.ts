/** How a logger takes a line: after its fields, as one entry with its level, or alone. */
export type LogStyle = 'pino' | 'winston' | 'console';

/** One method of a logger, for one level. */
export type LogMethod = (...args: never[]) => unknown;

/** pino's logger, winston's, a console, or an object of one's own with a method for each level. */
export type CallLogger = {
  readonly debug: LogMethod;
  readonly warn: LogMethod;
} & ({ readonly info: LogMethod } | { readonly log: LogMethod });

/** Writes one line with its fields. What it returns may be a promise. */
type WriteLine = (line: string, fields: object) => unknown;

/** A logger, whatever its style. */
export interface LogWriter {
  /** Whether the logger has a method for a level. */
  has(level: string): boolean;
  /** What writes at a level; `undefined` where nobody would read it. */
  at(level: string): WriteLine | undefined;
}

const STYLES: readonly unknown[] = ['pino', 'winston', 'console'] satisfies LogStyle[];

/** Whether a value is a {@link LogStyle}, or left to be told by the logger's shape. */
export function isLogStyle(value: unknown): boolean {
  return value === undefined || STYLES.includes(value);
}

/** What some call a level that it has not by that name: winston's syslog levels, a logger of Nest. */
const OTHER_NAMES: Readonly<Record<LogStyle, Readonly<Record<string, string>>>> = {
  pino: {},
  winston: { warn: 'warning', debug: 'verbose' },
  console: { info: 'log' },
};

/**
 * One way to write to every logger.
 *
 * @throws {TypeError} when it is none, naming `owner`.
 */
export function logWriter(logger: unknown, wanted: LogStyle | undefined, owner: string): LogWriter {
  if ((typeof logger !== 'object' && typeof logger !== 'function') || logger === null) {
    throw new TypeError(`${owner}(): the logger must be an object with a method for each level`);
  }
  const style = wanted ?? styleOf(logger);
  const asksFirst = hasMethod(logger, 'isLevelEnabled');
  const nameOf = (level: string): string | undefined =>
    [level, OTHER_NAMES[style][level]].find((name) => name !== undefined && hasMethod(logger, name));

  return {
    has: (level) => nameOf(level) !== undefined,
    at: (level) => {
      // A level that only a function of the caller's has named may be none of this logger's.
      const name = nameOf(level) ?? nameOf('warn') ?? 'warn';
      if (asksFirst && send(logger, 'isLevelEnabled', name) === false) return undefined;
      if (style === 'pino') return (line, fields) => send(logger, name, fields, line);
      if (style === 'console') return (line) => send(logger, name, line);
      return (line, fields) => send(logger, 'log', { ...fields, level: name, message: line });
    },
  };
}

/** Only pino has bindings; whoever else has no `log()` takes the fields first, as bunyan does and whoever copies the two. */
function styleOf(logger: object): LogStyle {
  if (hasMethod(logger, 'bindings') || !hasMethod(logger, 'log')) return 'pino';
  return hasMethod(logger, 'configure') ? 'winston' : 'console';
}

function hasMethod(logger: object, name: string): boolean {
  return typeof Reflect.get(logger, name) === 'function';
}

function send(logger: object, name: string, ...args: unknown[]): unknown {
  return (Reflect.get(logger, name) as (...args: unknown[]) => unknown).apply(logger, args);
}
