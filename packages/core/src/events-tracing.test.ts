import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';
import { manualClock, scriptedTransport, type Step } from '@holdfast/testing';
import axios, { type AxiosAdapter } from 'axios';
import { install, subscribe, trace, wait, type Interceptor, type TracedEvents } from './index.js';

const PHASES = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;

let undo: (() => void)[] = [];

afterEach(() => {
  for (const back of undo) back();
  undo = [];
});

/** What is told of some operations, in order: `call:start`, `attempt:start` … */
function told(...names: (keyof TracedEvents)[]) {
  const phases: string[] = [];
  const events: TracedEvents[keyof TracedEvents][] = [];
  for (const name of names) {
    for (const phase of PHASES) {
      undo.push(
        subscribe(`tracing:holdfast:${name}:${phase}`, (event) => {
          phases.push(`${name}:${phase}`);
          events.push(event);
        }),
      );
    }
  }
  return { phases, events };
}

/** As a tracer does it: each operation has its name and that of the one around it, for as long as it runs. */
function spans() {
  const store = new AsyncLocalStorage<string>();
  const under: string[] = [];
  const bind = <Name extends keyof TracedEvents>(
    name: Name,
    nameOf: (event: TracedEvents[Name]) => string,
  ) => {
    const { start } = tracingChannel<unknown, TracedEvents[Name]>(`holdfast:${name}`);
    start.bindStore(store, (event) => {
      const span = nameOf(event);
      under.push(`${span} under ${store.getStore() ?? 'nothing'}`);
      return span;
    });
    undo.push(() => {
      start.unbindStore(store);
    });
  };
  bind('call', ({ call }) => `call ${call.url}`);
  bind('attempt', ({ call, number }) => `attempt ${number} of ${call.url}`);
  bind('token', ({ scopes }) => `token for ${scopes.join(' ')}`);
  return { store, under };
}

/** Asks for a token before each send, as a token interceptor does. */
const asking: Interceptor = (next) => async (config) => {
  const event = {
    scopes: [config.url ?? ''],
    tenantId: undefined,
    reason: 'needed',
    withClaims: false,
    startedAt: 0,
  } as const;
  await trace('token', event, () => Promise.resolve());
  return next(config);
};

/** Sends again what failed, a second later. */
const again =
  (clock: ReturnType<typeof manualClock>): Interceptor =>
  (next) =>
  async (config) => {
    const response = await next(config);
    if (response.status < 500) return response;
    await wait(1_000, config, clock);
    return next(config);
  };

function client(script: readonly Step[], interceptors: readonly Interceptor[] = [(next) => next]) {
  const { adapter } = scriptedTransport(script);
  const made = axios.create({ baseURL: 'https://api.test', adapter });
  install(made, interceptors);
  return made;
}

describe('a tracer that listens to calls and attempts', () => {
  it('hears of a success what tracePromise() of Node tells, the attempt within the call', async () => {
    const { phases } = told('call', 'attempt');
    await client([{ status: 200 }]).get('/7');
    expect(phases).toEqual([
      'call:start',
      'attempt:start',
      'attempt:end',
      'call:end',
      'attempt:asyncStart',
      'attempt:asyncEnd',
      'call:asyncStart',
      'call:asyncEnd',
    ]);
  });

  it('hears of the failure before the end: of a reset for both, of a 404 for the call alone', async () => {
    const { phases } = told('call', 'attempt');
    const failing = client([{ error: 'ECONNRESET' }, { status: 404 }]);
    await expect(failing.get('/7')).rejects.toHaveProperty('code', 'ECONNRESET');
    expect(phases.splice(0).slice(4)).toEqual([
      'attempt:error',
      'attempt:asyncStart',
      'attempt:asyncEnd',
      'call:error',
      'call:asyncStart',
      'call:asyncEnd',
    ]);
    await expect(failing.get('/7')).rejects.toHaveProperty('status', 404);
    expect(phases.slice(4)).toEqual([
      'attempt:asyncStart',
      'attempt:asyncEnd',
      'call:error',
      'call:asyncStart',
      'call:asyncEnd',
    ]);
  });

  it('hears of what threw at once that it failed and ended, and nothing after that', async () => {
    const { phases } = told('call', 'attempt');
    const adapter: AxiosAdapter = () => {
      throw new Error('no adapter');
    };
    const throwing = axios.create({ adapter });
    install(throwing, []);
    await expect(throwing.get('https://api.test/')).rejects.toThrow('no adapter');
    expect(phases).toEqual([
      'call:start',
      'attempt:start',
      'attempt:error',
      'attempt:end',
      'call:error',
      'call:end',
    ]);
  });

  it('gets one object per call and one per attempt, in every phase', async () => {
    const { phases, events } = told('call', 'attempt');
    await client([{ status: 503 }])
      .get('/7')
      .catch(() => undefined);
    const of = (name: string) => new Set(events.filter((_, at) => phases[at]?.startsWith(name) === true));
    expect(of('call').size).toBe(1);
    expect(of('attempt').size).toBe(1);
    expect(phases).toHaveLength(9);
  });

  it('that sets in while a call is under way hears of the next one, and of nothing without a beginning', async () => {
    let answer: () => void = () => undefined;
    const adapter: AxiosAdapter = (config) =>
      new Promise((resolve) => {
        answer = () => {
          resolve({ status: 200, statusText: '', data: '', headers: {}, config });
        };
      });
    const slow = axios.create({ adapter });
    install(slow, [(next) => next]);
    const before = slow.get('https://api.test/before');
    await new Promise(setImmediate);
    const { phases } = told('call', 'attempt');
    answer();
    await before;
    expect(phases).toEqual([]);
    const after = slow.get('https://api.test/after');
    await new Promise(setImmediate);
    answer();
    await after;
    expect(phases).toHaveLength(8);
  });

  it('hears of calls through a pipeline with nothing in it as well', async () => {
    const { phases } = told('call', 'attempt');
    await client([{ status: 200 }], []).get('/7');
    expect(phases).toHaveLength(8);
  });
});

describe('a tracer that binds a store', () => {
  it('sees an attempt and a token under the call that needs them, also after a wait', async () => {
    using clock = manualClock();
    const { under } = spans();
    const retried = client([{ status: 503 }, { status: 200 }], [again(clock), asking]);
    await clock.runUntilSettled(retried.get('/7'));
    expect(under).toEqual([
      'call /7 under nothing',
      'token for /7 under call /7',
      'attempt 1 of /7 under call /7',
      'token for /7 under call /7',
      'attempt 2 of /7 under call /7',
    ]);
  });

  it('sees a call under what its caller does, and gives that back to him afterwards', async () => {
    const { store, under } = spans();
    await store.run('a web request', async () => {
      await client([{ status: 200 }]).get('/7');
      expect(store.getStore()).toBe('a web request');
    });
    expect(under[0]).toBe('call /7 under a web request');
    expect(store.getStore()).toBeUndefined();
  });

  it('does not mix up calls that run at once', async () => {
    using clock = manualClock();
    const { under } = spans();
    const { adapter } = scriptedTransport((_, number) => ({ status: number <= 20 ? 503 : 200 }), { clock });
    const made = axios.create({ baseURL: 'https://api.test', adapter });
    install(made, [again(clock), asking], { clock });
    const urls = Array.from({ length: 20 }, (_, at) => `/${at}`);
    await clock.runUntilSettled(Promise.all(urls.map((url) => made.get(url))));
    for (const url of urls) {
      expect(under.filter((line) => line.startsWith('attempt') && line.includes(` of ${url} `))).toEqual([
        `attempt 1 of ${url} under call ${url}`,
        `attempt 2 of ${url} under call ${url}`,
      ]);
      expect(under.filter((line) => line === `token for ${url} under call ${url}`)).toHaveLength(2);
    }
  });

  it('finds the attempt in the adapter, where other instrumentation asks, and the call in interceptors', async () => {
    const { store } = spans();
    const seen: (string | undefined)[] = [];
    const adapter: AxiosAdapter = async (config) => {
      seen.push(store.getStore());
      await new Promise(setImmediate);
      seen.push(store.getStore());
      return { status: 200, statusText: '', data: '', headers: {}, config };
    };
    const made = axios.create({ adapter });
    install(made, [
      (next) => async (config) => {
        const response = await next(config);
        seen.push(store.getStore());
        return response;
      },
    ]);
    await made.get('/7');
    expect(seen).toEqual(['attempt 1 of /7', 'attempt 1 of /7', 'call /7']);
  });

  it('has its store in the listener that closes the span, too', async () => {
    const { store } = spans();
    const seen: (string | undefined)[] = [];
    undo.push(
      subscribe('tracing:holdfast:call:asyncEnd', () => seen.push(store.getStore())),
      subscribe('tracing:holdfast:attempt:asyncEnd', () => seen.push(store.getStore())),
    );
    await client([{ status: 200 }]).get('/7');
    expect(seen).toEqual(['attempt 1 of /7', 'call /7']);
  });
});
