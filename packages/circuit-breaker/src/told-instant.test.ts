import { manualClock, type ManualClock } from '@holdfast/testing';
import { REFUSED, madeService, refusalOf } from './made-service.js';

const YEAR_S = 31_536_000;

let clock: ManualClock;
beforeEach(() => {
  clock = manualClock();
});
afterEach(() => {
  clock.uninstall();
});

describe('a service that asks to be left alone for a year', () => {
  it.each([429, 503])(
    'by a %d is tried again after five minutes: one wrong header must not keep everybody from it',
    async (status) => {
      const service = madeService(clock, { openMs: 100 });
      service.answer = () => ({ status, headers: { 'retry-after': String(YEAR_S) } });
      await service.call(20);
      expect((await refusalOf(service)).retryAfterMs).toBe(300_000);
      await clock.advance(299_999);
      expect(await service.call()).toEqual([REFUSED]);
      await clock.advance(1);
      service.answer = () => ({ status: 200 });
      expect(await service.call()).toEqual([200]);
    },
  );
});
