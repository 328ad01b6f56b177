import {
  startIdentityProvider,
  startProtectedApi,
  type IdentityProvider,
  type ProtectedApi,
} from '@holdfast/testing';
import type { AxiosInstance } from 'axios';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where a client is to be made for. */
export interface Place {
  readonly app: IdentityProvider['app'];
  readonly baseURL: string;
  readonly scopes: readonly string[];
}

/** A client that takes part, and how it is taken down. */
export interface Contestant {
  readonly client: AxiosInstance;
  readonly close: () => void;
}

/** One call, as its caller saw it. */
interface SeenCall {
  /** Milliseconds since the scenario began. */
  readonly at: number;
  succeeded: boolean;
}

/** What a scenario came to for one client. */
export interface Result {
  readonly calls: number;
  readonly succeeded: number;
  readonly apiRequests: number;
  readonly tokenRequests: number;
  /** Requests that reached the API before a Retry-After was over. */
  readonly earlyRequests: number;
  readonly seconds: number;
}

/** An identity provider, an API and one client, for one scenario. */
export class Stage {
  readonly idp: IdentityProvider;
  readonly api: ProtectedApi;
  readonly #contestant: Contestant;
  readonly #calls: SeenCall[] = [];
  readonly #startedAt = performance.now();

  private constructor(idp: IdentityProvider, api: ProtectedApi, contestant: Contestant) {
    this.idp = idp;
    this.api = api;
    this.#contestant = contestant;
  }

  static async open(contestant: (place: Place) => Contestant): Promise<Stage> {
    const idp = await startIdentityProvider();
    const api = await startProtectedApi({ idp, audience: 'api://orders' });
    // As far away as a provider in the same region.
    idp.delayMs = 100;
    return new Stage(
      idp,
      api,
      contestant({ app: idp.app, baseURL: api.url, scopes: ['api://orders/.default'] }),
    );
  }

  /** Milliseconds since the scenario began, whatever the clock says. */
  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** Waits until the scenario is that old. */
  async until(ms: number): Promise<void> {
    await sleep(Math.max(0, ms - this.elapsedMs));
  }

  /** Makes one call, and writes down whether it succeeded. */
  async call(): Promise<void> {
    const call: SeenCall = { at: this.elapsedMs, succeeded: false };
    this.#calls.push(call);
    try {
      await this.#contestant.client.get('/orders/7');
      call.succeeded = true;
    } catch {
      // Counted as what it is: a call that did not succeed.
    }
  }

  /** Makes calls at a steady pace, whether earlier ones have ended or not. */
  async callEvery(everyMs: number, fromMs: number, toMs: number): Promise<void> {
    const calls: Promise<void>[] = [];
    for (let at = fromMs; at < toMs; at += everyMs) {
      await this.until(at);
      calls.push(this.call());
    }
    await Promise.all(calls);
  }

  /** How many of the calls made from an instant on failed. */
  failuresFrom(ms: number): number {
    return this.#calls.filter(({ at, succeeded }) => at >= ms && !succeeded).length;
  }

  get result(): Result {
    return {
      calls: this.#calls.length,
      succeeded: this.#calls.filter(({ succeeded }) => succeeded).length,
      apiRequests: this.api.requests.length,
      tokenRequests: this.idp.tokenRequests.length,
      earlyRequests: this.api.early,
      seconds: Math.round(this.elapsedMs / 100) / 10,
    };
  }

  async close(): Promise<void> {
    this.#contestant.close();
    await Promise.all([this.api.close(), this.idp.close()]);
  }
}
