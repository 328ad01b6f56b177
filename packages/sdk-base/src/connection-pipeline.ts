import { descriptionOf, interceptorsOn, systemClock, type Clock } from '@holdfast/core';
import type { AxiosInstance } from 'axios';

/** What an option of a call asks of the pipeline, by the interceptor that reads it. */
const READERS: Readonly<Record<string, string>> = {
  attemptTimeoutMs: 'attemptTimeout',
  correlationId: 'correlate',
  credential: 'attachToken',
  deadlineMs: 'deadline',
  idempotencyKey: 'retry',
  retry: 'retry',
  stallMs: 'attemptTimeout',
};

/** What an SDK has to know of the pipeline of its client. */
export class ClientPipeline {
  readonly interceptors: readonly unknown[];
  /** Where the id of a call goes; `undefined` where calls have none. */
  readonly correlationHeader: string | undefined;
  /** Where the client's token may go beside its own place. */
  readonly tokenOrigins: readonly string[];
  readonly #names: ReadonlySet<string | undefined>;

  constructor(interceptors: readonly unknown[]) {
    this.interceptors = interceptors;
    const all = interceptors.map(descriptionOf);
    this.#names = new Set(all.map((one) => one?.name));
    const valueOf = (name: string, option: string): unknown =>
      all.find((one) => one?.name === name)?.option(option)?.value;
    const header = valueOf('correlate', 'header');
    this.correlationHeader = typeof header === 'string' ? header : undefined;
    const origins = valueOf('attachToken', 'origins');
    this.tokenOrigins = Array.isArray(origins) ? origins.filter((one) => typeof one === 'string') : [];
  }

  /** Where it has its time from; the machine's clock where nobody in it knows. */
  get clock(): Clock {
    return (this.#told('clock') as Clock | undefined) ?? systemClock;
  }

  /** Where it has its chance from; `Math.random` where nobody in it knows. */
  get random(): () => number {
    return (this.#told('random') as (() => number) | undefined) ?? Math.random;
  }

  #told(name: string): unknown {
    for (const interceptor of this.interceptors) {
      const option = descriptionOf(interceptor)?.option(name);
      if (option !== undefined) return option.value;
    }
    return undefined;
  }

  /**
   * What nobody in the pipeline reads is refused; `false` asks for what is so without one.
   *
   * @throws {TypeError} naming the option and its interceptor.
   */
  refuseUnread(caller: string, asked: Readonly<Record<string, unknown>>): void {
    for (const [option, value] of Object.entries(asked)) {
      const reader = READERS[option];
      if (reader === undefined || value === undefined || value === false || this.#names.has(reader)) continue;
      throw new TypeError(
        `${caller}(): the option "${option}" needs the interceptor ${reader}(), which the client does not have`,
      );
    }
  }
}

const known = new WeakMap<AxiosInstance, ClientPipeline>();

/**
 * The pipeline of a client as it is now: `replace()` may have changed it.
 *
 * @throws {TypeError} when the client has none.
 */
export function pipelineOf(client: AxiosInstance): ClientPipeline {
  const interceptors = interceptorsOn(client);
  if (interceptors === undefined)
    throw new TypeError(
      'The client of an SDK must have a Holdfast pipeline: make it by createServiceClient(), or install(client, standardInterceptors({ … })) first',
    );
  const before = known.get(client);
  if (before?.interceptors === interceptors) return before;
  const now = new ClientPipeline(interceptors);
  known.set(client, now);
  return now;
}
