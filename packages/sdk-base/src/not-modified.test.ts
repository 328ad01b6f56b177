import { Orders, failureOf, ordersClient } from './made-orders-sdk.js';
import { StatusError } from './status-error.js';

it('what is known already, and is asked for by ifNoneMatch, rejects with a status of 304', async () => {
  const { client, requests } = ordersClient([{ status: 304, headers: { etag: '"v1"' } }]);
  const error = await failureOf(new Orders(client).get('7', { ifNoneMatch: '"v1"' }));
  expect(error).toBeInstanceOf(StatusError);
  expect(error).toHaveProperty('status', 304);
  expect(requests[0]?.headers['if-none-match']).toBe('"v1"');
});
