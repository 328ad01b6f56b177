import {
  challengeHeader,
  manualClock,
  scriptedTransport,
  staticCredential,
  type ManualClock,
  type Step,
} from '@holdfast/testing';
import { AxiosError, mergeConfig, type AxiosAdapter, type AxiosRequestConfig } from 'axios';
import fc from 'fast-check';
import { Agent } from 'node:https';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inspect } from 'node:util';
import winston from 'winston';
import { callOf, createServiceClient, errorSummary, logCalls, type ServiceClientOptions } from './index.js';
import { consoleLog, pinoLog, winstonLog } from './made-loggers.js';

/** Long and odd enough to be found, and not to be there by chance. */
const secret = fc.stringMatching(/^S3cret[A-Za-z0-9]{12,30}$/);

/** Where a caller has secrets. */
const PLACES: Readonly<Record<string, (value: string) => AxiosRequestConfig>> = {
  authorization: (value) => ({ headers: { Authorization: `Bearer ${value}` } }),
  'another header': (value) => ({ headers: { 'x-api-key': value, 'x-session': value } }),
  'a cookie': (value) => ({ headers: { Cookie: `sid=${value}` } }),
  'the body': (value) => ({ data: { client_secret: value, deep: [{ value }] } }),
  'the query': (value) => ({ url: `/7?sig=${value}#${value}`, params: { code: value } }),
  'the URL’s user': (value) => ({
    url: `https://${value}:${value}@orders.test/7`,
    holdfast: { token: false },
  }),
  auth: (value) => ({ auth: { username: value, password: value } }),
  'the proxy': (value) => ({ proxy: { host: 'p', port: 1, auth: { username: value, password: value } } }),
  'an agent': (value) => ({ httpsAgent: new Agent({ key: value, passphrase: value, pfx: value }) }),
  'the idempotency key': (value) => ({ holdfast: { idempotencyKey: value } }),
  'the reason of an abort': (value) => ({ signal: Object.assign(new AbortController().signal, { value }) }),
};

interface Answer {
  readonly step: (value: string) => Step;
  readonly options?: (value: string) => Partial<ServiceClientOptions>;
}

const body = (value: string) => ({
  data: JSON.stringify({ token: value }),
  headers: { 'set-cookie': `sid=${value}`, 'x-token': value },
});

/** What comes back, with secrets in it as well. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  'a success': { step: (value) => ({ status: 200, ...body(value) }) },
  'a 404': { step: (value) => ({ status: 404, ...body(value) }) },
  'an outage': { step: (value) => ({ status: 503, ...body(value) }) },
  'a throttle': {
    step: (value) => ({ status: 429, ...body(value), headers: { 'retry-after': `3600`, value } }),
  },
  'a challenge': {
    step: (value) => ({
      status: 401,
      headers: { 'www-authenticate': challengeHeader({ claims: { access_token: { nbf: { value } } } }) },
    }),
  },
  'an adapter that quotes URL and headers': {
    step: (value) => ({
      error: 'ECONNRESET',
      message: `GET https://${value}:${value}@orders.test/7?sig=${value} failed, Authorization: Bearer ${value}`,
    }),
  },
  'no token': {
    step: () => ({ status: 200 }),
    options: (value) => ({
      deadlineMs: 4_000,
      credential: staticCredential(() =>
        Object.assign(new Error(`client_secret=${value}`, { cause: new Error(`Bearer ${value}`) }), {
          value,
        }),
      ),
    }),
  },
  'a reduced answer': {
    step: () => 'hang',
    options: (value) => ({ deadlineMs: 100, fallback: () => ({ data: value, headers: { value } }) }),
  },
};

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

/** Its errors lead to everything that was sent. */
function withInsides(adapter: AxiosAdapter, value: string): AxiosAdapter {
  return (config) =>
    adapter(config).catch((error: unknown) => {
      if (!(error instanceof AxiosError)) throw error;
      const cause = new AxiosError(`read ?sig=${value}`, 'ECONNRESET', config, { value });
      throw Object.assign(error, { input: value, request: { _header: value }, cause });
    });
}

/** All loggers at their lowest level, each with its way to take a summary. */
function allLogs() {
  const summarised = winston.format((info) => {
    if (info['err'] !== undefined) info['err'] = errorSummary(info['err']);
    return info;
  });
  const format = winston.format.combine(summarised(), winston.format.json());
  const [ofPino, serializing] = [pinoLog(), pinoLog({ serializers: { err: errorSummary } })];
  const [ofWinston, formatting, ofConsole] = [winstonLog(), winstonLog({ format }), consoleLog()];
  const all = [ofPino, serializing, ofWinston, formatting, ofConsole];
  const stops = all.map(({ logger }) => logCalls(logger));
  return {
    /** What people write by hand of an error or a response. */
    byHand: (outcome: unknown) => {
      const [call, err] = [callOf(outcome), errorSummary(outcome)];
      serializing.logger.warn({ err, call }, String(call));
      serializing.logger.warn({ err: outcome, call }, String(call));
      ofWinston.logger.warn(String(call), { err, call });
      formatting.logger.warn(String(call), { err: outcome, call });
      ofConsole.logger.warn(String(call), err, call);
    },
    stop: async () => {
      for (const stop of stops) stop();
      await nextTurn();
      return all.map(({ memory }) => memory.text);
    },
  };
}

/** One call, and all that five logs have of it. */
async function logged(value: string, places: readonly string[], { step, options }: Answer) {
  const logs = allLogs();
  const { adapter } = scriptedTransport(() => step(value), { clock });
  const orders = createServiceClient({
    name: 'orders',
    baseURL: 'https://orders.test',
    scopes: 'orders',
    credential: staticCredential([value, `${value}2`]),
    clock,
    random: () => 1,
    axios: { adapter: withInsides(adapter, value) },
    ...options?.(value),
  });
  const config = places.reduce<AxiosRequestConfig>((all, place) => mergeConfig(all, PLACES[place]!(value)), {
    url: '/7',
  });
  const outcome: unknown = await clock.runUntilSettled(
    orders.request({ method: 'put', ...config }).catch((error: unknown) => error),
  );
  logs.byHand(outcome);
  return { outcome, texts: await logs.stop() };
}

describe('a log of calls, by pino, winston and console,', () => {
  const all = Object.keys(PLACES);

  it.each(Object.keys(ANSWERS))('has nothing of secrets that are anywhere in a call: %s', async (name) => {
    await fc.assert(
      fc.asyncProperty(secret, fc.subarray(all), async (value, places) => {
        const { texts } = await logged(value, places, ANSWERS[name]!);
        for (const text of texts) {
          expect(text).toContain('PUT orders ');
          expect(text).not.toContain(value);
          // Nor its claims, as they come.
          expect(text).not.toContain('eyJhY2');
        }
      }),
      { numRuns: 12, examples: [['S3cretOfEverything', all]] },
    );
  });

  it('is searched for what is really there: the outcome itself has it', async () => {
    const value = 'S3cretOfEverything';
    for (const answer of Object.values(ANSWERS)) {
      const { outcome } = await logged(value, ['another header', 'the body'], answer);
      expect(inspect(outcome, { depth: 9, showHidden: true })).toContain(value);
    }
  });
});
