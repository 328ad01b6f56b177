// What 1 to 10,000 tokens cost that are held: how much code runs to find one, bytes and timers for each, and what becomes of more.
//   node --no-opt packages/bench/dist/esm/failures/tokens.js counts
//   node --single-threaded --expose-gc packages/bench/dist/esm/failures/tokens.js bytes
// Counts are the blocks of code that run, and repeat to the last one.
import { blocksOf } from '../measuring/blocks.js';
import { runningTimers, timersSince } from '../measuring/running-timers.js';
import { heapUsed } from '../measuring/rounds.js';
import { Orders, BASE_URL as baseURL, PATH } from './orders.js';
import { attachToken, cachedCredential, install, type TokenCredential } from '@holdfast/client';
import axios from 'axios';

const ENTRIES = [1, 100, 10_000] as const;
/** As many as a cache holds of one credential. */
const MOST = 10_000;
const PACKAGES = ['/packages/token/', '/packages/core/'];

/** By the number of tokens that are held. */
export type ByEntries = Readonly<Record<'1' | '100' | '10000', number>>;

export interface TokenCounts {
  /** Blocks of code that run for a token that is held. */
  readonly scopes: ByEntries;
  readonly listsOfScopes: ByEntries;
  readonly tenants: ByEntries;
  /** Each request has a credential of its own, through axios. */
  readonly credentials: ByEntries;
  /** Those for a token that is not held: where there is room for it, and where another has to make room. */
  readonly acquired: number;
  readonly acquiredInPlaceOfAnother: number;
  /** Token requests when 10,001 scopes have been asked for, and then the first, the second and the last of them once more. */
  readonly requestsBeyondTheBound: number;
}

/** For each token, beside its text. */
export interface TokenBytes {
  readonly scopes: number;
  readonly tenants: number;
  readonly credentials: number;
  /** When twice as many were asked for as are held: for each that is held. */
  readonly scopesBeyondTheBound: number;
  /** Of all together. */
  readonly timers: number;
}

let requests = 0;
const expiresOnTimestamp = Date.now() + 24 * 3_600_000;

/** An instance of a class: it is known again in the next request. */
class User implements TokenCredential {
  getToken(): Promise<{ token: string; expiresOnTimestamp: number }> {
    requests += 1;
    return Promise.resolve({ token: 'a-token', expiresOnTimestamp });
  }
}

/** Asks for the token of a number. */
type Ask = (number: number) => Promise<unknown>;

const scopeOf = (number: number): string => `api://orders-${number}/.default`;

function byScope(): Ask {
  const cache = cachedCredential(new User());
  return (number) => cache.getToken(scopeOf(number));
}

function byScopes(): Ask {
  const cache = cachedCredential(new User());
  return (number) => cache.getToken([scopeOf(number), 'api://orders/.default']);
}

function byTenant(): Ask {
  const cache = cachedCredential(new User());
  return (number) => cache.getToken('api://orders/.default', { tenantId: `tenant-${number}` });
}

function byCredential(): Ask {
  const client = axios.create({ baseURL, adapter: new Orders().adapter });
  install(client, [attachToken(new User(), { scopes: 'api://orders/.default' })]);
  const users = new Map<number, User>();
  return (number) => {
    const credential = users.get(number) ?? new User();
    users.set(number, credential);
    return client.get(PATH, { holdfast: { credential } });
  };
}

async function askAll(ask: Ask, entries: number): Promise<void> {
  for (let number = 0; number < entries; number += 1) await ask(number);
}

async function byEntries(make: () => Ask): Promise<ByEntries> {
  const blocks: Record<string, number> = {};
  for (const entries of ENTRIES) {
    const ask = make();
    await askAll(ask, entries);
    const one = Math.floor(entries / 2);
    // Where it is asked for by a list, the same list as before: another one is put in order once.
    await ask(one);
    blocks[entries] = await blocksOf(() => ask(one), PACKAGES);
  }
  return blocks as ByEntries;
}

async function counted(): Promise<TokenCounts> {
  const ask = byScope();
  requests = 0;
  await askAll(ask, MOST - 1);
  const acquired = await blocksOf(() => ask(MOST - 1), PACKAGES);
  // It was the first, and is now the one that was used last.
  await ask(0);
  const acquiredInPlaceOfAnother = await blocksOf(() => ask(MOST), PACKAGES);
  for (const number of [0, 1, MOST]) await ask(number);
  return {
    acquired,
    acquiredInPlaceOfAnother,
    requestsBeyondTheBound: requests,
    scopes: await byEntries(byScope),
    listsOfScopes: await byEntries(byScopes),
    tenants: await byEntries(byTenant),
    credentials: await byEntries(byCredential),
  };
}

/** What is kept of so many that were asked for, for each of those that are held. */
async function bytesOf(make: () => Ask, entries: number): Promise<number> {
  await askAll(make(), 100);
  const before = heapUsed();
  const ask = make();
  await askAll(ask, entries);
  const bytes = Math.round((heapUsed() - before) / Math.min(entries, MOST));
  await ask(0);
  return bytes;
}

async function weighed(): Promise<TokenBytes> {
  const timersBefore = runningTimers();
  const bytes = {
    scopes: await bytesOf(byScope, MOST),
    tenants: await bytesOf(byTenant, MOST),
    credentials: await bytesOf(byCredential, MOST),
    scopesBeyondTheBound: await bytesOf(byScope, 2 * MOST),
  };
  const { timeouts, intervals } = timersSince(timersBefore);
  return { ...bytes, timers: timeouts + intervals };
}

console.log(JSON.stringify(await (process.argv[2] === 'bytes' ? weighed() : counted())));
