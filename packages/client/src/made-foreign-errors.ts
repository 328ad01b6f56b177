import axios, { AxiosError } from 'axios';
import { callOf, isHoldfastError, retryAfterOf } from './index.js';
import { FOREIGN_CLIENTS } from './made-foreign-clients.js';
import { NOBODYS } from './made-foreign-service.js';
import { ForeignStage } from './made-foreign-stage.js';

/** What a client's user can tell of an error. */
export interface ToldByError {
  readonly name: string;
  readonly code: unknown;
  readonly isAxiosError: boolean;
  readonly isInstance: boolean;
  readonly isHoldfastError: boolean;
  /** Of `error.response`. */
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  /** How often the request was sent, by the story of the error, or of its response. */
  readonly sends: number | undefined;
}

/** Why a call fails. */
export type Failing = 'it says no' | 'it throttles' | 'nobody listens' | 'its circuit is open';

function toldBy(error: unknown): ToldByError {
  const { name, code, response } = error as Partial<AxiosError>;
  return {
    name: name ?? 'none',
    code,
    isAxiosError: axios.isAxiosError(error),
    isInstance: error instanceof AxiosError,
    isHoldfastError: isHoldfastError(error),
    status: response?.status,
    retryAfterMs: retryAfterOf(error),
    sends: (callOf(error) ?? callOf(response))?.sends,
  };
}

/** What each client makes of each failure. */
export async function errorsOfForeignClients(): Promise<Record<string, Record<Failing, ToldByError>>> {
  const told = Object.keys(FOREIGN_CLIENTS).map(async (client) => [client, await errorsOf(client)] as const);
  return Object.fromEntries(await Promise.all(told));
}

async function errorsOf(client: string): Promise<Record<Failing, ToldByError>> {
  await using stage = await ForeignStage.start();
  const { api } = stage;
  const read = await FOREIGN_CLIENTS[client]?.(stage.client({ circuitBreaker: { openMs: 60_000 } }), api.url);
  const failure = async (id: string, key = 'stock') =>
    toldBy(await read?.(id, { retry: false, key }).catch((error: unknown) => error));

  const saysNo = await failure(NOBODYS);
  api.failNext({ status: 429, retryAfter: '7' });
  const throttles = await failure('1', 'a gate of its own');
  await api.down();
  // The first of them may still meet the connection of those before.
  await failure('1');
  const nobodyListens = await failure('1');
  let circuitIsOpen = nobodyListens;
  for (let calls = 0; calls < 40 && !circuitIsOpen.isHoldfastError; calls += 1)
    circuitIsOpen = await failure('1');
  return {
    'it says no': saysNo,
    'it throttles': throttles,
    'nobody listens': nobodyListens,
    'its circuit is open': circuitIsOpen,
  };
}
