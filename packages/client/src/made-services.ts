import {
  manualClock,
  startIdentityProvider,
  startProtectedApi,
  type IdentityProvider,
  type ManualClock,
  type ProtectedApi,
  type StaticToken,
} from '@holdfast/testing';
import type { AxiosInstance, AxiosRequestConfig } from 'axios';
import { Agent } from 'node:http';
import { callOf, createServiceClient, type CircuitStateChange, type TokenCredential } from './index.js';
import { endingOf } from './made-challenge-storm.js';

/** Connections to each of the services; the calls beyond them queue. */
export const SOCKETS = 5;

/** How a process calls two services. */
export const ARRANGEMENTS = ['two clients', 'two clients and one credential', 'one client'] as const;
export type Arrangement = (typeof ARRANGEMENTS)[number];

/** A way in which a service goes wrong, and how it is well again. */
export interface Death {
  /** Nothing comes from it: only time ends its calls. */
  readonly isSilent: boolean;
  readonly begin: (api: ProtectedApi) => void | Promise<void>;
  /** What its calls come to once it is known. */
  readonly refusal: 'ERR_CIRCUIT_OPEN' | 'ERR_THROTTLED';
}

export const DEATHS: Readonly<Record<string, Death>> = {
  'stops listening': { isSilent: false, begin: (api) => api.down(), refusal: 'ERR_CIRCUIT_OPEN' },
  'accepts and hangs': {
    isSilent: true,
    begin: (api) => {
      api.fail({ hang: true });
    },
    refusal: 'ERR_CIRCUIT_OPEN',
  },
  'answers 500': {
    isSilent: false,
    begin: (api) => {
      api.fail({ status: 500 });
    },
    refusal: 'ERR_CIRCUIT_OPEN',
  },
  drips: {
    isSilent: true,
    begin: (api) => {
      api.fail({ dripMs: 1_000, chunks: 1_000 });
    },
    refusal: 'ERR_CIRCUIT_OPEN',
  },
  throttles: {
    isSilent: false,
    begin: (api) => {
      api.throttle({ retryAfterMs: 60_000 });
    },
    refusal: 'ERR_THROTTLED',
  },
};

/** Calls that are made at once. */
export interface Batch {
  /** How many have not come to an end. */
  readonly pending: number;
  /** Each status, or the code of the error. */
  readonly endings: Promise<(number | string)[]>;
}

/** Gets the tokens of one application by HTTP. */
class AppCredential implements TokenCredential {
  readonly #idp: IdentityProvider;
  readonly #clock: ManualClock;

  constructor(idp: IdentityProvider, clock: ManualClock) {
    this.#idp = idp;
    this.#clock = clock;
  }

  async getToken(scopes: string | readonly string[]): Promise<StaticToken> {
    const { authorityMetadata, clientId, clientSecret } = this.#idp.app;
    const { token_endpoint: url } = JSON.parse(authorityMetadata) as { readonly token_endpoint: string };
    const body = new URLSearchParams({
      ...{ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret },
      scope: String(scopes),
    });
    const answer = await fetch(url, { method: 'POST', body });
    const { access_token: token, expires_in: seconds } = (await answer.json()) as {
      readonly access_token: string;
      readonly expires_in: number;
    };
    return { token, expiresOnTimestamp: this.#clock.now() + seconds * 1_000 };
  }
}

/**
 * A process that calls two services over one agent, by HTTP. Its time stands still unless a test moves it on, so that
 * whoever waits goes on waiting; only opossum's own timer runs in real time, and for a moment.
 */
export class TwoServices implements AsyncDisposable {
  readonly clock: ManualClock;
  readonly agent: Agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
  readonly idp: IdentityProvider;
  readonly orders: ProtectedApi;
  readonly stock: ProtectedApi;
  /** Of all circuits, in order. */
  readonly changes: CircuitStateChange[] = [];
  /** Of the calls that failed. */
  readonly stories: string[] = [];
  readonly #openMs: number;
  #tellOfChange: () => void = () => undefined;
  readonly #clients: Readonly<Record<'orders' | 'stock', AxiosInstance>>;

  private constructor(
    arrangement: Arrangement,
    idp: IdentityProvider,
    orders: ProtectedApi,
    stock: ProtectedApi,
    clock: ManualClock,
    openMs: number,
  ) {
    this.#openMs = openMs;
    this.clock = clock;
    this.idp = idp;
    this.orders = orders;
    this.stock = stock;
    const own = () => new AppCredential(idp, clock);
    if (arrangement === 'one client') {
      const client = this.#client('shop', 'shop', orders, own(), [stock.url]);
      this.#clients = { orders: client, stock: client };
      return;
    }
    const ofOrders = own();
    const ofStock = arrangement === 'two clients' ? own() : ofOrders;
    this.#clients = {
      orders: this.#client('orders', 'orders', orders, ofOrders),
      stock: this.#client('stock', 'stock', stock, ofStock),
    };
  }

  /** A circuit stays open for `openMs` of real time; by default for longer than a test takes. */
  static async start(arrangement: Arrangement, openMs = 3_600_000): Promise<TwoServices> {
    const clock = manualClock({ fakeGlobals: false });
    const idp = await startIdentityProvider({ clock });
    const audienceOf = (name: string) => `api://${arrangement === 'one client' ? 'shop' : name}`;
    const orders = await startProtectedApi({ idp, clock, audience: audienceOf('orders') });
    const stock = await startProtectedApi({ idp, clock, audience: audienceOf('stock') });
    return new TwoServices(arrangement, idp, orders, stock, clock, openMs);
  }

  call(which: 'orders' | 'stock', request: AxiosRequestConfig = {}): Promise<number | string> {
    const { url } = this[which];
    return this.#clients[which].get(`${url}/7`, request).then(
      ({ status }) => status,
      (error: unknown) => {
        this.stories.push(String(callOf(error)));
        return endingOf(error);
      },
    );
  }

  /** So many calls at once. */
  calls(which: 'orders' | 'stock', times: number, request?: AxiosRequestConfig): Batch {
    let pending = times;
    const each = Array.from({ length: times }, async () => {
      const ending = await this.call(which, request);
      pending -= 1;
      return ending;
    });
    return {
      get pending() {
        return pending;
      },
      endings: Promise.all(each),
    };
  }

  /** One after the other. */
  async callsInTurn(which: 'orders' | 'stock', times: number): Promise<(number | string)[]> {
    const endings = [];
    for (let time = 0; time < times; time += 1) endings.push(await this.call(which));
    return endings;
  }

  /** Lets time pass until all of them have come to an end. */
  async outlive(batch: Batch): Promise<(number | string)[]> {
    while (batch.pending > 0) await this.clock.advance(100);
    return batch.endings;
  }

  /** Until the last change of a circuit is to this state. */
  async until(state: CircuitStateChange['state']): Promise<void> {
    while (this.changes.at(-1)?.state !== state)
      await new Promise<void>((resolve) => (this.#tellOfChange = resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.agent.destroy();
    await this.stock.close();
    await this.orders.close();
    await this.idp.close();
  }

  #client(
    name: string,
    audience: string,
    { url }: ProtectedApi,
    credential: TokenCredential,
    origins: readonly string[] = [],
  ): AxiosInstance {
    return createServiceClient({
      ...{ name, baseURL: url, credential, origins, scopes: `api://${audience}/.default` },
      clock: this.clock,
      attemptTimeoutMs: 5_000,
      circuitBreaker: {
        openMs: this.#openMs,
        maxOpenMs: this.#openMs,
        onStateChange: (change) => {
          this.changes.push(change);
          this.#tellOfChange();
        },
      },
      axios: { httpAgent: this.agent, proxy: false },
    });
  }
}
