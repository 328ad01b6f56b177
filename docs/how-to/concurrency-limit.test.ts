import { deadline, retry } from '@holdfast/client';
import { callOf, install, type Interceptor } from '@holdfast/core';
import {
  manualClock,
  scriptedTransport,
  type ManualClock,
  type ScriptFunction,
  type Step,
} from '@holdfast/testing';
import axios, { type AxiosInstance } from 'axios';
import fc from 'fast-check';
import { concurrencyLimit } from './concurrency-limit.js';

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

const TAKES_100_MS: ScriptFunction = () => ({ status: 200, delayMs: 100 });

function orders(
  interceptors: readonly Interceptor[],
  script: readonly Step[] | ScriptFunction = TAKES_100_MS,
) {
  const transport = scriptedTransport(script, { clock });
  const client: AxiosInstance = axios.create({
    baseURL: 'https://orders.test',
    adapter: transport.adapter,
  });
  install(client, interceptors, { clock });
  return { client, transport };
}

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'answered',
    (error: unknown) => (error as { readonly code?: string }).code,
  );

describe('a burst of calls', () => {
  it('never has more of them at the service than it can take, and all are answered', async () => {
    let most = 0;
    const { client, transport } = orders([concurrencyLimit({ maxCalls: 3 })], () => {
      most = Math.max(most, transport.inFlight + 1);
      return { status: 200, delayMs: 100 };
    });
    const calls = Promise.all(Array.from({ length: 20 }, (_, at) => client.get(`/${at}`)));
    await expect(clock.runUntilSettled(calls)).resolves.toHaveLength(20);
    expect(most).toBe(3);
  });

  it('is served in the order in which it came', async () => {
    const { client, transport } = orders([concurrencyLimit({ maxCalls: 1 })]);
    await clock.runUntilSettled(Promise.all(['/a', '/b', '/c', '/d'].map((url) => client.get(url))));
    expect(transport.requests.map(({ url, at }) => [url, at - transport.requests[0]!.at])).toEqual([
      ['/a', 0],
      ['/b', 100],
      ['/c', 200],
      ['/d', 300],
    ]);
  });

  it('that is longer than the line is refused at once, by name, and nothing of it is sent', async () => {
    const { client, transport } = orders([concurrencyLimit({ maxCalls: 2, maxWaiters: 1 })]);
    const served = Promise.all([client.get('/1'), client.get('/2'), client.get('/3')]);
    const refused: unknown = await client.get('/4?key=secret').catch((error: unknown) => error);
    expect(refused).toMatchObject({
      name: 'ConcurrencyLimitError',
      code: 'ERR_CONCURRENCY_LIMIT',
      service: 'https://orders.test',
      message: 'Too many calls to https://orders.test are in line; nothing was sent',
    });
    expect(axios.isAxiosError(refused)).toBe(true);
    expect(String(callOf(refused))).toBe(
      'GET https://orders.test /4\n  not sent: refused: 2 calls under way, 1 in line',
    );
    await clock.runUntilSettled(served);
    expect(transport.requests.map(({ url }) => url)).toEqual(['/1', '/2', '/3']);
  });

  it.each<[string, Step]>([
    ['a lost connection', { error: 'ECONNRESET', delayMs: 100 }],
    ['a failing service', { status: 500, delayMs: 100 }],
  ])('goes on after %s', async (_, failure) => {
    const { client } = orders([concurrencyLimit({ maxCalls: 1 })], [failure, { status: 200 }]);
    const outcomes = Promise.all([codeOf(client.get('/1')), codeOf(client.get('/2'))]);
    await expect(clock.runUntilSettled(outcomes)).resolves.toEqual([expect.stringMatching(/^E/), 'answered']);
  });

  it('to a slow service does not hold up a quick one', async () => {
    const { client, transport } = orders([concurrencyLimit({ maxCalls: 1 })]);
    const all = Promise.all([client.get('/1'), client.get('/2'), client.get('https://files.test/3')]);
    await clock.settle();
    expect(transport.requests.map(({ url }) => url)).toEqual(['/1', 'https://files.test/3']);
    await clock.runUntilSettled(all);
  });

  it('from two clients with one limit is counted together', async () => {
    const shared = [concurrencyLimit({ maxCalls: 1 })];
    const [one, other] = [orders(shared), orders(shared)];
    const all = Promise.all([one.client.get('/1'), other.client.get('/2')]);
    await clock.settle();
    expect(other.transport.requests).toHaveLength(0);
    await clock.runUntilSettled(all);
    expect(other.transport.requests).toHaveLength(1);
  });
});

describe('a call in line', () => {
  it('that its caller gives up by signal ends at once, makes room for the next, and says so', async () => {
    const { client, transport } = orders([concurrencyLimit({ maxCalls: 1, maxWaiters: 1 })]);
    const first = client.get('/1');
    const controller = new AbortController();
    const waiting = client.get('/2', { signal: controller.signal }).catch((error: unknown) => error);
    await clock.settle();
    controller.abort();
    const outcome: unknown = await waiting;
    expect(outcome).toHaveProperty('code', 'ERR_CANCELED');
    expect(String(callOf(outcome))).toContain('not sent: given up in line');
    await clock.runUntilSettled(Promise.all([first, client.get('/3')]));
    expect(transport.requests.map(({ url }) => url)).toEqual(['/1', '/3']);
  });

  it("that its caller gives up by axios's older cancelToken ends at once, and makes room for the next", async () => {
    const { client, transport } = orders([concurrencyLimit({ maxCalls: 1, maxWaiters: 1 })]);
    const first = client.get('/1');
    const source = axios.CancelToken.source();
    const waiting = codeOf(client.get('/2', { cancelToken: source.token }));
    await clock.settle();
    source.cancel();
    await expect(waiting).resolves.toBe('ERR_CANCELED');
    await clock.runUntilSettled(Promise.all([first, client.get('/3')]));
    expect(transport.requests.map(({ url }) => url)).toEqual(['/1', '/3']);
  });

  it('that was given up on its way there does not wait', async () => {
    const controller = new AbortController();
    const givenUp: Interceptor = (next) => (config) => {
      if (config.signal) controller.abort();
      return next(config);
    };
    const { client, transport } = orders([givenUp, concurrencyLimit({ maxCalls: 1 })]);
    const first = client.get('/1');
    await expect(codeOf(client.get('/2', { signal: controller.signal }))).resolves.toBe('ERR_CANCELED');
    await clock.runUntilSettled(first);
    expect(transport.requests).toHaveLength(1);
  });

  it('does not outlast its deadline', async () => {
    const { client, transport } = orders([
      deadline({ deadlineMs: 150, clock }),
      concurrencyLimit({ maxCalls: 1 }),
    ]);
    const outcomes = Promise.all(['/1', '/2', '/3'].map((url) => codeOf(client.get(url))));
    await expect(clock.runUntilSettled(outcomes)).resolves.toEqual([
      'answered',
      'ERR_DEADLINE_EXCEEDED',
      'ERR_DEADLINE_EXCEEDED',
    ]);
    // The second got its place at 100 ms and was cut off in mid-flight; the third never left the line.
    expect(transport.requests.map(({ url }) => url)).toEqual(['/1', '/2']);
  });

  it('is not overtaken by the retries of the one before it', async () => {
    const { client, transport } = orders(
      [concurrencyLimit({ maxCalls: 1 }), retry({ clock, random: () => 1 })],
      [{ status: 503 }, { status: 200 }, { status: 200 }],
    );
    await clock.runUntilSettled(Promise.all([client.get('/1'), client.get('/2')]));
    expect(transport.requests.map(({ url }) => url)).toEqual(['/1', '/1', '/2']);
  });
});

it('whatever is answered, fails or is given up: the limit holds, and no place is lost', async () => {
  const step = fc.record({
    startMs: fc.nat(50),
    takesMs: fc.integer({ min: 1, max: 50 }),
    fails: fc.boolean(),
    givenUpMs: fc.option(fc.nat(60), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 15 }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, maxCalls) => {
        let most = 0;
        const { client, transport } = orders([concurrencyLimit({ maxCalls, maxWaiters: 3 })], ({ url }) => {
          most = Math.max(most, transport.inFlight + 1);
          const { takesMs = 1, fails = false } = steps[Number(url.slice(1))] ?? {};
          return fails ? { error: 'ECONNRESET', delayMs: takesMs } : { status: 200, delayMs: takesMs };
        });
        const calls = steps.map(async ({ startMs, givenUpMs }, at) => {
          await new Promise<void>((resolve) => clock.setTimeout(resolve, startMs));
          const controller = new AbortController();
          if (givenUpMs !== undefined)
            clock.setTimeout(() => {
              controller.abort();
            }, givenUpMs);
          return codeOf(client.get(`/${at}`, { signal: controller.signal }));
        });
        const known = ['answered', 'ECONNRESET', 'ERR_CANCELED', 'ERR_CONCURRENCY_LIMIT'];
        for (const outcome of await clock.runUntilSettled(Promise.all(calls)))
          expect(known).toContain(outcome);
        expect(most).toBeLessThanOrEqual(maxCalls);

        // Every place is free again: as many calls as may be go out at once.
        const before = transport.requests.length;
        const after = Promise.all(
          Array.from({ length: maxCalls }, (_, at) => client.get(`/${steps.length + at}`)),
        );
        await clock.settle();
        expect(transport.requests).toHaveLength(before + maxCalls);
        await clock.runUntilSettled(after);
      },
    ),
    { numRuns: 50 },
  );
});

it.each<[object, RegExp]>([
  [{ maxCalls: 0 }, /concurrencyLimit\(\): the option "maxCalls" must be a whole number, 1 or more/],
  [{ maxWaiters: -1 }, /"maxWaiters" must be a whole number/],
  [{ max: 3 }, /there is no option "max"/],
])('refuses %p at construction', (options, message) => {
  expect(() => concurrencyLimit(options)).toThrow(message);
});
