import { ServiceSdk, path, type CallOptions } from '@holdfast/sdk-base';
import * as v from 'valibot';

export const Rate = v.object({ currency: v.string(), perEuro: v.number() });
export type Rate = v.InferOutput<typeof Rate>;

export class Rates extends ServiceSdk {
  /** What one euro costs. Many ask, so the service throttles: `RateLimitedError`, and `ThrottledError` after it. */
  get(currency: string, options?: CallOptions) {
    return this.http.get(path`/rates/${currency}`, { ...options, schema: Rate });
  }
}
