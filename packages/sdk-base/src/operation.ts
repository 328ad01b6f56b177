import { LinkedSignal, isCanceled, orCanceled, wait, type Cancelable } from '@holdfast/core';
import type { AxiosResponse, GenericAbortSignal } from 'axios';
import { isCancel } from 'axios';
import { contentOf } from './answer-content.js';
import { checked } from './checked-answer.js';
import type { OperationClient, OriginalRequest } from './operation-client.js';
import { OperationError, OperationFailedError, OperationTimeoutError } from './operation-error.js';
import type { PollSettings } from './operation-options.js';
import { OperationPace } from './operation-pace.js';
import {
  positionAfter,
  positionAfterLook,
  printPosition,
  type OperationPosition,
} from './operation-position.js';
import { resultPlace } from './operation-result.js';
import { doneIn, stateIn, type OperationState } from './operation-state.js';

/** What the start of an operation has come to: its answer, or where another process has left it. */
export type OperationStart =
  | { readonly data: unknown; readonly response: AxiosResponse }
  | { readonly position: OperationPosition; readonly original: OriginalRequest };

type Signal = GenericAbortSignal | undefined;

/** What an operation is made of. */
export interface OperationInit {
  readonly client: OperationClient;
  readonly settings: PollSettings;
  /** The caller's, for all of its looks and waits. */
  readonly signal: Signal;
  readonly start: Promise<OperationStart>;
}

/** One look that is under way. */
interface Look {
  readonly state: Promise<OperationState>;
  readonly signal: LinkedSignal;
  waiting: number;
}

/**
 * A long-running operation of a service, which `http.poll` follows. It is no promise, so that an async function which returns one does
 * not wait for its end: `await operation.pollUntilDone()` does. Only its start changes anything; every look is a GET.
 */
export class Operation<T> {
  readonly #client: OperationClient;
  readonly #settings: PollSettings;
  readonly #signal: Signal;
  readonly #pace: OperationPace;
  readonly #begun: Promise<void>;
  /** Nothing where it was done at once. */
  #position: OperationPosition | undefined = undefined;
  #original: OriginalRequest = {};
  #state: OperationState = Object.freeze({ status: 'running' });
  /** What came with the start's own answer. */
  #data: unknown = undefined;
  #look: Look | undefined = undefined;
  #done: Promise<T> | undefined = undefined;

  constructor({ client, settings, signal, start }: OperationInit) {
    this.#client = client;
    this.#settings = settings;
    this.#signal = signal;
    this.#pace = new OperationPace(settings.clock, settings.intervalMs, settings.failures);
    this.#begun = start.then((begun) => {
      this.#begin(begun);
    });
    // Who wants to know asks; until then it is nobody's.
    this.#begun.catch(() => undefined);
  }

  /** What the last look has shown; `running` before the first one. */
  get state(): OperationState {
    return this.#state;
  }

  /** Whether it has ended, well or not. Its result may still have to be fetched. */
  get isDone(): boolean {
    return this.#state.status !== 'running';
  }

  /**
   * Its result, once it has one. One loop of looks, however many wait for it; after a failure a new call goes on where it was.
   * Rejects with what the start has failed with, what a look has failed with for good or too often, {@link OperationFailedError},
   * {@link OperationTimeoutError}, {@link OperationError} for an answer that cannot be followed, or `ResponseValidationError` for a
   * result that is not what `schema` says.
   */
  pollUntilDone(): Promise<T> {
    this.#done ??= this.#withinLimit().catch((error: unknown) => {
      this.#done = undefined;
      throw error;
    });
    return this.#done;
  }

  /** One look, at once, unless it has ended; what it shows. Rejects with whatever that has failed with: the operation goes on. */
  async poll(): Promise<OperationState> {
    await this.#begun;
    return this.isDone ? this.#state : this.#looked({});
  }

  /**
   * A text by which `http.poll(text, options)` goes on, in another process as well: the service's own URLs, without a token, a header
   * or the query of the start. Whoever can change it chooses where is looked. Rejects with what the start has failed with, and with
   * {@link OperationError} for an operation that was done at once: its result is there already, and nowhere else.
   */
  async serialize(): Promise<string> {
    await this.#begun;
    if (this.#position !== undefined) return printPosition(this.#position);
    throw new OperationError(
      'The operation was done when it was started: there is nothing to go on with, and pollUntilDone() has its result',
      this.#state.response,
    );
  }

  #begin(begun: OperationStart): void {
    if ('position' in begun) {
      this.#position = begun.position;
      this.#original = begun.original;
      return;
    }
    const { data, response } = begun;
    this.#client.startedBy(response.config);
    const { url, params, paramsSerializer } = response.config;
    this.#original = {
      params: params as unknown,
      ...(url !== undefined && { url }),
      ...(paramsSerializer && { paramsSerializer }),
    };
    this.#position = positionAfter(response, (link, from) => this.#client.resolve(link, from));
    this.#data = data;
    if (this.#position === undefined) this.#state = doneIn(response);
    // A resource tells of itself at once: a PUT that changes nothing is done.
    else if (this.#position.mode === 'resource')
      this.#state = stateIn('resource', response, this.#settings.statusOf);
    if (!this.isDone) this.#pace.running(response);
  }

  async #withinLimit(): Promise<T> {
    const { withinMs, clock } = this.#settings;
    this.#pace.begin();
    if (withinMs === false) return this.#untilDone(Infinity, this.#signal);
    const signal = new LinkedSignal(this.#signal);
    const timer = clock.setTimeout(() => {
      signal.abort();
    }, withinMs);
    try {
      return await this.#untilDone(clock.now() + withinMs, signal);
    } catch (error) {
      throw signal.abortedHere && isCancel(error) ? new OperationTimeoutError(withinMs, this.#state) : error;
    } finally {
      timer.cancel();
    }
  }

  async #untilDone(until: number, signal: Signal): Promise<T> {
    const request = signal === undefined ? {} : { signal };
    await orCanceled(this.#begun, request);
    for (;;) {
      await this.#turn(until, request);
      try {
        if (!this.isDone) await this.#looked(request);
        if (this.isDone) return await orCanceled(this.#result(request), request);
      } catch (error) {
        if (isCanceled(request) || !this.#pace.forgives(error)) throw error;
      }
    }
  }

  /** Waits until the next look is due. Somebody else's look may put that off meanwhile. */
  async #turn(until: number, request: Cancelable): Promise<void> {
    const { clock, withinMs } = this.#settings;
    for (let leftMs = this.#pace.leftMs; leftMs > 0; leftMs = this.#pace.leftMs) {
      if (withinMs !== false && clock.now() + leftMs >= until)
        throw new OperationTimeoutError(withinMs, this.#state);
      await wait(leftMs, request, clock);
    }
  }

  /** One look at a time, however many wait for it. Without anybody it ends: it would hold its socket, and keep the next one off. */
  async #looked(request: Cancelable): Promise<OperationState> {
    const look = (this.#look ??= this.#newLook());
    look.waiting += 1;
    try {
      return await orCanceled(look.state, request);
    } finally {
      look.waiting -= 1;
      if (look.waiting === 0) {
        look.signal.abort();
        this.#look = undefined;
      }
    }
  }

  #newLook(): Look {
    const signal = new LinkedSignal(this.#signal);
    return { state: this.#lookOnce(signal), signal, waiting: 0 };
  }

  async #lookOnce(signal: LinkedSignal): Promise<OperationState> {
    const position = this.#position;
    if (position === undefined) return this.#state;
    const response = await this.#counted(() =>
      position.mode === 'resource'
        ? this.#askOriginal(position, signal)
        : this.#client.ask(position.url, signal),
    );
    const state = stateIn(position.mode, response, this.#settings.statusOf);
    if (state.status === 'running') {
      this.#position = positionAfterLook(position, response, (link, from) =>
        this.#client.resolve(link, from),
      );
      this.#pace.running(response);
    } else this.#pace.ended();
    this.#state = state;
    this.#tell(state);
    return state;
  }

  async #result(request: Cancelable): Promise<T> {
    const { status, response } = this.#state;
    if (status === 'failed' || status === 'canceled') throw new OperationFailedError(status, this.#state);
    if (response === undefined)
      throw new OperationError('The operation has ended without an answer', response);
    const answer = await this.#resultIn(response, request.signal);
    const { schema } = this.#settings;
    return (schema === undefined ? contentOf(answer) : await checked(schema, answer)) as T;
  }

  /** The answer that has the result, and in it the result alone. */
  async #resultIn(last: AxiosResponse, signal: Signal): Promise<AxiosResponse> {
    const position = this.#position;
    const { resultOf } = this.#settings;
    if (typeof resultOf === 'function') return { ...last, data: await resultOf(last) };
    if (position === undefined) return { ...last, data: this.#data };
    const place = resultPlace(position, last, resultOf);
    if (place !== 'original' && 'data' in place) return { ...last, data: place.data };
    return this.#counted(() =>
      place === 'original'
        ? this.#askOriginal(position, signal)
        : this.#client.ask(this.#client.resolve(place.link, last), signal),
    );
  }

  #askOriginal({ original }: OperationPosition, signal: Signal): Promise<AxiosResponse> {
    return this.#client.askOriginal(original, this.#original, signal);
  }

  async #counted(ask: () => Promise<AxiosResponse>): Promise<AxiosResponse> {
    try {
      return await ask();
    } catch (error) {
      if (!isCancel(error)) this.#pace.failed(error);
      throw error;
    }
  }

  /** Somebody who looks on. */
  #tell(state: OperationState): void {
    void new Promise((resolve) => {
      resolve(this.#settings.onProgress(state));
    }).catch(() => undefined);
  }
}
