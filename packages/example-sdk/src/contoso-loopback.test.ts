import { callOf, subscribe } from '@holdfast/client';
import { RateLimitedError } from '@holdfast/sdk-base';
import { Contoso } from './index.js';
import { startLoopback } from './tutorial/loopback.js';

function attemptEnds(): Promise<void> {
  return new Promise((resolve) => {
    const end = subscribe('tracing:holdfast:attempt:asyncEnd', () => {
      end();
      resolve();
    });
  });
}

it('a day with real tokens: one is revoked, the service throttles, and is gone for a while', async () => {
  await using loopback = await startLoopback();
  const { api } = loopback;
  await using contoso = new Contoso({ url: api.url, credential: loopback.credential });
  let seen = 0;
  const statuses = () => {
    const fresh = api.requests.slice(seen);
    seen = api.requests.length;
    return fresh.map(({ status }) => status);
  };

  await expect(contoso.orders.get('7')).resolves.toMatchObject({ customer: 'Fabrikam' });
  await expect(contoso.as(loopback.ada).directory.me()).resolves.toMatchObject({ displayName: 'Ada' });
  expect(statuses()).toEqual([200, 200]);

  api.revoke();
  await expect(contoso.orders.get('7')).resolves.toMatchObject({ id: '7' });
  expect(statuses()).toEqual([401, 200]);
  api.recover();

  api.throttle({ retryAfterMs: 60_000 });
  await expect(contoso.billing.rates.get('CHF', { retry: false })).rejects.toThrow(RateLimitedError);
  await expect(contoso.billing.rates.get('CHF')).rejects.toMatchObject({ code: 'ERR_THROTTLED' });
  expect([statuses(), api.early]).toEqual([[429], 0]);
  api.recover();

  await api.down();
  const call = contoso.directory.user('nobody').catch((error: unknown) => error);
  await attemptEnds();
  await api.up();
  await expect(call).resolves.toHaveProperty('odata.code', 'Request_ResourceNotFound');
  const statusesOfCall = callOf(await call)?.attempts.map(({ status }) => status);
  expect([statusesOfCall?.at(0), statusesOfCall?.at(-1)]).toEqual([undefined, 404]);
});
