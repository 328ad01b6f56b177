import type { AxiosAdapter, AxiosError, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { ClientRequest } from 'node:http';
import { Readable, finished } from 'node:stream';
import { isWebStream, letGoOf } from './body.js';
import { currentCall, shared } from './calls.js';
import { headerOf } from './headers.js';
import { bodyError, makeBody, type MadeBody } from './body-factory.js';

/**
 * A body that was made for one send, on a copy of the request: so sends may overlap, and neither the body nor the length and the
 * type that an adapter puts into the headers is there for the next.
 */
export class SentBody {
  readonly #config: InternalAxiosRequestConfig;
  readonly #copy: InternalAxiosRequestConfig;
  readonly #made: unknown;
  readonly #source: Readable | undefined;
  readonly #body: unknown;
  #failure: { readonly error: unknown } | undefined = undefined;

  /** Has `holdfast.body` make the body of the next send. */
  static async for(config: InternalAxiosRequestConfig): Promise<SentBody> {
    return new SentBody(config, await makeBody(config));
  }

  constructor(config: InternalAxiosRequestConfig, { made, content, headers }: MadeBody) {
    this.#config = config;
    this.#copy = copyOf(config);
    this.#made = made;
    this.#source = content instanceof Readable ? content : undefined;
    this.#body = this.#source === undefined ? content : this.#readFrom(this.#source);
    this.#copy.data = this.#body;
    // The fetch adapter would keep it, where the http adapter knows better.
    if (saysItsType(content) && headerOf(this.#copy.headers, 'content-type') === GUESSED)
      this.#copy.headers.delete('Content-Type');
    const { 'Content-Length': length, ...others } = headers;
    this.#copy.headers.set(others);
    if (length !== undefined) this.#copy.headers.setContentLength(length, false);
    if (this.#source !== undefined) keepFromFollowing(this.#copy);
  }

  /** Settles as the adapter does, with the caller's own request in it. */
  async send(adapter: AxiosAdapter): Promise<AxiosResponse> {
    try {
      const response = await adapter(this.#copy);
      this.#giveBack(response);
      this.#closeAfter(response);
      return response;
    } catch (error) {
      const { request, response } = (error ?? {}) as Partial<AxiosError>;
      this.#giveBack(error);
      this.#giveBack(response);
      this.#close();
      if (this.#failure === undefined) throw error;
      throw bodyError('The body broke off while it was sent', this.#config, this.#failure.error, request);
    } finally {
      // The stream of an answer may still fail, with this for its request.
      this.#copy.data = this.#config.data;
      this.#copy.headers = this.#config.headers;
    }
  }

  /** What fails in the source is told apart from what fails in the connection, with which fetch destroys what it sends. */
  #readFrom(source: Readable): Readable {
    const body = Readable.from(
      chunksOf(source, (error) => {
        if (!body.destroyed) this.#failure = { error };
      }),
      { objectMode: false },
    );
    // It may fail before anybody reads it.
    for (const stream of [source, body]) stream.on('error', () => undefined);
    body.once('close', this.#close);
    return body;
  }

  /** A service that refuses need not read to the end; one that accepts may go on reading after its answer. */
  #closeAfter(response: AxiosResponse): void {
    const { status, data } = response;
    const request: unknown = response.request;
    if (status < 300) {
      if (request instanceof ClientRequest) finished(request, { readable: false }, this.#close);
    } else if (data instanceof Readable) {
      // To close the one breaks off the other.
      finished(data, this.#close);
    } else if (!isWebStream(data)) {
      this.#close();
    }
  }

  readonly #close = (): void => {
    if (this.#source === undefined) return;
    letGoOf(this.#body);
    letGoOf(this.#source);
    letGoOf(this.#made);
  };

  /** Takes the copy off what an adapter settles with; where it has copied that, only the body. */
  #giveBack(settled: unknown): void {
    if (typeof settled !== 'object' || settled === null) return;
    const { config } = settled as Partial<AxiosResponse>;
    if (config === this.#copy) Reflect.set(settled, 'config', this.#config);
    else if (config?.data === this.#body && config !== undefined)
      Reflect.set(config, 'data', this.#config.data);
  }
}

/** What axios takes a body for that has no type, before it is made. */
const GUESSED = 'application/x-www-form-urlencoded';

function saysItsType(content: unknown): boolean {
  return content instanceof Blob || content instanceof FormData;
}

async function* chunksOf(source: Readable, onError: (error: unknown) => void): AsyncGenerator {
  try {
    yield* source;
  } catch (error) {
    onError(error);
    throw error;
  }
}

function copyOf(config: InternalAxiosRequestConfig): InternalAxiosRequestConfig {
  const empty = Object.create(Object.getPrototypeOf(config) as object | null) as InternalAxiosRequestConfig;
  const copy = Object.assign(empty, config, { headers: config.headers.concat() });
  shared.putCallOn(copy, currentCall(config));
  return copy;
}

/**
 * To follow a redirect, the http adapter would hold the whole body in memory, read as fast as its source can be; the fetch
 * adapter cannot send a stream twice.
 */
function keepFromFollowing(copy: InternalAxiosRequestConfig): void {
  if (copy.maxRedirects !== undefined) return;
  copy.maxRedirects = 0;
  // The oldest fetch adapter goes by this alone.
  copy.fetchOptions = { redirect: 'manual', ...copy.fetchOptions };
}
