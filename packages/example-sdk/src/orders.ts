import {
  ServiceSdk,
  path,
  type CallOptions,
  type DownloadOptions,
  type ListOptions,
  type PollOptions,
} from '@holdfast/sdk-base';
import { Order, type NewOrder, type OrderExport } from './order.js';

export class Orders extends ServiceSdk {
  get(id: string, options?: CallOptions) {
    return this.http.get(path`/orders/${id}`, { ...options, schema: Order });
  }

  /** One after the other, or `byPage()`. */
  list(options?: ListOptions<Order>) {
    return this.http.paginate('/orders', { ...options, schema: Order });
  }

  /** With a key of its own, so that it is sent again where it failed, and one order comes of it. */
  create(order: NewOrder, options?: CallOptions) {
    return this.http.post('/orders', order, { idempotencyKey: true, ...options, schema: Order });
  }

  /** As long as it is what `ifMatch` says: what somebody else has changed meanwhile is not lost. */
  update(id: string, changes: Partial<NewOrder>, options: CallOptions & { readonly ifMatch: string }) {
    return this.http.patch(path`/orders/${id}`, changes, { ...options, schema: Order });
  }

  /** Rejects with `ConflictError` once it was shipped. */
  cancel(id: string, options?: CallOptions) {
    return this.http.delete<undefined>(path`/orders/${id}`, options);
  }

  /** All orders in a file. Takes minutes: `await operation.pollUntilDone()`. */
  export(options?: CallOptions, poll?: PollOptions<OrderExport>) {
    const start = this.http.post('/exports', {}, { idempotencyKey: true, ...options });
    return this.http.poll<OrderExport>(start, { ...options, ...poll });
  }

  /** Goes on with an export that another process has started, by the text of its `serialize()`. */
  resumeExport(text: string, poll?: PollOptions<OrderExport>) {
    return this.http.poll<OrderExport>(text, poll);
  }

  /** The invoice, a PDF, as a stream: `for await`, or `saveTo(file)`. */
  invoice(id: string, options?: DownloadOptions) {
    return this.http.download(path`/orders/${id}/invoice`, options);
  }
}
