import axios from 'axios';
import { currentCall, install, type Interceptor } from '@holdfast/core';
import { manualClock, scriptedTransport, staticCredential } from '@holdfast/testing';
import { attachToken } from './index.js';

describe('a token that comes once its caller has his answer', () => {
  it('is not put on the request that was sent', async () => {
    const clock = manualClock({ fakeGlobals: false });
    const renewals: Promise<boolean>[] = [];
    /** Asks for another token, and does not wait for it. */
    const impatient: Interceptor = (next) => async (config) => {
      const response = await next(config);
      const { authorization } = currentCall(config);
      if (authorization !== undefined) renewals.push(authorization.renew(config, {}));
      return response;
    };
    const source = staticCredential(async (_, number) => {
      if (number > 1) await new Promise<void>((resolve) => void clock.setTimeout(resolve, 1_000));
      return { token: `t-${number}`, expiresOnTimestamp: clock.now() + 3_600_000 };
    });
    const { adapter } = scriptedTransport(() => ({ status: 200 }));
    const orders = axios.create({ baseURL: 'https://orders.test', adapter });
    install(orders, [attachToken(source, { scopes: 's', clock }), impatient], { clock });
    const { config } = await orders.get('/7');
    await clock.advance(1_000);
    expect(await Promise.all(renewals)).toEqual([false]);
    expect(config.headers.has('Authorization')).toBe(false);
  });
});
