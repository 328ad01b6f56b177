import axios, { type AxiosInstance } from 'axios';
import {
  POLICY,
  callOf,
  currentCall,
  install,
  isHoldfastError,
  outcomeOfError,
  type Interceptor,
} from '@holdfast/core';
import {
  manualClock,
  scriptedTransport,
  type ManualClock,
  type ScriptFunction,
  type ScriptedTransport,
} from '@holdfast/testing';
import { circuitBreaker, type CircuitBreakerOptions, type CircuitStateChange } from './index.js';

let clock: ManualClock;
beforeEach(() => {
  clock = manualClock();
});
afterEach(() => {
  clock.uninstall();
});

interface SetUp {
  readonly client: AxiosInstance;
  readonly transport: ScriptedTransport;
  readonly changes: CircuitStateChange[];
  /** What the service does with the requests from now on. */
  answer: ScriptFunction;
}

/** A client behind a breaker without chance; `around` and `within` stand outside and inside of it. */
function setUp(
  options: CircuitBreakerOptions = {},
  { around = [], within = [] }: { around?: Interceptor[]; within?: Interceptor[] } = {},
): SetUp {
  const changes: CircuitStateChange[] = [];
  const transport = scriptedTransport((request, number) => service.answer(request, number), { clock });
  const client = axios.create({ baseURL: 'https://orders.test', adapter: transport.adapter });
  const onStateChange = (change: CircuitStateChange) => changes.push(change);
  const breaker = circuitBreaker({ clock, random: () => 0, onStateChange, ...options });
  install(client, [...around, breaker, ...within], { clock });
  const service: SetUp = { client, transport, changes, answer: () => ({ status: 200 }) };
  return service;
}

const statusOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    (response) => (response as { status: number }).status,
    (error: unknown) => (axios.isAxiosError(error) ? (error.response?.status ?? error.code) : error),
  );

const REFUSED = 'ERR_CIRCUIT_OPEN';

/** Calls one after the other, and what each came to. */
async function call(client: AxiosInstance, times = 1, url = '/7'): Promise<unknown[]> {
  const came: unknown[] = [];
  for (let i = 0; i < times; i += 1) came.push(await statusOf(client.get(url)));
  return came;
}

async function open(service: SetUp): Promise<void> {
  const { answer } = service;
  service.answer = () => ({ status: 500 });
  await call(service.client, 20);
  service.answer = answer;
}

const statesOf = ({ changes }: SetUp) => changes.map(({ state }) => state);

/** Stands for a throttle gate. */
const gate: Interceptor = (next) => (config) => {
  currentCall(config).gated = true;
  return next(config);
};

describe('circuitBreaker(): opening', () => {
  it('trap 27: does not open on the first failure', async () => {
    const service = setUp();
    service.answer = (_request, number) => ({ status: number === 1 ? 500 : 200 });
    expect(await call(service.client, 3)).toEqual([500, 200, 200]);
    expect(service.changes).toEqual([]);
  });

  it('opens at half of twenty attempts, and refuses without a send', async () => {
    const service = setUp();
    service.answer = (_request, number) => ({ status: number % 2 === 0 ? 503 : 200 });
    await call(service.client, 19);
    expect(service.changes).toEqual([]);

    expect(await call(service.client, 3)).toEqual([503, REFUSED, REFUSED]);
    expect(service.transport.requests).toHaveLength(20);
  });

  it('opens on ten failures in a row that are half a second apart, and not on ten at once', async () => {
    const service = setUp();
    await call(service.client, 30);
    service.answer = () => ({ error: 'ECONNREFUSED' });
    await call(service.client, 10);
    await clock.advance(499);
    await call(service.client);
    expect(service.changes).toEqual([]);

    await clock.advance(1);
    await call(service.client);
    expect(statesOf(service)).toEqual(['open']);
  });

  it('stays closed when failures are scattered', async () => {
    const service = setUp();
    service.answer = (_request, number) => ({ status: number % 5 === 0 ? 500 : 200 });
    await call(service.client, 2_000);
    expect(service.changes).toEqual([]);
  });

  it('trap 30: opens under load, though many calls are in flight and many were refused', async () => {
    const service = setUp();
    service.answer = () => 'hang';
    const inFlight = Array.from({ length: 500 }, () =>
      statusOf(service.client.get('/slow', { timeout: 60_000 })),
    );
    await clock.settle();
    service.answer = () => ({ status: 500 });
    await call(service.client, 1_000);
    expect(service.transport.requests).toHaveLength(520);

    await clock.advance(1_000);
    await call(service.client, 2);
    expect(statesOf(service)).toEqual(['open', 'half-open', 'open']);
    await clock.advance(60_000);
    expect(new Set(await Promise.all(inFlight))).toEqual(new Set(['ECONNABORTED']));
  });

  it('trap 33: counts every attempt of a call, not every call', async () => {
    const fourTimes: Interceptor = (next) => async (config) => {
      for (let attempt = 1; attempt < 4; attempt += 1) await next(config);
      return next(config);
    };
    const service = setUp({}, { around: [fourTimes] });
    service.answer = () => ({ status: 500 });
    await call(service.client, 5);
    expect(statesOf(service)).toEqual(['open']);
    expect(service.transport.requests).toHaveLength(20);
  });

  it('trap 33: does not walk away from a PUT that takes long', async () => {
    const service = setUp();
    service.answer = () => ({ status: 204, delayMs: 60_000 });
    const put = statusOf(service.client.put('/7', {}));
    await clock.advance(60_000);
    await expect(put).resolves.toBe(204);
  });

  it.each([
    ['404', { status: 404 }],
    ['401', { status: 401 }],
    ['501', { status: 501 }],
    ['redirects without end', { error: 'ERR_FR_TOO_MANY_REDIRECTS' }],
    ['a reset of a re-used socket', { error: 'ECONNRESET', reusedSocket: true }],
  ])('takes %s for no failure of the service', async (_name, step) => {
    const service = setUp();
    service.answer = () => step;
    await call(service.client, 200);
    expect(service.changes).toEqual([]);
    expect(service.transport.requests).toHaveLength(200);
  });

  it('leaves 429 and 503 with Retry-After to a gate, and takes them for failures without one', async () => {
    const throttled = { status: 429, headers: { 'retry-after': '7' } };
    const gated = setUp({}, { around: [gate] });
    const alone = setUp();
    gated.answer = alone.answer = () => throttled;
    await call(gated.client, 100);
    await call(alone.client, 20);
    expect(gated.changes).toEqual([]);
    expect(statesOf(alone)).toEqual(['open']);

    await clock.advance(6_999);
    expect(await call(alone.client)).toEqual([REFUSED]);
    await clock.advance(1);
    expect(await call(alone.client)).toEqual([429]);
  });
});

describe('circuitBreaker(): refusing', () => {
  it('trap 34: refuses with an axios error that has its request, and that nobody retries', async () => {
    const service = setUp();
    await open(service);
    const error: unknown = await service.client.get('/8').catch((reason: unknown) => reason);

    expect(axios.isAxiosError(error)).toBe(true);
    if (!isHoldfastError(error, 'ERR_CIRCUIT_OPEN')) throw error;
    expect(error.config?.url).toBe('/8');
    expect(error.retryAfterMs).toBe(1_000);
    expect(POLICY[outcomeOfError(error)].retry).toBe('never');
    expect(callOf(error)?.refusals).toEqual(['refused: circuit open, next try in 1000 ms']);
    expect(error.message).toContain('https://orders.test is open');
  });

  it('shows the last failure and nothing of the call that met it', async () => {
    const service = setUp();
    service.answer = () => ({ error: 'ECONNRESET', message: 'read https://orders.test/7?key=s3cret failed' });
    await statusOf(service.client.post('/7', { secret: 's3cret' }, { headers: { 'x-key': 's3cret' } }));
    await call(service.client, 20);
    const error = await service.client.get('/8').catch((reason: unknown) => reason);

    const { cause } = error as { cause: unknown };
    expect(cause).toEqual({
      code: 'ECONNRESET',
      status: undefined,
      message: 'read https://orders.test/7 failed',
      at: clock.now(),
    });
    expect(Object.isFrozen(cause)).toBe(true);
  });

  it('refuses before anything inside is asked, a token for instance', async () => {
    const asked = jest.fn();
    const inner: Interceptor = (next) => (config) => {
      asked();
      return next(config);
    };
    const service = setUp({}, { within: [inner] });
    await open(service);
    asked.mockClear();
    await call(service.client);
    expect(asked).not.toHaveBeenCalled();
  });

  it('trap 35: a dead service does not block a healthy one of the same client', async () => {
    const service = setUp();
    service.answer = ({ url }) => (url.includes('dead') ? { error: 'ENOTFOUND' } : { status: 200 });
    await call(service.client, 20, 'https://dead.test/7');
    expect(await call(service.client, 2, 'https://dead.test/7')).toEqual([REFUSED, REFUSED]);
    expect(await call(service.client, 2)).toEqual([200, 200]);
    expect(service.changes.map(({ key, service: name }) => [key, name])).toEqual([
      ['https://dead.test', 'https://dead.test'],
    ]);
  });

  it('trap 32: two breakers made from one options object share nothing', async () => {
    const options: CircuitBreakerOptions = Object.freeze({ minimumAttempts: 20 });
    const [one, other] = [setUp(options), setUp(options)];
    await open(one);
    expect(await call(one.client)).toEqual([REFUSED]);
    expect(await call(other.client)).toEqual([200]);
  });

  it('one breaker installed on two clients is one circuit', async () => {
    const shared = circuitBreaker({ clock, random: () => 0 });
    const transport = scriptedTransport(() => ({ status: 500 }), { clock });
    const [one, other] = [1, 2].map(() => {
      const client = axios.create({ baseURL: 'https://orders.test', adapter: transport.adapter });
      install(client, [shared], { clock });
      return client;
    }) as [AxiosInstance, AxiosInstance];
    await call(one, 20);
    expect(await call(other)).toEqual([REFUSED]);
  });
});

describe('circuitBreaker(): observers and options', () => {
  it.each([
    [
      'throws',
      jest.fn(() => {
        throw new Error('observer');
      }),
    ],
    ['is an async function that rejects', jest.fn(() => Promise.reject(new Error('observer')))],
  ])('trap 31: an observer that %s changes nothing', async (_how, observer) => {
    const service = setUp({ onStateChange: observer as () => void });
    service.answer = () => ({ status: 500 });
    expect(await call(service.client, 21)).toEqual([...Array<number>(20).fill(500), REFUSED]);
    service.answer = () => ({ status: 200 });
    await clock.advance(1_000);
    expect(await call(service.client, 3)).toEqual([200, 200, 200]);
    expect(observer).toHaveBeenCalledTimes(3);
  });

  it('trap 32: tells observers the service and the state, and nothing of a call', async () => {
    const service = setUp();
    const at = clock.now();
    await open(service);
    const [name, reason] = ['https://orders.test', '20 of 20 attempts failed'];
    const opened = { service: name, key: name, state: 'open', mode: 'enforce', reason, at };
    expect(service.changes).toEqual([opened]);
  });

  it('names an option that is wrong', () => {
    expect(() => circuitBreaker({ failureRatio: 50 })).toThrow('"failureRatio" must be a number from 0 to 1');
    expect(() => circuitBreaker({ probes: 1 })).toThrow('"probesToClose" must be at most "probes" (1)');
    expect(() => circuitBreaker({ openAfter: 5 } as CircuitBreakerOptions)).toThrow('no option "openAfter"');
  });
});
