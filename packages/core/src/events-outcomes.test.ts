import { scriptedTransport, type Step } from '@holdfast/testing';
import axios, { type AxiosRequestConfig } from 'axios';
import {
  CircuitOpenError,
  DeadlineExceededError,
  ThrottledError,
  TokenAcquisitionError,
  install,
  subscribe,
  type CallEvent,
  type Interceptor,
  type Outcome,
} from './index.js';

const through: Interceptor = (next) => (config) => next(config);
const onceMore: Interceptor = (next) => (config) => next(config).then(() => next(config));
const failingWith =
  (error: Error): Interceptor =>
  () =>
  () =>
    Promise.reject(error);
const service = 'orders';

interface Case {
  readonly script?: readonly Step[];
  readonly interceptor?: Interceptor;
  readonly config?: AxiosRequestConfig;
  readonly outcome: Outcome;
  readonly failed: boolean;
  /** The statuses and codes of its attempts; none where it succeeded at once. */
  readonly attempts?: readonly (number | string)[];
  /** Of the error that observers are told. */
  readonly error?: object;
}

const CASES: Readonly<Record<string, Case>> = {
  'succeeds at once': { script: [{ status: 200 }], outcome: 'success', failed: false },
  'succeeds after a retry': {
    script: [{ status: 503 }, { status: 200 }],
    interceptor: onceMore,
    outcome: 'success',
    failed: false,
    attempts: [503, 200],
  },
  'gets a 404': {
    script: [{ status: 404 }],
    outcome: 'answered',
    failed: true,
    attempts: [404],
    error: { code: 'ERR_BAD_REQUEST', status: 404 },
  },
  'gets a 404 that its caller takes for an answer': {
    script: [{ status: 404 }],
    config: { validateStatus: () => true },
    outcome: 'answered',
    failed: false,
    attempts: [404],
  },
  'gets a 200 that its caller takes for a failure': {
    script: [{ status: 200 }],
    config: { validateStatus: () => false },
    outcome: 'success',
    failed: true,
    error: { code: 'ERR_BAD_RESPONSE', status: 200 },
  },
  'has a validateStatus that throws': {
    script: [{ status: 200 }],
    config: {
      validateStatus: () => {
        throw new Error('cannot tell');
      },
    },
    outcome: 'success',
    failed: true,
    error: { message: 'cannot tell' },
  },
  'gets a 401': {
    script: [{ status: 401 }],
    outcome: 'unauthorized',
    failed: true,
    attempts: [401],
    error: {},
  },
  'gets a 429': { script: [{ status: 429 }], outcome: 'throttled', failed: true, attempts: [429], error: {} },
  'gets a 500': {
    script: [{ status: 500 }],
    outcome: 'unavailable',
    failed: true,
    attempts: [500],
    error: {},
  },
  'is reset': {
    script: [{ error: 'ECONNRESET' }],
    outcome: 'lost',
    failed: true,
    attempts: ['ECONNRESET'],
    error: { code: 'ECONNRESET' },
  },
  'cannot connect': {
    script: [{ error: 'ECONNREFUSED' }],
    outcome: 'not-sent',
    failed: true,
    attempts: ['ECONNREFUSED'],
    error: { code: 'ECONNREFUSED' },
  },
  'is refused by an open circuit': {
    interceptor: failingWith(new CircuitOpenError({ service, retryAfterMs: 7, cause: undefined })),
    outcome: 'refused',
    failed: true,
    error: { code: 'ERR_CIRCUIT_OPEN', retryAfterMs: 7 },
  },
  'is refused by a gate': {
    interceptor: failingWith(new ThrottledError({ service, retryAfterMs: 7, until: 7 })),
    outcome: 'refused',
    failed: true,
    error: { code: 'ERR_THROTTLED', retryAfterMs: 7 },
  },
  'has no token': {
    interceptor: failingWith(
      new TokenAcquisitionError({ service, message: 'no token', scopes: ['s'], transient: true }),
    ),
    outcome: 'no-token',
    failed: true,
    error: { code: 'ERR_TOKEN_ACQUISITION', message: 'no token' },
  },
  'is out of time': {
    interceptor: failingWith(new DeadlineExceededError({ service, deadlineMs: 7, cause: undefined })),
    outcome: 'deadline',
    failed: true,
    error: { code: 'ERR_DEADLINE_EXCEEDED' },
  },
  'is given up by its caller': {
    config: { cancelToken: new axios.CancelToken((cancel) => setImmediate(cancel)) },
    script: ['hang'],
    outcome: 'canceled',
    failed: true,
    attempts: ['ERR_CANCELED'],
    error: { code: 'ERR_CANCELED' },
  },
  'meets an interceptor that rejects': {
    interceptor: failingWith(new TypeError('a mistake')),
    outcome: 'local',
    failed: true,
    error: { name: 'TypeError', message: 'a mistake' },
  },
  'meets an interceptor that throws': {
    interceptor: () => () => {
      throw new TypeError('a mistake');
    },
    outcome: 'local',
    failed: true,
    error: { name: 'TypeError', message: 'a mistake' },
  },
};

describe('an observer of calls reads off one that', () => {
  let undo: (() => void)[];

  beforeEach(() => {
    undo = [];
  });
  afterEach(() => {
    for (const back of undo) back();
  });

  it.each(Object.entries(CASES))('%s how it ended, once', async (_, one) => {
    const seen: object[] = [];
    const atStart: unknown[] = [];
    const look = (event: CallEvent) => {
      const { outcome, failed, startedAt, endedAt, attempts } = event.call;
      // What was thrown at once has no asynchronous end.
      if (outcome === undefined) return;
      const told = attempts.map(({ status, code }) => status ?? code);
      const ended = endedAt !== undefined && endedAt >= startedAt;
      seen.push({ outcome, failed, ended, attempts: told, ...(event.error && { error: event.error }) });
    };
    undo.push(
      subscribe('tracing:holdfast:call:end', look),
      subscribe('tracing:holdfast:call:asyncEnd', look),
      subscribe('tracing:holdfast:call:start', ({ call }) => {
        atStart.push(call.outcome, call.endedAt, call.failed);
      }),
    );
    const { adapter } = scriptedTransport(one.script ?? []);
    const client = axios.create({ baseURL: 'https://orders.test', adapter });
    install(client, [one.interceptor ?? through]);
    await client.get('/7', one.config).catch(() => undefined);
    expect(atStart).toEqual([undefined, undefined, false]);
    const { outcome, failed, attempts = [], error } = one;
    const expected = { outcome, failed, ended: true, attempts, ...(error && { error }) };
    expect(seen).toMatchObject([expected]);
    expect(seen.filter((end) => 'error' in end)).toHaveLength(error === undefined ? 0 : 1);
  });
});
