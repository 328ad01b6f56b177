import { BYTES_FLAGS, runProgram } from '../run-program.js';
import type { ServicesInUseBytes, ServicesInUseCounts } from './services-in-use.js';

/** More than this is a step back, for a service that has been called. */
const MOST_BYTES = 1_100;
/** The same where each has a client of its own, before it is first called and after. */
const MOST_BYTES_CLIENT = { before: 24_000, after: 35_000 };

describe('10,000 services that have each been called', () => {
  let held: ServicesInUseBytes;
  beforeAll(async () => {
    held = (await runProgram('failures/services-in-use', ['bytes'], BYTES_FLAGS)) as ServicesInUseBytes;
  }, 240_000);

  it(`hold at most ${MOST_BYTES} bytes each behind one client`, () => {
    expect(held.standardInterceptors.after).toBeGreaterThan(100);
    expect(held.standardInterceptors.after).toBeLessThanOrEqual(MOST_BYTES);
  });

  it('hold no more than a client each by a factory, and have no interval, where those of opossum have two each', () => {
    expect(held.factory.before).toBeLessThanOrEqual(MOST_BYTES_CLIENT.before);
    expect(held.factory.after).toBeGreaterThan(held.bareClients.after);
    expect(held.factory.after).toBeLessThanOrEqual(MOST_BYTES_CLIENT.after);
    expect([held.standardInterceptors.intervals, held.factory.intervals]).toEqual([0, 0]);
    expect(held.opossum.intervals).toBe(20_000);
  });

  it('run as much code for a call as two do, behind one client and by a factory', async () => {
    const counts = (await runProgram(
      'failures/services-in-use',
      ['counts'],
      ['--no-opt'],
    )) as ServicesInUseCounts;
    for (const by of [counts.standardInterceptors, counts.factory]) {
      expect(by[2]).toBeGreaterThan(100);
      expect(by).toEqual({ 2: by[2], 100: by[2], 10_000: by[2] });
    }
  }, 240_000);
});
