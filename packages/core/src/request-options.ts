/**
 * What `holdfast.body` makes: a stream of Node or of the web, any other source of chunks, or a `form-data`; a Blob, a FormData, bytes
 * or a text as well.
 */
export type RequestBody =
  AsyncIterable<Uint8Array | string> | ReadableStream | Blob | FormData | ArrayBuffer | Uint8Array | string;

/** What one request may ask of the pipeline, under `holdfast`. Each package adds its own members. */
export interface RequestOptions {
  /**
   * Makes the body, in place of `data`, anew for each send: `() => createReadStream(path)`. Default: none, and then a request
   * whose `data` is a stream or a `form-data` is sent once, since that is gone afterwards. One that makes the same stream twice
   * fails the second send; one that makes another content has the service act on something else than what was asked for.
   *
   * A stream is sent as it is read, and never held in memory: so a redirect is not followed, unless the request has
   * `maxRedirects` of its own. What is left of it is destroyed when the send has failed. Give a Content-Type with it.
   */
  readonly body?: () => RequestBody | Promise<RequestBody>;
  /**
   * What this request shares a circuit breaker and a throttle gate with: a mailbox, a tenant, a workload. Default: what the
   * client's option `key` says, or its service at its origin. Wider than what the service counts by, one throttle holds up
   * another's calls; as narrow as a URL, nothing is ever learnt.
   */
  readonly key?: string;
}

declare module 'axios' {
  interface AxiosRequestConfig {
    /** What this request asks of its Holdfast pipeline. */
    holdfast?: RequestOptions;
  }
}
