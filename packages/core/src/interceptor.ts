import type { AxiosAdapter } from 'axios';

/**
 * Wraps one way of sending a request in another: call `next` to send; what it resolves to is the response. In a pipeline
 * `next` never throws: whatever goes wrong is a rejection.
 */
export type Interceptor = (next: AxiosAdapter) => AxiosAdapter;

/** One interceptor out of several: `compose(a, b, c)(send)` is `a(b(c(send)))`, so the first is the outermost. */
export function compose(...interceptors: readonly Interceptor[]): Interceptor {
  return (send) => interceptors.reduceRight((next, interceptor) => interceptor(rejecting(next)), send);
}

/**
 * Makes a rejection of what is thrown. Once here, so that no interceptor needs a try beside its `then` to take off a
 * token, end a time limit or give a permit back.
 */
function rejecting(send: AxiosAdapter): AxiosAdapter {
  return (config) => {
    try {
      return send(config);
    } catch (error) {
      return Promise.reject(error);
    }
  };
}
