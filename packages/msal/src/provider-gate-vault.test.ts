import { manualClock, startIdentityProvider } from '@holdfast/testing';
import { clientCredential } from './index.js';

const SCOPE = 'api://orders/.default';

/** Until everything that needs no time has been done. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('a vault that hangs when a provider in trouble may be asked again', () => {
  it('holds each of five callers up for timeoutMs, and not the fifth for five times as long', async () => {
    const clock = manualClock({ fakeGlobals: false, now: Date.now() });
    await using idp = await startIdentityProvider({ clock });
    let vault = () => Promise.resolve(idp.app.clientSecret);
    const one = clientCredential({ ...idp.app, clock, random: () => 0, clientSecret: () => vault() });
    idp.failNext({ status: 503 });
    await expect(one.getToken(SCOPE)).rejects.toMatchObject({ retryAfterMs: 5_000 });
    let asked = 0;
    vault = () => {
      asked += 1;
      return new Promise(() => undefined);
    };
    await clock.advance(4_999);
    await expect(one.getToken(SCOPE)).rejects.toMatchObject({ retryAfterMs: 1 });
    expect(asked).toBe(0);

    await clock.advance(1);
    const said: string[] = [];
    for (let caller = 0; caller < 5; caller += 1)
      void one.getToken(SCOPE).catch((error: unknown) => said.push((error as Error).message));
    await settle();
    await clock.advance(10_000);
    await settle();
    const message = `No token for ${SCOPE}: the clientSecret function failed (TimeoutError)`;
    expect(said).toEqual(Array<string>(5).fill(message));
  });
});
