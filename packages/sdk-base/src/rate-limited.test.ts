import { createServiceClient, httpReplyFor, isHoldfastError, retryAfterOf } from '@holdfast/client';
import { manualClock, scriptedTransport } from '@holdfast/testing';
import { failureOf } from './made-answers.js';
import { isStatusError } from './status-error.js';
import { RateLimitedError, toStatusError } from './status-errors.js';

it('a 429 is the service’s own, the refusal after it the client’s, and both say when to come back', async () => {
  const clock = manualClock({ fakeGlobals: false });
  const { adapter, requests } = scriptedTransport(
    [{ status: 429, headers: { 'retry-after': '60' } }, { status: 200 }],
    { clock },
  );
  const client = createServiceClient({
    name: 'orders',
    baseURL: 'https://orders.test',
    credential: false,
    // The service's wait does not fit.
    deadlineMs: 10_000,
    clock,
    axios: { adapter },
  });

  const limited = await toStatusError(await failureOf(client.get('/7')));
  expect(limited).toBeInstanceOf(RateLimitedError);
  expect(isStatusError(limited, 429)).toBe(true);
  expect(isHoldfastError(limited)).toBe(false);
  expect(retryAfterOf(limited)).toBe(60_000);
  expect(requests).toHaveLength(1);

  await clock.advance(20_000);
  const refused = await toStatusError(await failureOf(client.get('/8')));
  expect(isHoldfastError(refused, 'ERR_THROTTLED')).toBe(true);
  expect(isStatusError(refused)).toBe(false);
  expect(refused).not.toHaveProperty('response');
  const waitMs = retryAfterOf(refused)!;
  expect(waitMs).toBeGreaterThanOrEqual(40_000);
  expect(requests).toHaveLength(1);
  expect([limited, refused].map((error) => httpReplyFor(error)?.status)).toEqual([503, 503]);

  await clock.advance(waitMs);
  await expect(clock.runUntilSettled(client.get('/9'))).resolves.toHaveProperty('status', 200);
});
