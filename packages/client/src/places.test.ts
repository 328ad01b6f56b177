import {
  challengeHeader,
  manualClock,
  scriptedTransport,
  staticCredential,
  type ManualClock,
  type Step,
} from '@holdfast/testing';
import { headerOf } from '@holdfast/core';
import axios from 'axios';
import {
  currentCall,
  install,
  isHoldfastError,
  standardInterceptors,
  type Interceptor,
  type Place,
  type StandardInterceptorsOptions,
} from './index.js';

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

const run = <T>(promise: Promise<T>): Promise<T> => clock.runUntilSettled(promise);

function orders(script: readonly Step[], options: Partial<StandardInterceptorsOptions>) {
  const { adapter, requests } = scriptedTransport(script, { clock });
  const client = axios.create({ baseURL: 'https://orders.test', adapter });
  const standard = standardInterceptors({
    name: 'orders',
    credential: staticCredential(['old', 'new']),
    scopes: 'api://orders/.default',
    clock,
    random: () => 0.5,
    ...options,
  });
  install(client, standard, { clock });
  return { client, requests, standard };
}

/** Writes down that a request came by. */
const noting =
  (notes: string[], note: string): Interceptor =>
  (next) =>
    function seen(config) {
      notes.push(note);
      return next(config);
    };

const FAILING_TWICE: readonly Step[] = [{ status: 503 }, { status: 503 }, { status: 200 }];
const CHALLENGED: readonly Step[] = [
  { status: 401, headers: { 'www-authenticate': challengeHeader({ claims: { a: 1 } }) } },
  { status: 200 },
];

describe("an interceptor of one's own", () => {
  it('runs once per call before the retries, and once per attempt after them', async () => {
    const notes: string[] = [];
    const { client, requests } = orders(FAILING_TWICE, {
      before: { retry: noting(notes, 'call') },
      after: { retry: noting(notes, 'attempt') },
    });
    await run(client.get('/7'));
    expect(requests).toHaveLength(3);
    expect(notes).toEqual(['call', 'attempt', 'attempt', 'attempt']);
  });

  it('runs once per attempt before the claims challenge, and once per send after it', async () => {
    const notes: string[] = [];
    const { client } = orders(CHALLENGED, {
      before: { claimsChallenge: noting(notes, 'attempt') },
      after: { claimsChallenge: noting(notes, 'send') },
    });
    await run(client.get('/7'));
    expect(notes).toEqual(['attempt', 'send', 'send']);
  });

  it('sees the token after attachToken, and none before it', async () => {
    const seen: unknown[] = [];
    const looking: Interceptor = (next) => (config) => {
      seen.push(headerOf(config.headers, 'authorization'));
      return next(config);
    };
    const { client } = orders([{ status: 200 }], {
      before: { attachToken: looking },
      after: { attachToken: looking },
    });
    await run(client.get('/7'));
    expect(seen).toEqual([undefined, 'Bearer old']);
  });

  const slow: Interceptor = (next) => (config) =>
    new Promise((resolve, reject) => {
      clock.setTimeout(() => {
        next(config).then(resolve, reject);
      }, 3_000);
    });

  it('takes of the attempt timeout when it stands after it, and takes nothing of it before it', async () => {
    const code = async (own: Partial<StandardInterceptorsOptions>) => {
      const { client } = orders([{ status: 200 }], { attemptTimeoutMs: 1_000, retry: false, ...own });
      const ending: unknown = await run(client.get('/7').catch((error: unknown) => error));
      return isHoldfastError(ending, 'ERR_ATTEMPT_TIMEOUT');
    };
    expect(await code({ after: { attemptTimeout: slow } })).toBe(true);
    expect(await code({ before: { attemptTimeout: slow } })).toBe(false);
  });

  it('runs in the order of its list, the first outermost', async () => {
    const notes: string[] = [];
    const { client } = orders([{ status: 200 }], {
      before: { deadline: [noting(notes, 'a'), noting(notes, 'b')], fallback: noting(notes, 'outermost') },
      after: { attemptTimeout: [noting(notes, 'y'), noting(notes, 'z')], deadline: noting(notes, 'c') },
    });
    await run(client.get('/7'));
    expect(notes).toEqual(['outermost', 'a', 'b', 'c', 'y', 'z']);
  });

  it('knows the name of the service, wherever it stands', async () => {
    const names: string[] = [];
    const naming: Interceptor = (next) => (config) => {
      names.push(currentCall(config).service);
      return next(config);
    };
    const { client } = orders([{ status: 200 }], { before: { fallback: naming } });
    await run(client.get('/7'));
    expect(names).toEqual(['orders']);
  });

  it.each<[Place, outside: Place, inside: Place, Partial<StandardInterceptorsOptions>]>([
    ['retry', 'deadline', 'throttleGate', { retry: false }],
    ['throttleGate', 'retry', 'circuitBreaker', { throttleGate: false }],
    ['circuitBreaker', 'throttleGate', 'attachToken', { circuitBreaker: false }],
    ['attachToken', 'circuitBreaker', 'claimsChallenge', { credential: false }],
    ['claimsChallenge', 'attachToken', 'attemptTimeout', { claimsChallenge: false }],
  ])('keeps its place around %s where that is false', async (place, outside, inside, options) => {
    const notes: string[] = [];
    const { client } = orders([{ status: 200 }], {
      ...options,
      before: { [place]: noting(notes, 'before'), [inside]: noting(notes, 'inside') },
      after: { [place]: noting(notes, 'after'), [outside]: noting(notes, 'outside') },
    });
    await run(client.get('/7'));
    expect(notes).toEqual(['outside', 'before', 'after', 'inside']);
  });

  it('is not sought after the pipeline was made: what is pushed into its list later runs nowhere', async () => {
    const notes: string[] = [];
    const list = [noting(notes, 'there')];
    const { client, standard } = orders([{ status: 200 }], { before: { retry: list } });
    list.push(noting(notes, 'later'));
    await run(client.get('/7'));
    expect(notes).toEqual(['there']);
    expect(standard).toContain(list[0]);
  });

  it.each<[unknown, string]>([
    [
      { retires: noting([], '') },
      'there is no place "retires" in the option "before"; there are fallback, deadline,',
    ],
    [{ toString: noting([], '') }, 'there is no place "toString" in the option "before"'],
    [{ retry: 'audit' }, 'the option "before.retry" must be an interceptor, or a list of them'],
    [{ retry: [noting([], ''), {}] }, 'the option "before.retry" must be an interceptor, or a list of them'],
    [{ retry: null }, 'the option "before.retry" must be an interceptor, or a list of them'],
    [
      [noting([], '')],
      'the option "before" must be an object of interceptors, by place: fallback, deadline,',
    ],
    [null, 'the option "before" must be an object of interceptors'],
    [noting([], ''), 'the option "before" must be an object of interceptors'],
  ])('is refused at construction when given as %p', (before, message) => {
    const make = () => orders([], { before: before as never });
    expect(make).toThrow(TypeError);
    expect(make).toThrow(`standardInterceptors(): ${message}`);
  });
});
