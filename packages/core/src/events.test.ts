import { spawn } from 'node:child_process';
import { channel, tracingChannel } from 'node:diagnostics_channel';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { scriptedTransport, type Step } from '@holdfast/testing';
import axios from 'axios';
import type { Call as RealCall } from './call.js';
import { install, publish, subscribe, systemClock, warning, type Clock, type WarningEvent } from './index.js';

let callsMade = 0;
jest.mock('./call.js', () => {
  const { Call } = jest.requireActual<{ Call: typeof RealCall }>('./call.js');
  return {
    Call: class extends Call {
      constructor(...facts: ConstructorParameters<typeof Call>) {
        super(...facts);
        callsMade += 1;
      }
    },
  };
});

const CHANNELS = [
  ...(['call', 'attempt', 'token'] as const).flatMap((name) =>
    (['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const).map(
      (phase) => `tracing:holdfast:${name}:${phase}` as const,
    ),
  ),
  'holdfast:challenge',
  'holdfast:circuit',
  'holdfast:gate',
  'holdfast:warning',
] as const;

/** One call, and how often it made somebody read the clock. */
async function clockReadings(script: readonly Step[]): Promise<number> {
  let readings = 0;
  const clock: Clock = {
    now: () => {
      readings += 1;
      return 0;
    },
    setTimeout: systemClock.setTimeout,
  };
  const { adapter } = scriptedTransport(script);
  const client = axios.create({ baseURL: 'https://api.test', adapter });
  install(client, [(next) => next], { clock });
  await client.get('/7').catch(() => undefined);
  return readings;
}

describe('subscribe()', () => {
  it('returns the way back: who has taken it hears nothing more', () => {
    const heard: WarningEvent[] = [];
    const event = { code: 'CACHE_INSIDE', message: 'm', service: 's' } as const;
    const stop = subscribe('holdfast:warning', (told) => heard.push(told));
    publish('warning', () => event);
    stop();
    publish('warning', () => event);
    expect(heard).toEqual([event]);
    expect(channel('holdfast:warning').hasSubscribers).toBe(false);
  });

  it('takes back one listener of two, even when both are the same function', () => {
    let heard = 0;
    const listener = () => (heard += 1);
    const stop = subscribe('holdfast:gate', listener);
    const stopOther = subscribe('holdfast:gate', listener);
    const tell = () => {
      publish('gate', () => ({
        service: 's',
        key: 'k',
        state: 'open',
        mode: 'enforce',
        at: 0,
        until: undefined,
        waiting: 0,
      }));
    };
    tell();
    stop();
    tell();
    stopOther();
    tell();
    expect(heard).toBe(3);
  });
});

describe('while nobody listens', () => {
  it('a call makes nothing for observers and reads the clock twice, before somebody has listened and after', async () => {
    const ok: Step[] = [{ status: 200 }];
    callsMade = 0;
    expect(await clockReadings(ok)).toBe(2);
    expect(callsMade).toBe(0);

    const stops = CHANNELS.map((name) => subscribe(name, () => undefined));
    expect(await clockReadings(ok)).toBe(4);
    expect(callsMade).toBe(1);
    for (const stop of stops) stop();

    callsMade = 0;
    expect(await clockReadings(ok)).toBe(2);
    expect(callsMade).toBe(0);
  });

  it('an event is not even made', () => {
    const make = jest.fn<never, []>();
    publish('circuit', make);
    expect(make).not.toHaveBeenCalled();
  });
});

describe('a warning', () => {
  const heard: WarningEvent[] = [];
  let stop: () => void;
  const listen = () => {
    stop = subscribe('holdfast:warning', (event) => heard.push(event));
  };

  beforeEach(() => {
    heard.length = 0;
  });
  afterEach(() => {
    stop();
  });

  it('is told once, however often there is a reason', () => {
    listen();
    const warn = warning('CACHE_INSIDE', 'the cache is inside');
    warn('orders');
    warn('orders');
    expect(heard).toEqual([{ code: 'CACHE_INSIDE', message: 'the cache is inside', service: 'orders' }]);
  });

  it('is not lost on who begins to listen late', () => {
    const warn = warning('CACHE_INSIDE', 'the cache is inside');
    warn('orders');
    listen();
    warn('orders');
    warn('orders');
    expect(heard).toHaveLength(1);
  });

  it('reaches the owner whose cache was set up after the pipeline, once per client', async () => {
    listen();
    const { adapter } = scriptedTransport(() => ({ status: 200 }));
    for (const cached of [true, false]) {
      const client = axios.create({ baseURL: 'https://api.test', adapter });
      install(client, [(next) => next]);
      if (cached) Object.assign(client.defaults, { cache: {} });
      await client.get('/7');
      await client.get('/7');
    }
    expect(heard).toEqual([
      {
        code: 'CACHE_INSIDE',
        message: expect.stringContaining('setupCache() of axios-cache-interceptor') as unknown,
        service: 'https://api.test',
      },
    ]);
  });
});

// In a process of its own: what is uncaught ends one, unless it is looked for.
const PROGRAM = `
  import { tracingChannel } from 'node:diagnostics_channel';
  import { AsyncLocalStorage } from 'node:async_hooks';
  import axios from 'axios';
  import { install, subscribe } from '@holdfast/core';

  const uncaught = [];
  process.on('uncaughtException', (error) => uncaught.push(error.message));
  const names = ['call', 'attempt'].flatMap((name) =>
    ['start', 'end', 'asyncStart', 'asyncEnd', 'error'].map((phase) => 'tracing:holdfast:' + name + ':' + phase));
  for (const name of names) subscribe(name, () => { throw new Error(name); });
  tracingChannel('holdfast:call').start.bindStore(new AsyncLocalStorage(), () => { throw new Error('store'); });

  let sends = 0;
  const adapter = async (config) => {
    sends += 1;
    if (config.url === '/lost') throw new Error('lost');
    return { status: 200, statusText: 'OK', data: 'fine', headers: {}, config };
  };
  const client = axios.create({ adapter });
  install(client, [(next) => next]);
  const { data } = await client.get('/7');
  const lost = await client.get('/lost').catch((error) => error.message);
  await new Promise(setImmediate);
  console.log(JSON.stringify({ data, lost, sends, told: new Set(uncaught).size, uncaught: uncaught.length }));
`;

it('a listener that throws is an uncaught exception of the process, and changes nothing about the call', async () => {
  const flags = ['--conditions=@holdfast/source', '--import=tsx', '--input-type=module', '--eval', PROGRAM];
  const child = spawn(process.execPath, flags, { cwd: join(__dirname, '..'), timeout: 30_000 });
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(errors).toBe('');
  // Each of the ten listeners, for both calls but for the two errors; and the store, for both.
  expect(JSON.parse(output)).toEqual({ data: 'fine', lost: 'lost', sends: 2, told: 11, uncaught: 20 });
});

it('an observer finds the channels by the names that are written down', () => {
  const traced = tracingChannel('holdfast:call');
  const stop = subscribe('tracing:holdfast:call:asyncEnd', () => undefined);
  expect(traced.asyncEnd.hasSubscribers).toBe(true);
  stop();
  expect(traced.asyncEnd.hasSubscribers).toBe(false);
});
