import { ServiceSdk, path, type UploadBody, type UploadOptions } from '@holdfast/sdk-base';
import * as v from 'valibot';
import { Rates } from './rates.js';

export const Statement = v.object({ month: v.string(), lines: v.number() });
export type Statement = v.InferOutput<typeof Statement>;

export class Billing extends ServiceSdk {
  readonly rates = new Rates(this.http.connection);

  /** The bank's statement of a month (`2026-01`), as CSV. What a function makes, `() => createReadStream(file)`, is sent again where it failed. */
  uploadStatement(month: string, csv: UploadBody, options?: UploadOptions) {
    return this.http.upload(path`/statements/${month}`, csv, {
      contentType: 'text/csv',
      ...options,
      schema: Statement,
    });
  }
}
