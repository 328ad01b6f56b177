import { manualClock, staticCredential, type ManualClock } from '@holdfast/testing';
import axios, { isAxiosError, type AxiosInstance, type AxiosResponse } from 'axios';
import { Agent } from 'node:http';
import { createServiceClient, type ServiceClientOptions } from './index.js';
import { HostileServer, type Behaviour } from './made-hostile-server.js';

export const ADAPTERS = ['http', 'fetch'] as const;
export type AdapterName = (typeof ADAPTERS)[number];

/** The share of every range that chance is: the waits of a call are those of every run. */
const CHANCE = 0.5;

/** A client with the standard pipeline before a hostile server, and a clock that goes on while nothing moves. */
export interface Stage {
  readonly clock: ManualClock;
  readonly server: HostileServer;
  readonly client: AxiosInstance;
  readonly agent: Agent;
  /** Lets time pass until a call has ended, and only while nothing is on its way between client and server. */
  play(call: Promise<AxiosResponse>): Promise<Ending>;
  /** Until the server has no connection whose request it has left alone. */
  letGo(): Promise<void>;
  close(): void;
}

/** What a caller got. */
interface Ending {
  readonly ending: number | string;
  readonly response?: AxiosResponse;
  readonly error?: unknown;
}

// Steps by which time goes on: instants are exact to this.
export const STEP_MS = 50;

// Far more than any call here takes: it says what hangs, where a test's own time limit would not.
const MOST_TURNS = 100_000;

// Taken before the clock fakes what time is told by; an event of a socket needs real turns.
const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

export async function stage(
  adapter: AdapterName,
  script: readonly Behaviour[],
  options: Partial<ServiceClientOptions> = {},
): Promise<Stage> {
  const clock = manualClock();
  const server = await HostileServer.start(clock, script);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let inFlight = 0;
  const real = axios.getAdapter(adapter);
  const client = createServiceClient({
    ...{ name: 'orders', baseURL: server.url, scopes: 'api://orders/.default' },
    ...{ credential: staticCredential('a-token'), clock, random: () => CHANCE },
    ...{ deadlineMs: 30_000, attemptTimeoutMs: 1_000 },
    ...options,
    axios: {
      httpAgent: agent,
      proxy: false,
      adapter: async (config) => {
        inFlight += 1;
        try {
          return await real(config);
        } finally {
          inFlight -= 1;
        }
      },
    },
  });

  async function play(call: Promise<AxiosResponse>): Promise<Ending> {
    let ended: Ending | undefined;
    call.then(
      (response) => (ended = { ending: response.status, response }),
      (error: unknown) => (ended = { ending: endingOf(error), error }),
    );
    for (let turn = 0; turn < MOST_TURNS; turn += 1) {
      await nextTurn();
      if (ended !== undefined) return ended;
      if (inFlight === server.silent) await clock.advance(STEP_MS);
    }
    throw new Error(
      `The call has not ended: ${inFlight} in flight, of which ${server.silent} are left alone`,
    );
  }

  async function letGo(): Promise<void> {
    while (server.silent > 0 || Object.keys(agent.sockets).length > 0) await nextTurn();
  }

  return {
    ...{ clock, server, client, agent, play, letGo },
    close: () => {
      agent.destroy();
      server.close();
      clock.uninstall();
    },
  };
}

function endingOf(error: unknown): number | string {
  if (!isAxiosError(error)) throw error;
  return error.response?.status ?? error.code ?? error.message;
}
