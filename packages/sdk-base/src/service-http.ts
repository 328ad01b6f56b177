import type { PagedItems } from '@holdfast/client';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { AxiosResponse } from 'axios';
import { requestOf } from './call-options-request.js';
import type { CallOptions, CheckedBy } from './call-options.js';
import { CallPromise, type Answer } from './call-promise.js';
import { assertSchema, checked } from './checked-answer.js';
import { bodyConfig } from './request-body.js';
import type { SdkConnection } from './connection.js';
import { startDownload, type Download, type DownloadOptions } from './download.js';
import type { PollOptions } from './operation-options.js';
import { startOperation } from './operation-start.js';
import type { Operation } from './operation.js';
import { pathWithin } from './path-within.js';
import { checkedList, listOf, type ListOptions } from './sdk-paging.js';
import { readLater, sendAndRead, type ReadAnswer } from './send.js';
import { startUpload, type UploadBody, type UploadOptions } from './upload.js';

type Schema = StandardSchemaV1;
type Output<S extends Schema> = StandardSchemaV1.InferOutput<S>;
type Unchecked = Omit<Answer<unknown>, 'call'>;
type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete' | 'query';

/**
 * The verbs of an SDK, which only its own methods see. Paths are below the client's base URL. Each sends at once, and returns a
 * {@link CallPromise}, of what the service answers, or of what `schema` makes of that; it rejects with an error by status, with what
 * the pipeline throws, and with a `TypeError` for a bad option, and then nothing is sent.
 */
export class ServiceHttp {
  readonly #connection: SdkConnection;

  constructor(connection: SdkConnection) {
    this.#connection = connection;
  }

  /** Where it sends: for the parts of an SDK that are SDKs themselves, `readonly lines = new OrderLines(this.http.connection)`. */
  get connection(): SdkConnection {
    return this.#connection;
  }

  get<S extends Schema>(path: string, options: CallOptions & CheckedBy<S>): CallPromise<Output<S>>;
  get<T = unknown>(path: string, options?: CallOptions): CallPromise<T>;
  get(path: string, options?: CallOptions): CallPromise<unknown> {
    return this.#call('get', path, undefined, options);
  }

  delete<S extends Schema>(path: string, options: CallOptions & CheckedBy<S>): CallPromise<Output<S>>;
  delete<T = unknown>(path: string, options?: CallOptions): CallPromise<T>;
  delete(path: string, options?: CallOptions): CallPromise<unknown> {
    return this.#call('delete', path, undefined, options);
  }

  post<S extends Schema>(
    path: string,
    body: unknown,
    options: CallOptions & CheckedBy<S>,
  ): CallPromise<Output<S>>;
  post<T = unknown>(path: string, body?: unknown, options?: CallOptions): CallPromise<T>;
  post(path: string, body?: unknown, options?: CallOptions): CallPromise<unknown> {
    return this.#call('post', path, body, options);
  }

  put<S extends Schema>(
    path: string,
    body: unknown,
    options: CallOptions & CheckedBy<S>,
  ): CallPromise<Output<S>>;
  put<T = unknown>(path: string, body?: unknown, options?: CallOptions): CallPromise<T>;
  put(path: string, body?: unknown, options?: CallOptions): CallPromise<unknown> {
    return this.#call('put', path, body, options);
  }

  patch<S extends Schema>(
    path: string,
    body: unknown,
    options: CallOptions & CheckedBy<S>,
  ): CallPromise<Output<S>>;
  patch<T = unknown>(path: string, body?: unknown, options?: CallOptions): CallPromise<T>;
  patch(path: string, body?: unknown, options?: CallOptions): CallPromise<unknown> {
    return this.#call('patch', path, body, options);
  }

  /** Asks by a body: as safe and as idempotent as a GET, and retried like one (RFC 10008). */
  query<S extends Schema>(
    path: string,
    body: unknown,
    options: CallOptions & CheckedBy<S>,
  ): CallPromise<Output<S>>;
  query<T = unknown>(path: string, body?: unknown, options?: CallOptions): CallPromise<T>;
  query(path: string, body?: unknown, options?: CallOptions): CallPromise<unknown> {
    return this.#call('query', path, body, options);
  }

  /**
   * A list in pages, item by item or `byPage()`, as `paginate()` of `@holdfast/client` reads it; `schema` is for each item. Nothing is
   * sent before the first is asked for.
   *
   * @throws {TypeError} for a bad option, naming it.
   */
  paginate<S extends Schema>(
    path: string,
    options: ListOptions<StandardSchemaV1.InferInput<S>> & CheckedBy<S>,
  ): PagedItems<Output<S>>;
  paginate<T = unknown>(path: string, options?: ListOptions<T>): PagedItems<T>;
  paginate(
    path: string,
    options: ListOptions<unknown> & Partial<CheckedBy<Schema>> = {},
  ): PagedItems<unknown> {
    const { schema, ...others } = options;
    const list = listOf(this.#connection, path, others);
    if (schema === undefined) return list;
    assertSchema('http.paginate', schema);
    return checkedList(this.#connection, schema, list);
  }

  /**
   * A long-running operation: the call that has started it, or the text of `serialize()`, with which it goes on elsewhere:
   * {@link PollOptions}; `schema` is for its result.
   *
   * @throws {TypeError} for a bad option, naming it, and for what is neither a call nor a text of `serialize()`.
   */
  poll<S extends Schema>(
    start: CallPromise<unknown> | string,
    options: PollOptions<StandardSchemaV1.InferInput<S>> & CheckedBy<S>,
  ): Operation<Output<S>>;
  poll<T = unknown>(start: CallPromise<unknown> | string, options?: PollOptions<T>): Operation<T>;
  poll(
    start: CallPromise<unknown> | string,
    options?: PollOptions<unknown> & Partial<CheckedBy<Schema>>,
  ): Operation<unknown> {
    return startOperation(this.#connection, start, options);
  }

  /** A content on its way, as a stream that goes on where its connection breaks off: {@link DownloadOptions}. */
  download(path: string, options?: DownloadOptions): CallPromise<Download> {
    return new CallPromise(this.#download(path, options));
  }

  /** Sends a content, of any size: {@link UploadOptions}. A stream is sent once; what a function makes, as often as it takes. */
  upload<S extends Schema>(
    path: string,
    body: UploadBody,
    options: UploadOptions & CheckedBy<S>,
  ): CallPromise<Output<S>>;
  upload<T = unknown>(path: string, body: UploadBody, options?: UploadOptions): CallPromise<T>;
  upload(path: string, body: UploadBody, options?: UploadOptions): CallPromise<unknown> {
    return new CallPromise(this.#upload(path, body, options ?? {}));
  }

  async #download(
    path: string,
    options: DownloadOptions | undefined,
  ): Promise<{ readonly data: Download; readonly response: AxiosResponse }> {
    const url = pathWithin('http.download', this.#connection.client, path);
    return startDownload(this.#connection, url, options);
  }

  async #upload(
    path: string,
    body: UploadBody,
    { schema, ...options }: UploadOptions & Partial<CheckedBy<Schema>>,
  ): Promise<Unchecked> {
    const caller = 'http.upload';
    const read = checkedBy(caller, schema);
    const url = pathWithin(caller, this.#connection.client, path);
    const { data, response } = await startUpload(this.#connection, url, body, options);
    if (read === undefined) return { data: data as unknown, response };
    return { data: await readLater(this.#connection, () => read(response)), response };
  }

  #call(verb: Verb, path: string, body: unknown, options: CallOptions | undefined): CallPromise<unknown> {
    return new CallPromise(this.#answer(verb, path, body, options ?? {}));
  }

  // An async function, so that a bad option rejects; up to the send it runs at once.
  async #answer(
    verb: Verb,
    path: string,
    body: unknown,
    { schema, ...options }: CallOptions & Partial<CheckedBy<Schema>>,
  ): Promise<Unchecked> {
    const caller = `http.${verb}`;
    const read = checkedBy(caller, schema);
    const { headers, ...request } = requestOf(caller, this.#connection, options);
    const { client } = this.#connection;
    const config = {
      ...request,
      ...bodyConfig(caller, client, verb, headers, body),
      method: verb,
      url: pathWithin(caller, client, path),
    };
    return sendAndRead(this.#connection, config, read);
  }
}

/** Refuses what is no validator, and reads an answer by one. */
function checkedBy(caller: string, schema: Schema | undefined): ReadAnswer | undefined {
  if (schema === undefined) return undefined;
  assertSchema(caller, schema);
  return (response) => checked(schema, response);
}
