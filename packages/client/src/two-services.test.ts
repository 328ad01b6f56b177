import { tally } from './made-challenge-storm.js';
import { ARRANGEMENTS, DEATHS, SOCKETS, TwoServices, type Arrangement } from './made-services.js';

const WARM = 10;
const DEAD = 30;
const CALLS = 50;
/** A moment of real time. */
const SHORTLY = 20;

let on: TwoServices;

/** Both services have been called, and are well. */
async function begin(arrangement: Arrangement, openMs?: number): Promise<void> {
  on = await TwoServices.start(arrangement, openMs);
  await Promise.all([on.callsInTurn('orders', WARM), on.callsInTurn('stock', WARM)]);
}

afterEach(async () => {
  await on[Symbol.asyncDispose]();
});

describe.each(ARRANGEMENTS)('one of two services that a process calls (%s)', (arrangement) => {
  it.each(Object.entries(DEATHS))(
    '%s: every call to the other is answered, none waits and none is refused',
    async (_, { begin: die, refusal, isSilent }) => {
      await begin(arrangement);
      const tokenRequests = on.idp.tokenRequests.length;
      await die(on.stock);
      const lost = on.calls('stock', DEAD);
      // Time stands still: whoever waits for the dead one goes on waiting.
      expect(tally(await on.callsInTurn('orders', CALLS))).toEqual({ 200: CALLS });
      expect(tally(await on.calls('orders', CALLS).endings)).toEqual({ 200: CALLS });
      expect(lost.pending).toBeGreaterThanOrEqual(isSilent ? DEAD : 0);

      expect(await on.outlive(lost)).not.toContain(200);
      const refused = on.calls('stock', DEAD);
      expect(tally(await on.calls('orders', CALLS).endings)).toEqual({ 200: CALLS });
      expect(tally(await refused.endings)).toEqual({ [refusal]: DEAD });

      // Each was sent once, over a few connections, with the token that it had.
      const { requests } = on.orders;
      expect(tally(requests.map(({ status }) => String(status)))).toEqual({ 200: WARM + 3 * CALLS });
      expect(requests.filter(({ reusedSocket }) => !reusedSocket).length).toBeLessThanOrEqual(SOCKETS);
      expect(on.idp.tokenRequests).toHaveLength(tokenRequests);
      expect(on.changes.filter(({ key }) => key.includes(on.orders.url))).toEqual([]);
    },
  );

  it.each(Object.entries(DEATHS).filter(([, { refusal }]) => refusal === 'ERR_CIRCUIT_OPEN'))(
    '%s and comes back: three probes close its circuit, and then everybody is let through',
    async (_, { begin: die }) => {
      await begin(arrangement, SHORTLY);
      await die(on.stock);
      // Once each: a retry could come upon the circuit when it is half-open, and be a probe.
      await on.outlive(on.calls('stock', DEAD, { holdfast: { retry: false } }));
      await on.until('half-open');
      on.stock.recover();
      await on.stock.up();
      const asked = on.stock.requests.length;
      const [first, others] = [on.calls('stock', 10), on.calls('orders', 10)];
      expect(tally(await first.endings)).toEqual({ 200: 3, ERR_CIRCUIT_OPEN: 7 });
      expect(tally(await others.endings)).toEqual({ 200: 10 });
      expect(on.stock.requests).toHaveLength(asked + 3);
      expect(on.changes.at(-1)).toMatchObject({ state: 'closed' });

      await on.clock.advance(3_000);
      expect(tally(await on.calls('stock', CALLS).endings)).toEqual({ 200: CALLS });
      expect(on.changes.filter(({ key }) => key.includes(on.orders.url))).toEqual([]);
    },
  );
});

describe('a service that answers 500', () => {
  it('spends the retries of its own calls, and none of those of another client', async () => {
    await begin('two clients and one credential');
    on.stock.fail({ status: 500 });
    await on.outlive(on.calls('stock', DEAD));
    expect(on.stories.join()).toContain('not retried: the retry budget is spent');
    on.orders.failNext({ status: 503 }, 3);
    // No limits: on a machine with much to do this time passes faster than an answer comes.
    const unlimited = { holdfast: { attemptTimeoutMs: false, deadlineMs: false } } as const;
    expect(tally(await on.outlive(on.calls('orders', 5, unlimited)))).toEqual({ 200: 5 });
    expect(on.orders.requests).toHaveLength(WARM + 8);
  });
});
