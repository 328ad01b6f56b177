import type { Call } from '@holdfast/client';
import { callOf } from '@holdfast/core';
import type { AxiosResponse } from 'axios';

/** As of any promise: what one rejects with has no type. */
type Reason = Parameters<NonNullable<Parameters<Promise<unknown>['catch']>[0]>>[0];

/** What came of a call: what it is about, and all that came with it. */
export interface Answer<T> {
  /** As {@link CallPromise} gives it: checked, where there is a schema. */
  readonly data: T;
  /** As axios gave it. */
  readonly response: AxiosResponse;
  /** What `callOf(response)` tells: attempts, waits, decisions. */
  readonly call: Call;
}

/**
 * What a call of an SDK returns: a promise of its data, and by `withResponse()` of all that came with it. The request is on its way
 * already, and is made once, however often one awaits it.
 */
export class CallPromise<T> implements Promise<T> {
  readonly #answer: Promise<Omit<Answer<T>, 'call'>>;

  constructor(answer: Promise<Omit<Answer<T>, 'call'>>) {
    this.#answer = answer;
  }

  get [Symbol.toStringTag](): string {
    return 'CallPromise';
  }

  /** The data with its response and its call. */
  async withResponse(): Promise<Answer<T>> {
    const { data, response } = await this.#answer;
    const call = callOf(response);
    if (call === undefined)
      throw new TypeError(
        'withResponse(): the response belongs to no call: an interceptor of axios has replaced it',
      );
    return { data, response, call };
  }

  // No promise of the data is there before somebody asks for one: it would be rejected and nobody's beside that of withResponse().
  then<Value = T, Other = never>(
    onFulfilled?: ((data: T) => Value | PromiseLike<Value>) | null,
    onRejected?: ((reason: Reason) => Other | PromiseLike<Other>) | null,
  ): Promise<Value | Other> {
    return this.#answer.then(({ data }) => data).then(onFulfilled, onRejected);
  }

  catch<Other = never>(
    onRejected?: ((reason: Reason) => Other | PromiseLike<Other>) | null,
  ): Promise<T | Other> {
    return this.then(undefined, onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<T> {
    return this.#answer.then(({ data }) => data).finally(onFinally);
  }
}
