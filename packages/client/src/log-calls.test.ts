import {
  challengeHeader,
  manualClock,
  scriptedTransport,
  staticCredential,
  type ManualClock,
  type Step,
} from '@holdfast/testing';
import axios, { type AxiosRequestConfig } from 'axios';
import { AsyncLocalStorage } from 'node:async_hooks';
import * as client from './index.js';
import { logCalls, type CallLogger, type LogCallsOptions, type ServiceClientOptions } from './index.js';

let clock: ManualClock;
let stops: (() => void)[];

beforeEach(() => {
  clock = manualClock();
  stops = [];
});

afterEach(() => {
  for (const stop of stops) stop();
  clock.uninstall();
});

/** Every line, with its level before it. */
function linesOf(options?: LogCallsOptions): string[] {
  const lines: string[] = [];
  const at = (level: string) => (_fields: object, line: string) => lines.push(`${level}: ${line}`);
  stops.push(logCalls({ debug: at('debug'), info: at('info'), warn: at('warn') }, options));
  return lines;
}

type Made = Partial<ServiceClientOptions>;

function service(script: readonly Step[], options: Made = {}, { createServiceClient } = client) {
  return createServiceClient({
    name: 'orders',
    baseURL: 'https://orders.test',
    scopes: 'orders',
    credential: staticCredential(['old', 'new']),
    clock,
    random: () => 1,
    correlation: false,
    axios: { adapter: scriptedTransport(script, { clock }).adapter },
    ...options,
  });
}

async function send(script: readonly Step[], config: AxiosRequestConfig = {}, options: Made = {}) {
  const sent = service(script, options).request({ url: '/7', ...config });
  return clock.runUntilSettled(sent.catch((error: unknown) => error));
}

const ok: Step = { status: 200 };
const down: Step = { status: 503 };
const challenge: Step = {
  status: 401,
  headers: { 'www-authenticate': challengeHeader({ claims: { a: 1 } }) },
};

describe('the line of a call', () => {
  it.each<[string, readonly Step[], AxiosRequestConfig, Made, string]>([
    ['a success', [{ ...ok, delayMs: 12 }], {}, {}, 'debug: GET orders /7: success, 1 attempt, 12 ms'],
    ['a retry', [down, ok], {}, {}, 'info: GET orders /7: 200, 2 attempts, 200 ms'],
    ['a challenge that is answered', [challenge, ok], {}, {}, 'info: GET orders /7: 200, 2 attempts, 0 ms'],
    [
      'an outage',
      [down, down, down, down],
      {},
      {},
      'warn: GET orders /7: 503, 4 attempts, 1400 ms; gave up after 3 retries',
    ],
    [
      'a POST that is not repeated',
      [down],
      { method: 'post' },
      {},
      'warn: POST orders /7: 503, 1 attempt, 0 ms; not retried: a POST may have been acted on, and has no idempotency key',
    ],
    ['a 404', [{ status: 404 }], {}, {}, 'info: GET orders /7: 404, 1 attempt, 0 ms'],
    [
      'a 404 that its caller takes',
      [{ status: 404 }],
      { validateStatus: () => true },
      {},
      'debug: GET orders /7: 404, 1 attempt, 0 ms',
    ],
    [
      'a network failure',
      [{ error: 'ECONNRESET' }],
      { holdfast: { retry: false } },
      {},
      'warn: GET orders /7: ECONNRESET, 1 attempt, 0 ms',
    ],
    [
      'a token that cannot be had',
      [],
      {},
      { credential: staticCredential(new Error('no')), deadlineMs: 1_000 },
      'warn: GET orders /7: ERR_TOKEN_ACQUISITION, not sent, 0 ms; No token for orders: the credential failed (Error)',
    ],
    [
      'a reduced answer',
      ['hang'],
      {},
      { fallback: () => ({ data: {} }), deadlineMs: 50 },
      'warn: GET orders /7: fallback for deadline, 1 attempt, 50 ms; fallback: deadline (ERR_DEADLINE_EXCEEDED)',
    ],
    [
      'a deadline',
      ['hang'],
      {},
      { deadlineMs: 50 },
      'warn: GET orders /7: ERR_DEADLINE_EXCEEDED, 1 attempt, 50 ms; the deadline of 50 ms was over',
    ],
    [
      'a call with an id, a query and a user name',
      [ok],
      { url: 'https://me:pw@orders.test/7?sig=s#f', holdfast: { token: false } },
      { correlation: { id: () => 'served-7' } },
      'debug: GET orders https://orders.test/7: success, 1 attempt, 0 ms, id served-7',
    ],
  ])('of %s says what came of it', async (_, script, config, options, expected) => {
    const lines = linesOf({ events: false });
    await send(script, config, options);
    expect(lines).toEqual([expected]);
  });

  it('of a call that is given up is for whoever asks', async () => {
    const lines = linesOf();
    const caller = new AbortController();
    const sent = service(['hang']).get('/7', { signal: caller.signal });
    await clock.settle();
    caller.abort();
    await expect(sent).rejects.toThrow('canceled');
    expect(lines).toEqual(['debug: GET orders /7: ERR_CANCELED, 1 attempt, 0 ms']);
  });

  it('of a call that was refused says why nothing was sent', async () => {
    const lines = linesOf({ events: false });
    const orders = service([{ status: 429, headers: { 'retry-after': '60' } }]);
    for (let call = 0; call < 2; call += 1)
      await clock.runUntilSettled(orders.get('/7').catch(() => undefined));
    expect(lines[1]).toBe(
      'warn: GET orders /7: ERR_THROTTLED, not sent, 0 ms; refused: throttled, next try in 60000 ms',
    );
  });

  it('is there for a call whose outermost interceptor throws at once', async () => {
    const lines = linesOf();
    const bare = axios.create({ baseURL: 'https://orders.test' });
    client.install(bare, [
      () => () => {
        throw new TypeError('at once');
      },
    ]);
    await expect(bare.get('/7')).rejects.toThrow('at once');
    expect(lines).toEqual([expect.stringMatching(/^warn: GET https:\/\/orders.test \/7: .*not sent/)]);
  });

  it('is one line and moves no cursor, whatever stands in path, service, id and the message of one’s own', async () => {
    const evil = 'a\n{"level":60}\r\u2028\u202E\u009B2J\u001B[31m\u0007b';
    const lines = linesOf({
      message: (call) => `${String(call.correlationId)} ${call.service} ${call.url} ${evil}`,
    });
    const usual = linesOf();
    await send(
      [{ error: 'ECONNREFUSED' }],
      { url: `/${evil}`, holdfast: { retry: false, token: false } },
      {
        name: evil,
        correlation: { id: () => evil },
      },
    );
    expect(lines).toHaveLength(1);
    expect(usual).toHaveLength(1);
    for (const line of [...lines, ...usual]) {
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(line).toContain('a\\u{a}{"level":60}');
    }
  });

  it('ends where a path does not', async () => {
    const lines = linesOf();
    await send([ok], { url: `/${'long/'.repeat(10_000)}` });
    expect(lines[0]!.length).toBeLessThan(1_100);
  });
});

describe('which calls have a line, and at what level', () => {
  it('is the choice of the option level, which may take it away', async () => {
    const lines = linesOf({
      level: (call, error) => (error?.status === 503 ? 'warn' : call.method === 'head' && false) || 'info',
    });
    const some = linesOf({ level: ({ failed }) => failed && 'warn' });
    await send([down], { method: 'post' });
    await send([ok]);
    expect(lines.map((line) => line.slice(0, 4))).toEqual(['warn', 'info']);
    expect(some).toHaveLength(1);
  });

  it.each([['orders'], [['orders', 'stock']]])('has lines of %j alone', async (names) => {
    const lines = linesOf({ service: names });
    await send([ok]);
    await send([ok], {}, { name: 'prices' });
    expect(lines).toEqual(['debug: GET orders /7: success, 1 attempt, 0 ms']);
  });

  it('is every log’s own: each has its line until it is stopped', async () => {
    const [first, second] = [linesOf(), linesOf({ level: () => 'info' })];
    await send([ok]);
    stops[0]!();
    await send([ok]);
    expect([first.length, second.length]).toEqual([1, 2]);
    stops[1]!();
    await send([ok]);
    expect([first.length, second.length]).toEqual([1, 2]);
  });

  it('is the same for a client that another copy of the packages has made', async () => {
    const lines = linesOf();
    let copy = client;
    await jest.isolateModulesAsync(async () => {
      copy = await import('./index.js');
    });
    expect(copy.install).not.toBe(client.install);
    await clock.runUntilSettled(service([down, ok], {}, copy).get('/7'));
    expect(lines).toEqual(['info: GET orders /7: 200, 2 attempts, 200 ms']);
  });

  it('is written where the caller is: what he has stored for his request is at hand', async () => {
    const served = new AsyncLocalStorage<string>();
    const seen: string[] = [];
    const see = (_: object, line: string) => seen.push(`${String(served.getStore())}: ${line}`);
    stops.push(logCalls({ debug: see, info: see, warn: see }));
    const orders = service([down, ok, { status: 404 }], { correlation: { id: () => served.getStore() } });
    await served.run('request-7', () => clock.runUntilSettled(orders.get('/7')));
    await served.run('request-8', () => orders.get('/8').catch(() => undefined));
    expect(seen).toEqual([
      'request-7: GET orders /7: 200, 2 attempts, 200 ms, id request-7',
      'request-8: GET orders /8: 404, 1 attempt, 0 ms, id request-8',
    ]);
  });
});

describe('a logger that fails', () => {
  const broken = (): never => {
    throw new Error('disk full\nat https://logs.test/?key=s3cret');
  };

  it.each<[string, CallLogger, LogCallsOptions]>([
    ['throws', { debug: broken, info: broken, warn: broken }, {}],
    ['rejects', { debug: async () => broken(), info: broken, warn: broken }, {}],
    ['meets a level of one’s own that throws', console, { level: broken }],
    ['meets a message of one’s own that throws', console, { level: () => 'warn', message: broken }],
  ])(
    'and %s changes nothing for the caller, and is a warning of the process, once',
    async (_, logger, options) => {
      const warned = jest.spyOn(process, 'emitWarning').mockImplementation();
      stops.push(logCalls(logger, options));
      const uncaught = jest.fn();
      process.on('uncaughtException', uncaught);
      const orders = service([ok, ok]);
      expect((await orders.get('/7')).status).toBe(200);
      expect((await orders.get('/7')).status).toBe(200);
      await clock.settle();
      process.off('uncaughtException', uncaught);
      expect(uncaught).not.toHaveBeenCalled();
      expect(warned.mock.calls).toEqual([
        [
          'logCalls(): a line was not written: Error: disk full\\u{a}at https://logs.test/',
          { code: 'HOLDFAST_LOG_CALLS' },
        ],
      ]);
      warned.mockRestore();
    },
  );
});
