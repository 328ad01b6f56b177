import type { AxiosAdapter } from 'axios';

/** Wraps one way of sending a request in another: call `next` to send; what it resolves to is the response. */
export type Interceptor = (next: AxiosAdapter) => AxiosAdapter;

/** One interceptor out of several: `compose(a, b, c)(send)` is `a(b(c(send)))`, so the first is the outermost. */
export function compose(...interceptors: readonly Interceptor[]): Interceptor {
  return (send) => interceptors.reduceRight((next, interceptor) => interceptor(next), send);
}
