import {
  callOf,
  createServiceClient,
  install,
  type CallLogger,
  type ServiceClientOptions,
} from '@holdfast/client';
import {
  manualClock,
  scriptedTransport,
  staticCredential,
  type ManualClock,
  type Step,
} from '@holdfast/testing';
import axios, { AxiosError, type AxiosInstance, type AxiosRequestConfig } from 'axios';
import * as v from 'valibot';
import type { LogLevel, SdkSettings } from './call-options.js';
import { checked } from './checked-answer.js';
import { logFor } from './sdk-log.js';

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

function service(script: readonly Step[], options: Partial<ServiceClientOptions> = {}): AxiosInstance {
  return createServiceClient({
    ...{ name: 'orders', baseURL: 'https://orders.test', scopes: 'orders', credential: staticCredential() },
    ...{ clock, random: () => 1, correlation: { id: () => 'id-7' } },
    axios: { adapter: scriptedTransport(script, { clock }).adapter },
    ...options,
  });
}

/** A logger, and what it was told. */
function recording(): { logger: CallLogger; lines: string[]; fields: object[] } {
  const lines: string[] = [];
  const fields: object[] = [];
  const at = (level: string) => (of: object, line: string) => {
    lines.push(`${level}: ${line}`);
    fields.push(of);
  };
  const logger = { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
  return { logger, lines, fields };
}

/** One request as an SDK makes it, with the log that its settings ask for. */
async function send(
  client: AxiosInstance,
  settings: SdkSettings,
  config: AxiosRequestConfig = {},
): Promise<void> {
  const log = logFor(settings, () => client);
  const sent = client.request({ url: '/7', ...config }).then(
    (response) => log?.ended({ call: callOf(response)!, response }),
    (error: unknown) => log?.ended({ error }),
  );
  await clock.runUntilSettled(sent);
}

const ok: Step = { status: 200 };
const down: Step = { status: 503 };

describe('the line of a call of an SDK', () => {
  it.each<[string, readonly Step[], AxiosRequestConfig, Partial<ServiceClientOptions>, string]>([
    [
      'that succeeds at once',
      [{ ...ok, delayMs: 12 }],
      {},
      {},
      'debug: GET orders /7: 200, 1 attempt, 12 ms, id id-7',
    ],
    [
      'that creates something',
      [{ status: 201 }],
      { method: 'post' },
      {},
      'debug: POST orders /7: 201, 1 attempt, 0 ms, id id-7',
    ],
    [
      'that succeeds after a retry',
      [down, ok],
      {},
      {},
      'info: GET orders /7: 200, 2 attempts, 200 ms, id id-7',
    ],
    [
      'that is answered with no',
      [{ status: 404 }],
      {},
      {},
      'info: GET orders /7: 404, 1 attempt, 0 ms, id id-7',
    ],
    [
      'that was changed meanwhile',
      [{ status: 412 }],
      { method: 'put' },
      {},
      'info: PUT orders /7: 412, 1 attempt, 0 ms, id id-7',
    ],
    [
      'that is throttled',
      [{ status: 429, headers: { 'retry-after': '600' } }],
      { holdfast: { retry: false } },
      {},
      'warn: GET orders /7: 429, 1 attempt, 0 ms, id id-7; throttled: the gate is closed for 300000 ms',
    ],
    [
      'to a service that is down',
      [down, down, down, down],
      {},
      {},
      'error: GET orders /7: 503, 4 attempts, 1400 ms, id id-7; gave up after 3 retries',
    ],
    [
      'that nobody implements',
      [{ status: 501 }],
      {},
      {},
      'error: GET orders /7: 501, 1 attempt, 0 ms, id id-7',
    ],
    [
      'whose connection is lost',
      [{ error: 'ECONNRESET' }],
      { holdfast: { retry: false } },
      {},
      'error: GET orders /7: ECONNRESET, 1 attempt, 0 ms, id id-7',
    ],
    [
      'that takes too long',
      ['hang'],
      {},
      { deadlineMs: 50 },
      'error: GET orders /7: ERR_DEADLINE_EXCEEDED, 1 attempt, 50 ms, id id-7; the deadline of 50 ms was over',
    ],
    [
      'that gets a reduced answer',
      ['hang'],
      {},
      { fallback: () => ({ data: {} }), deadlineMs: 50 },
      'warn: GET orders /7: fallback for deadline, 1 attempt, 50 ms, id id-7; fallback: deadline (ERR_DEADLINE_EXCEEDED)',
    ],
    [
      'without a token',
      [],
      {},
      {
        credential: staticCredential(Object.assign(new Error('no'), { statusCode: 400 })),
        deadlineMs: 1_000,
      },
      'error: GET orders /7: ERR_TOKEN_ACQUISITION, not sent, 0 ms, id id-7; No token for orders: the credential failed (Error)',
    ],
  ])('%s has its level, status, attempts, duration and id', async (_, script, config, options, expected) => {
    const { logger, lines } = recording();
    await send(service(script, options), { logger, logLevel: 'debug' }, config);
    expect(lines).toEqual([expected]);
  });

  it('that its caller gives up is for whoever asks', async () => {
    const { logger, lines } = recording();
    const caller = new AbortController();
    const client = service(['hang']);
    const sent = client.get('/7', { signal: caller.signal }).catch((error: unknown) => error);
    await clock.settle();
    caller.abort();
    logFor({ logger, logLevel: 'debug' }, () => client)?.ended({ error: await sent });
    expect(lines).toEqual(['debug: GET orders /7: ERR_CANCELED, 1 attempt, 0 ms, id id-7']);
  });

  it('that the gate refuses is a warning, and says that nothing was sent', async () => {
    const { logger, lines } = recording();
    const client = service([{ status: 429, headers: { 'retry-after': '600' } }]);
    await send(client, { logger });
    await send(client, { logger });
    expect(lines[1]).toBe(
      'warn: GET orders /7: ERR_THROTTLED, not sent, 0 ms, id id-7; refused: throttled, next try in 300000 ms',
    );
  });

  it('whose answer does not fit its schema is a warning, and no success', async () => {
    const { logger, lines } = recording();
    const client = service([{ status: 200, data: '{"id":"S3cret"}' }]);
    const response = await clock.runUntilSettled(client.get('/7'));
    try {
      void checked(v.object({ id: v.number() }), response);
    } catch (error) {
      logFor({ logger }, () => client)?.ended({ error });
    }
    expect(lines).toEqual(['warn: GET orders /7: ERR_RESPONSE_VALIDATION, 1 attempt, id id-7']);
  });

  it('that was never sent is an error, whatever another service has answered meanwhile', async () => {
    const { logger, lines } = recording();
    const client = axios.create({ baseURL: 'https://orders.test' });
    install(client, [
      () => (config) => {
        const answer = { status: 403, statusText: '', headers: {}, data: '', config };
        return Promise.reject(new AxiosError('no', 'ERR_FLAGS', config, undefined, answer));
      },
    ]);
    await send(client, { logger });
    expect(lines).toEqual([
      expect.stringMatching(/^error: GET https:\/\/orders\.test \/7: ERR_FLAGS, not sent, \d+ ms$/),
    ]);
  });

  it('has the same as fields, for a logger that takes them', async () => {
    const { logger, fields } = recording();
    const client = service([ok, { status: 409 }]);
    await send(client, { logger, logLevel: 'debug' });
    await send(client, { logger, logLevel: 'debug' });
    const call = { service: 'orders', method: 'get', correlationId: 'id-7', sends: 1 };
    expect(fields).toMatchObject([
      { call: { ...call, status: 200, startedAt: clock.now(), endedAt: clock.now() } },
      { call, err: { status: 409, correlationId: 'id-7', url: 'https://orders.test/7' } },
    ]);
  });
});

describe('the level of a log', () => {
  it.each<[LogLevel | undefined, readonly string[]]>([
    ['off', []],
    ['error', ['error']],
    [undefined, ['error', 'warn']],
    ['warn', ['error', 'warn']],
    ['info', ['error', 'warn', 'info']],
    ['debug', ['error', 'warn', 'info', 'debug']],
  ])('%s lets through what is as grave or graver', async (logLevel, expected) => {
    const { logger, lines } = recording();
    for (const step of [{ status: 500 }, { status: 429 }, { status: 404 }, ok])
      await send(service([step], { retry: false }), { logger, ...(logLevel && { logLevel }) });
    expect(lines.map((line) => line.split(':')[0])).toEqual(expected);
  });

  it('above debug, a call that succeeds reads no clock', async () => {
    let readings = 0;
    const counting = {
      now: () => {
        readings += 1;
        return clock.now();
      },
      setTimeout: clock.setTimeout.bind(clock),
    };
    const readingsOf = async (settings: SdkSettings) => {
      const client = service([ok, ok], { clock: counting });
      await send(client, {});
      readings = 0;
      await send(client, settings);
      return readings;
    };
    const { logger } = recording();
    const usual = await readingsOf({});
    expect(await readingsOf({ logger, logLevel: 'off' })).toBe(usual);
    expect(await readingsOf({ logger, logLevel: 'info' })).toBe(usual);
    expect(await readingsOf({ logger, logLevel: 'debug' })).toBe(usual + 1);
  });
});
