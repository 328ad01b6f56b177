import type { Clock, Interceptor } from '@holdfast/core';

/** The gate that one would write first: told to wait, every call waits, those that come meanwhile too, and then all go. */
export function gateForAll(clock: Clock): Interceptor {
  let closedUntil = 0;
  return (next) =>
    async function waitForAll(config) {
      const leftMs = closedUntil - clock.now();
      if (leftMs > 0)
        await new Promise<void>((resolve) => {
          clock.setTimeout(resolve, leftMs);
        });
      const response = await next(config);
      const seconds = Number(response.headers['retry-after'] ?? 0);
      closedUntil = Math.max(closedUntil, clock.now() + seconds * 1_000);
      return response;
    };
}
