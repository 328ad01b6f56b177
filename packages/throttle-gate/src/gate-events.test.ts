import { AsyncLocalStorage } from 'node:async_hooks';
import axios, { type AxiosInstance } from 'axios';
import { currentCall, install, subscribe, type GateEvent, type Interceptor } from '@holdfast/core';
import { manualClock, scriptedTransport, type ManualClock, type ScriptFunction } from '@holdfast/testing';
import { throttleGate } from './index.js';

const throttled = (seconds: number) => ({ status: 429, headers: { 'retry-after': String(seconds) } });
const ok = { status: 200 };

let clock: ManualClock;
let start: number;
let client: AxiosInstance;
let answer: ScriptFunction;
let events: GateEvent[];
let unsubscribe: () => void;

/** Tells the gate which service it is: by its name, as a service client does it. */
const named: Interceptor = (next) => (config) => {
  currentCall(config).service = 'orders';
  return next(config);
};

/** What was current when each request was sent. */
let sentIn: string[];
const request = new AsyncLocalStorage<string>();
const watching: Interceptor = (next) => (config) => {
  sentIn.push(`${config.url ?? ''} in ${request.getStore() ?? 'nothing'}`);
  return next(config);
};

beforeEach(() => {
  clock = manualClock();
  start = clock.now();
  sentIn = [];
  events = [];
  unsubscribe = subscribe('holdfast:gate', (event) => events.push(event));
  const transport = scriptedTransport((sent, number) => answer(sent, number), { clock });
  client = axios.create({ baseURL: 'https://orders.test', adapter: transport.adapter });
  install(client, [named, throttleGate({ clock, random: () => 0 }), watching], { clock });
});
afterEach(() => {
  unsubscribe();
  clock.uninstall();
});

const get = (url: string) => client.get(url, { validateStatus: () => true });
const common = { service: 'orders', key: 'orders https://orders.test', mode: 'enforce' };

describe('an operator who listens to gates', () => {
  it('hears that a service asked to be left alone, until when, and that it is called again', async () => {
    answer = (_, number) => (number === 1 ? throttled(7) : ok);
    await get('/1');
    expect(events).toEqual([{ ...common, state: 'closed', at: start, until: start + 7_000, waiting: 0 }]);
    const held = [get('/2'), get('/3')];
    await clock.advance(6_999);
    expect(events).toHaveLength(1);
    await clock.runUntilSettled(Promise.all(held));
    expect(events).toHaveLength(2);
    expect(events[1]).toEqual({ ...common, state: 'open', at: start + 7_000, until: undefined, waiting: 1 });
  });

  it('hears of a later instant, and how many calls wait for it; of an earlier one nothing', async () => {
    answer = ({ url }) => (url === '/longer' ? { ...throttled(9), delayMs: 1_000 } : throttled(5));
    const longer = get('/longer');
    await get('/1');
    const held = [get('/2'), get('/3')];
    for (const call of held) call.catch(() => undefined);
    await clock.advance(1_000);
    await longer;
    expect(events.map(({ state, until, waiting }) => [state, (until ?? 0) - start, waiting])).toEqual([
      ['closed', 5_000, 0],
      ['closed', 10_000, 2],
    ]);
    answer = () => ok;
    await clock.runUntilSettled(Promise.all(held));
  });

  it('hears nothing of a service that has not asked for anything', async () => {
    answer = () => ({ status: 503 });
    await get('/1');
    expect(events).toEqual([]);
  });

  it('sees a call that waited under its own request, and not under that of the call which let it out', async () => {
    answer = (_, number) => (number === 1 ? throttled(7) : { ...ok, delayMs: 5 });
    const under = (url: string) => request.run(`the request for ${url}`, () => get(url));
    await under('/0');
    const urls = ['/1', '/2', '/3', '/4'];
    await clock.runUntilSettled(Promise.all(urls.map(under)));
    expect(sentIn).toEqual(['/0', ...urls].map((url) => `${url} in the request for ${url}`));
  });
});
