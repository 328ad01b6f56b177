// What one call to each of 10,000 services costs, beside 10,000 calls to one of them: by one client, by a factory with a client for
// each, by opossum with a breaker for each.
//   node --no-opt packages/bench/dist/esm/failures/services-in-use.js counts
//   node --single-threaded --expose-gc packages/bench/dist/esm/failures/services-in-use.js bytes
//   node --expose-gc packages/bench/dist/esm/failures/services-in-use.js cpu 5
// Counts are the blocks of Holdfast's code that run for one call, and repeat to the last one. CPU time is for the eye.
import { blocksOf } from '../measuring/blocks.js';
import { runningTimers, timersSince, type RunningTimers } from '../measuring/running-timers.js';
import { collect, cpuOf, heapUsed, interleaved, median, ratio } from '../measuring/rounds.js';
import { naiveClient, opossumAround, opossumClient, type Opossum } from './naive-client.js';
import { BASE_URL as baseURL, Orders, PATH } from './orders.js';
import { createClientFactory, install, standardInterceptors } from '@holdfast/client';
import axios, { type AxiosInstance } from 'axios';

const SERVICES = 10_000;
const SIZES = [2, 100, SERVICES] as const;

/** Services of which each can be called, by its number. */
interface InUse {
  readonly call: (number: number) => Promise<unknown>;
  readonly end?: () => void;
}

type Way = 'bareClients' | 'standardInterceptors' | 'factory' | 'opossum' | 'naiveClients';
const WAYS: Readonly<Record<Way, (services: number) => InUse>> = {
  bareClients,
  standardInterceptors: standard,
  factory,
  opossum,
  naiveClients,
};

/** Blocks of code that run for one call, by the number of services that have been called. */
export type ServicesInUseCounts = Readonly<
  Record<'standardInterceptors' | 'factory', Readonly<Record<'2' | '100' | '10000', number>>>
>;

export interface BytesInUse extends RunningTimers {
  /** For each service, before and after it was first called. Timers are those of all together, after it. */
  readonly before: number;
  readonly after: number;
}

export type ServicesInUseBytes = Readonly<Record<Way, BytesInUse>>;

export interface CpuInUse {
  /** Microseconds of CPU of a call to the same service. */
  readonly oneServiceUs: number;
  /** One call to each, over as many to the same. */
  readonly eachOverOne: number;
}

export type ServicesInUseCpu = Readonly<Record<Way, CpuInUse>>;

const { adapter } = new Orders();

/** An instance of axios for each. */
function bareClients(services: number): InUse {
  const clients = Array.from({ length: services }, () => axios.create({ baseURL, adapter }));
  return { call: (number) => called(clients[number]) };
}

/** One client of all services, each with a circuit and a gate of its own. */
function standard(): InUse {
  const client = axios.create({ adapter });
  install(client, standardInterceptors({ name: 'orders', credential: false }));
  return { call: (number) => client.get(`https://service-${number}.example/orders/7`) };
}

/** A client for each. */
function factory(services: number): InUse {
  const names = Array.from({ length: services }, (_, number) => [`service-${number}`, { baseURL }]);
  const clients = createClientFactory({
    credential: false,
    defaults: { axios: { adapter } },
    services: Object.fromEntries(names) as Record<string, { baseURL: string }>,
  });
  return { call: (number) => called(clients[`service-${number}`]), end: () => void clients.close() };
}

/** A breaker for each, around the adapter of one client. */
function opossum(services: number): InUse {
  const { breakers, end } = opossums(services);
  const clients = breakers.map((breaker) => opossumClient(() => breaker));
  return { call: (number) => called(clients[number]), end };
}

/** The stack that people write, once for each. */
function naiveClients(services: number): InUse {
  const { breakers, end } = opossums(services);
  const getToken = (): Promise<string> => Promise.resolve('a-token');
  const clients = breakers.map((breaker) => naiveClient(() => breaker, getToken));
  return { call: (number) => called(clients[number]), end };
}

function opossums(services: number): { readonly breakers: readonly Opossum[]; readonly end: () => void } {
  const breakers = Array.from({ length: services }, () => opossumAround(adapter));
  const end = (): void => {
    for (const breaker of breakers) breaker.shutdown();
  };
  return { breakers, end };
}

async function called(client: AxiosInstance | undefined): Promise<unknown> {
  if (client === undefined) throw new Error('There is no such service');
  return client.get(PATH);
}

async function callEach({ call }: InUse, services: number): Promise<void> {
  for (let number = 0; number < services; number += 1) await call(number);
}

async function ofEachWay<Figure>(
  measure: (make: (services: number) => InUse) => Promise<Figure>,
): Promise<Record<Way, Figure>> {
  const figures: Partial<Record<Way, Figure>> = {};
  for (const [name, make] of Object.entries(WAYS)) figures[name as Way] = await measure(make);
  return figures as Record<Way, Figure>;
}

async function blocks(make: (services: number) => InUse): Promise<ServicesInUseCounts['factory']> {
  const counted: Record<string, number> = {};
  for (const services of SIZES) {
    const inUse = make(services);
    await callEach(inUse, services);
    const one = Math.floor(services / 2);
    await inUse.call(one);
    // Not the same as the last time: that one need not be looked for.
    await inUse.call(0);
    counted[services] = await blocksOf(() => inUse.call(one), ['/packages/']);
    inUse.end?.();
  }
  return counted as ServicesInUseCounts['factory'];
}

async function weighed(make: (services: number) => InUse): Promise<BytesInUse> {
  const first = make(100);
  await callEach(first, 100);
  first.end?.();
  const timersBefore = runningTimers();
  // Once more for what only a first collection sets free.
  collect();
  const nothing = heapUsed();
  const inUse = make(SERVICES);
  const before = heapUsed();
  await callEach(inUse, SERVICES);
  collect();
  const after = heapUsed();
  const timers = timersSince(timersBefore);
  inUse.end?.();
  return {
    before: Math.round((before - nothing) / SERVICES),
    after: Math.round((after - nothing) / SERVICES),
    ...timers,
  };
}

function timed(rounds: number): (make: (services: number) => InUse) => Promise<CpuInUse> {
  return async (make) => {
    const inUse = make(SERVICES);
    await callEach(inUse, SERVICES);
    const cpu = (number: (time: number) => number) => (): Promise<number> => {
      collect();
      let time = 0;
      return cpuOf(() => inUse.call(number((time += 1))), SERVICES);
    };
    const seen = await interleaved(
      { one: cpu(() => 7), each: cpu((time) => time % SERVICES) },
      { rounds, warmUp: 1 },
    );
    inUse.end?.();
    const eachOverOne = Number(ratio(seen.each, seen.one).toFixed(2));
    return { oneServiceUs: Math.round(median(seen.one)), eachOverOne };
  };
}

const [what, rounds = '5'] = process.argv.slice(2);
if (what === 'counts')
  console.log(
    JSON.stringify({ standardInterceptors: await blocks(standard), factory: await blocks(factory) }),
  );
else if (what === 'bytes') console.log(JSON.stringify(await ofEachWay(weighed)));
else console.log(JSON.stringify(await ofEachWay(timed(Number(rounds)))));
