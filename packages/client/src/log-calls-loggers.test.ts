import { scriptedTransport, type Step } from '@holdfast/testing';
import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import pino from 'pino';
import winston from 'winston';
import {
  createServiceClient,
  errorSummary,
  logCalls,
  type CallLogger,
  type LogCallsOptions,
} from './index.js';
import { consoleLog, pinoLog, winstonLog } from './made-loggers.js';

let stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops) stop();
  stops = [];
});

const FAILED: Step = { status: 409, data: 'the body' };
const DOWN: Step = { error: 'ECONNREFUSED' };

/** Has a logger write of some calls, one for each step. */
async function logged(
  logger: CallLogger,
  script: readonly Step[],
  options: LogCallsOptions = {},
  url = '/7',
) {
  stops.push(logCalls(logger, options));
  const orders = createServiceClient({
    name: 'orders',
    baseURL: 'https://orders.test',
    credential: false,
    retry: false,
    clock: { now: () => 1_000, setTimeout: () => ({ cancel: () => undefined, unref: () => undefined }) },
    correlation: { id: () => 'id-7' },
    axios: { adapter: scriptedTransport(script).adapter },
  });
  for (let call = 0; call < script.length; call += 1) await orders.get(url).catch(() => undefined);
  // Winston's entries go through a stream.
  await nextTurn();
}

const CALL = {
  service: 'orders',
  method: 'get',
  url: '/7',
  correlationId: 'id-7',
  startedAt: 1_000,
  endedAt: 1_000,
  sends: 1,
  refusals: [],
};
const ATTEMPT = { number: 1, startedAt: 1_000, endedAt: 1_000, delayMs: 0, decisions: [] };
const REFUSED = {
  call: { ...CALL, outcome: 'not-sent', failed: true, attempts: [{ ...ATTEMPT, code: 'ECONNREFUSED' }] },
  err: expect.objectContaining({
    code: 'ECONNREFUSED',
    message: expect.stringContaining('ECONNREFUSED') as string,
  }) as object,
};
const LINE = 'GET orders /7: ECONNREFUSED, 1 attempt, 0 ms, id id-7';
const SUCCEEDED = { call: { ...CALL, outcome: 'success', failed: false, attempts: [] } };
const GOOD = 'GET orders /7: success, 1 attempt, 0 ms, id id-7';

describe('pino', () => {
  it.each([
    ['as it comes', {}],
    ['with errorSummary as its serializer', { serializers: { err: errorSummary } }],
    ['with its serializer of causes', { serializers: { err: pino.stdSerializers.errWithCause } }],
  ])('%s gets the line as its message, and what it is about as fields', async (_, options) => {
    const { logger, memory } = pinoLog(options);
    await logged(logger, [DOWN, { status: 200 }]);
    expect(memory.entries).toEqual([
      { level: 40, msg: LINE, ...REFUSED },
      { level: 20, msg: GOOD, ...SUCCEEDED },
    ]);
  });

  it('that writes nothing at a level costs no line at that level', async () => {
    const { logger, memory } = pinoLog({ level: 'warn' });
    const message = jest.fn(() => 'a line');
    await logged(logger, [{ status: 200 }, FAILED, DOWN], { message });
    expect(memory.entries.map(({ msg }) => msg)).toEqual(['a line']);
    expect(message).toHaveBeenCalledTimes(1);
  });

  it('may be a child, and mixes in what its request has stored', async () => {
    const served = new AsyncLocalStorage<string>();
    const { logger, memory } = pinoLog({ mixin: () => ({ requestId: served.getStore() }) });
    await served.run('request 7', () => logged(logger.child({ module: 'http' }), [{ status: 200 }]));
    expect(memory.entries).toMatchObject([{ module: 'http', requestId: 'request 7', msg: GOOD }]);
  });

  it('has levels of its owner’s, silent too', async () => {
    const { logger, memory } = pinoLog({ customLevels: { audit: 35 } });
    await logged(logger, [DOWN, { status: 200 }], { level: ({ failed }) => (failed ? 'audit' : 'silent') });
    expect(memory.entries).toMatchObject([{ level: 35, msg: LINE }]);
  });
});

describe('winston', () => {
  it('gets one entry with level, message and what it is about', async () => {
    const { logger, memory } = winstonLog({ defaultMeta: { app: 'shop' } });
    await logged(logger, [DOWN, { status: 200 }]);
    expect(memory.entries).toEqual([
      { level: 'warn', message: LINE, app: 'shop', ...REFUSED },
      { level: 'debug', message: GOOD, app: 'shop', ...SUCCEEDED },
    ]);
  });

  it('with the levels of syslog has a warning where others warn', async () => {
    const { logger, memory } = winstonLog({ levels: winston.config.syslog.levels, level: 'debug' });
    await logged(logger, [DOWN, FAILED, { status: 200 }]);
    expect(memory.entries.map(({ level }) => level)).toEqual(['warning', 'info', 'debug']);
  });

  it('that writes nothing at a level costs no line at that level', async () => {
    const { logger, memory } = winstonLog({ level: 'warn' });
    const message = jest.fn(() => 'a line');
    await logged(logger, [{ status: 200 }, FAILED, DOWN], { message });
    expect(memory.entries.map(({ message: line }) => line)).toEqual(['a line']);
    expect(message).toHaveBeenCalledTimes(1);
  });

  it('keeps a line as it is, whatever format its owner has', async () => {
    const { format } = winston;
    for (const one of [
      format.simple(),
      format.combine(format.splat(), format.errors({ stack: true }), format.simple()),
    ]) {
      const { logger, memory } = winstonLog({ format: one });
      await logged(logger, [{ status: 200 }], {}, '/%s/%d/%j');
      expect(memory.lines).toEqual([expect.stringContaining('debug: GET orders /%s/%d/%j: success')]);
    }
  });

  it('may be a child', async () => {
    const { logger, memory } = winstonLog();
    await logged(logger.child({ module: 'http' }), [{ status: 200 }]);
    expect(memory.entries).toMatchObject([{ level: 'debug', module: 'http', message: GOOD }]);
  });
});

describe('a console', () => {
  it('gets the line alone, and nothing in it is a placeholder', async () => {
    const { logger, memory } = consoleLog();
    await logged(logger, [DOWN, { status: 200 }], {}, '/%s/%o');
    expect(memory.lines).toEqual([LINE, GOOD].map((line) => line.replace('/7', '/%s/%o')));
  });
});

describe('a logger of one’s own', () => {
  const recording = () => {
    const lines: unknown[][] = [];
    const at =
      (level: string) =>
      (...args: unknown[]) =>
        lines.push([level, ...args]);
    return { lines, at };
  };

  it('gets fields and line, as pino does, where it has a method for each level', async () => {
    const { lines, at } = recording();
    await logged({ debug: at('debug'), info: at('info'), warn: at('warn') }, [{ status: 200 }]);
    expect(lines).toMatchObject([['debug', SUCCEEDED, GOOD]]);
  });

  it('gets the line alone where it has log(), as a console and Nest’s have', async () => {
    const { lines, at } = recording();
    await logged({ debug: at('debug'), log: at('log'), warn: at('warn') }, [FAILED, { status: 200 }]);
    expect(lines).toEqual([
      ['log', 'GET orders /7: 409, 1 attempt, 0 ms, id id-7'],
      ['debug', GOOD],
    ]);
  });

  it('is told what it takes by the option style, where its shape says otherwise', async () => {
    const { lines, at } = recording();
    await logged({ debug: at('debug'), info: at('info'), warn: at('warn') }, [{ status: 200 }], {
      style: 'console',
    });
    await logged({ debug: at(''), info: at(''), log: at('log'), warn: at('') }, [DOWN], { style: 'winston' });
    expect(lines).toContainEqual(['debug', GOOD]);
    expect(lines).toContainEqual(['log', { level: 'warn', message: LINE, ...REFUSED }]);
  });

  it('keeps its `this`', async () => {
    class Own {
      readonly #lines: string[] = [];
      debug(_fields: object, line: string): void {
        this.#lines.push(line);
      }
      info = this.debug.bind(this);
      warn = this.debug.bind(this);
      get lines(): readonly string[] {
        return this.#lines;
      }
    }
    const own = new Own();
    await logged(own, [{ status: 200 }]);
    expect(own.lines).toEqual([GOOD]);
  });

  it('writes as a warning what it has no level for', async () => {
    const { lines, at } = recording();
    await logged({ debug: at('debug'), info: at('info'), warn: at('warn') }, [FAILED], {
      level: () => 'loud',
    });
    expect(lines).toMatchObject([['warn', {}, expect.any(String)]]);
  });
});

describe('what is no logger, or an option that is wrong, is refused when it is given', () => {
  const noop = () => undefined;
  const level = (name: string) =>
    `logCalls(): the logger has no level "${name}"; name its own by the option "level", with "events" false`;

  it.each<[string, CallLogger, LogCallsOptions, string]>([
    [
      'nothing',
      undefined as never,
      {},
      'logCalls(): the logger must be an object with a method for each level',
    ],
    [
      'a word',
      'console' as never,
      {},
      'logCalls(): the logger must be an object with a method for each level',
    ],
    ['no debug', { info: noop, warn: noop } as never, {}, level('debug')],
    ['no warn', { info: noop } as never, { level: () => 'info' }, level('warn')],
    ['winston without warn', winston.createLogger({ levels: { loud: 0, quiet: 1 } }), {}, level('debug')],
    [
      'a bad level',
      console,
      { level: 'info' as never },
      'logCalls(): the option "level" must be a function, and is a string',
    ],
    [
      'a bad style',
      console,
      { style: 'bunyan' as never },
      'the option "style" must be "pino", "winston" or "console", and is "bunyan"',
    ],
    [
      'no service',
      console,
      { service: [] },
      'the option "service" must be the name of a service, or a list of names, and is an array',
    ],
    [
      'a misspelt option',
      console,
      { levels: noop } as never,
      'there is no option "levels"; there are level, message, service, events, style',
    ],
  ])('%s', (_, logger, options, message) => {
    expect(() => logCalls(logger, options)).toThrow(message);
  });

  it('but levels of one’s own are enough, where no circuit or gate is to be told of', async () => {
    const levels = { loud: 0, quiet: 1 };
    const { logger, memory } = winstonLog({ levels, level: 'quiet' });
    await logged(logger, [DOWN], { level: () => 'loud', events: false });
    expect(memory.entries).toMatchObject([{ level: 'loud', message: LINE }]);
  });
});

describe('the type of a logger', () => {
  it('takes pino’s, winston’s, a console, a child and a small one of one’s own', () => {
    const own = {
      debug: (_: object, line: string) => line,
      info: (fields: object) => fields,
      warn: () => undefined,
    };
    const logger = pino({ level: 'silent' });
    const taken: readonly CallLogger[] = [
      logger,
      logger.child({}),
      winston.createLogger(),
      winston,
      console,
      own,
    ];
    // @ts-expect-error -- a logger without warn()
    const refused: CallLogger = { debug: own.debug, info: own.info };
    for (const one of taken) stops.push(logCalls(one));
    expect(() => logCalls(refused)).toThrow(TypeError);
  });
});
