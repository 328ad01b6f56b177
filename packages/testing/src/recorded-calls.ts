import {
  currentCall,
  described,
  install,
  interceptorsOn,
  subscribe,
  type Call,
  type CurrentCall,
  type Interceptor,
} from '@holdfast/core';
import type { AxiosInstance, AxiosResponse } from 'axios';

/** The calls of one client, in the order in which they began: a list that grows while they are made. */
export type RecordedCalls = readonly Call[] & Disposable;

/**
 * Records the calls of a client, and of no other: one of `createTestClient()`, `createServiceClient()`, a factory, or one with
 * `install()`. While it does, a call that succeeds at once has its `attempts` and its `endedAt` as well. It ends when the list is
 * disposed of, as by `using`, or with the client.
 *
 * @throws {TypeError} for a client with no pipeline.
 */
export function recordCalls(client: AxiosInstance): RecordedCalls {
  const known = recorders.get(client);
  const recorder = known?.isOn === true ? known : new Recorder(client);
  recorders.set(client, recorder);
  const calls: Call[] = [];
  recorder.add(calls);
  const dispose = () => {
    recorder.remove(calls);
  };
  // Not to be seen where a test compares the list.
  return Object.defineProperty(calls, Symbol.dispose, { value: dispose }) as Call[] & Disposable;
}

const recorders = new WeakMap<AxiosInstance, Recorder>();

/** The outermost interceptor of a client, for as long as somebody wants its calls. */
class Recorder {
  readonly #client: AxiosInstance;
  readonly #before: readonly Interceptor[];
  readonly #during: readonly Interceptor[];
  readonly #lists = new Set<Call[]>();
  /** When the last attempt of a call has ended, by its client's clock. */
  readonly #attemptEnds = new WeakMap<Call, number>();
  readonly #endSubscriptions: (() => void)[];

  constructor(client: AxiosInstance) {
    const before = interceptorsOn(client) as readonly Interceptor[] | undefined;
    if (before === undefined)
      throw new TypeError(
        'recordCalls(): this client has no pipeline: createServiceClient() gives it one, and install(). Of a factory take one of its clients; another copy of @holdfast/core has pipelines of its own',
      );
    this.#client = client;
    this.#before = before;
    const recorder: Interceptor = (next) => (config) => {
      const call = currentCall(config);
      for (const calls of this.#lists) calls.push(call.shown);
      return next(config).then((response) => this.#complete(call, response));
    };
    this.#during = [described(recorder, 'recordCalls'), ...before];
    install(client, before).replace(this.#during);
    // While somebody listens, an attempt and a call are told with their ends.
    this.#endSubscriptions = [
      subscribe('tracing:holdfast:attempt:asyncEnd', ({ call, endedAt }) => {
        if (endedAt !== undefined) this.#attemptEnds.set(call, endedAt);
      }),
      subscribe('tracing:holdfast:call:asyncEnd', () => undefined),
    ];
  }

  /** Neither ended, nor replaced or ejected by the client's owner. */
  get isOn(): boolean {
    return interceptorsOn(this.#client) === this.#during;
  }

  add(calls: Call[]): void {
    this.#lists.add(calls);
  }

  remove(calls: Call[]): void {
    if (!this.#lists.delete(calls) || this.#lists.size > 0) return;
    if (this.isOn) install(this.#client, this.#during).replace(this.#before);
    for (const end of this.#endSubscriptions) end();
  }

  #complete(call: CurrentCall, response: AxiosResponse): AxiosResponse {
    const endedAt = this.#attemptEnds.get(call.shown);
    if (endedAt !== undefined) call.writeDown(response, endedAt);
    return response;
  }
}
