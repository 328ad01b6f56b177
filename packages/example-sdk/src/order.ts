import * as v from 'valibot';

export const Order = v.object({
  id: v.string(),
  customer: v.string(),
  euros: v.number(),
  status: v.picklist(['open', 'shipped', 'cancelled']),
});
export type Order = v.InferOutput<typeof Order>;

/** What a customer says; the service says the rest. */
export type NewOrder = Pick<Order, 'customer' | 'euros'>;

/** What an export comes to. */
export interface OrderExport {
  readonly orders: number;
  readonly url: string;
}
