import { clientCredential } from '@holdfast/msal';
import {
  manualClock,
  startIdentityProvider,
  startProtectedApi,
  type IdentityProvider,
  type ManualClock,
  type ProtectedApi,
} from '@holdfast/testing';
import { setImmediate } from 'node:timers/promises';
import axios, { type AxiosInstance } from 'axios';
import { createServiceClient, install, standardInterceptors, type ServiceClientOptions } from './index.js';
import { foreignAnswer } from './made-foreign-service.js';

type Options = Partial<ServiceClientOptions>;

/** An identity provider, the service in three protocols, and a clock for what waits longer than some milliseconds. */
export class ForeignStage implements AsyncDisposable {
  readonly clock: ManualClock;
  readonly idp: IdentityProvider;
  readonly api: ProtectedApi;
  /** What happens before a call is sent again. */
  beforeRetry: () => Promise<void> | void = () => undefined;

  private constructor(clock: ManualClock, idp: IdentityProvider, api: ProtectedApi) {
    this.clock = clock;
    this.idp = idp;
    this.api = api;
    api.handle = (request) => foreignAnswer(api.url, request);
  }

  static async start(): Promise<ForeignStage> {
    const clock = manualClock({ now: Date.now(), fakeGlobals: false });
    const idp = await startIdentityProvider({ clock });
    return new ForeignStage(clock, idp, await startProtectedApi({ idp, audience: 'api://stock', clock }));
  }

  /** A client of `createServiceClient()`. */
  client(options: Options = {}): AxiosInstance {
    return createServiceClient({ ...this.#options(), baseURL: this.api.url, ...options });
  }

  /** An instance that somebody has made already, without a base URL: its requests have whole ones. */
  installed(options: Options = {}): AxiosInstance {
    const instance = axios.create();
    const { clock } = this;
    const pipeline = standardInterceptors({ ...this.#options(), origins: [this.api.url], ...options });
    install(instance, pipeline, { clock });
    return instance;
  }

  /** Lets time pass until it has settled. */
  async inTime<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const end = () => (settled = true);
    promise.then(end, end);
    while (!settled) await this.clock.advance(50);
    return promise;
  }

  /** What a call fails by. */
  errorOf(call: Promise<unknown>): Promise<unknown> {
    return this.inTime(
      call.then(
        () => Promise.reject(new Error('it resolved')),
        (error: unknown) => error,
      ),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api.close();
    await this.idp.close();
  }

  #options() {
    const { clock, idp } = this;
    return {
      name: 'stock',
      credential: clientCredential({ ...idp.app }),
      scopes: 'api://stock/.default',
      clock,
      random: () => 0.5,
      retry: { baseDelayMs: 1, maxDelayMs: 2, onRetry: () => this.beforeRetry() },
      // An opening ends by opossum's timer, which knows no other clock than the machine's.
      circuitBreaker: { openMs: 5 },
      // Real sockets take real time, of which this clock knows nothing.
      deadlineMs: false,
      attemptTimeoutMs: false,
      stallMs: false,
    } as const;
  }
}

/** Waits for what a real server does. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns += 1) {
    if (turns > 200_000) throw new Error('It never came to that');
    await setImmediate();
  }
}
