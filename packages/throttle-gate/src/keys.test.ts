import { manualClock, type ManualClock } from '@holdfast/testing';
import type { ThrottleGateOptions } from './index.js';
import { REFUSED, ThrottledService, ok, throttled, within } from './made-throttled-service.js';

let clock: ManualClock;
beforeEach(() => {
  clock = manualClock();
});
afterEach(() => {
  clock.uninstall();
});

const made = (options: ThrottleGateOptions = {}) => new ThrottledService(clock, options);
const anna = { holdfast: { key: 'mailbox of anna' } };
const ben = { holdfast: { key: 'mailbox of ben' } };

describe('a request that says itself what shares a gate with it', () => {
  it('is held up by what a request of the same key was told, and by no other', async () => {
    const service = made({ key: ({ url }) => String(url) });
    service.answer = () => throttled(2);
    expect(await service.get('/1', anna)).toBe(429);
    service.answer = () => ok;
    expect(await service.get('/2', { ...anna, ...within(1_000) })).toBe(REFUSED);
    const others = [service.get('/1'), service.get('/2', ben), service.get('/3')];
    expect(await Promise.all(others)).toEqual([200, 200, 200]);
  });

  it.each([5, '', {}])('and says %j, gets a clear error, and nothing is sent', async (key) => {
    const service = made();
    const holdfast = { key: key as string };
    expect(await service.get('/1', { holdfast })).toMatchObject({
      name: 'TypeError',
      message: expect.stringContaining('holdfast.key') as string,
    });
    expect(service.sent()).toEqual([]);
  });
});

describe('the option "key"', () => {
  it('is asked once for each attempt, and what it says by the time of the answer counts for nothing', async () => {
    let asked = 0;
    const key = jest.fn(() => `key ${(asked += 1)}`);
    const service = made({ key, pace: true });
    service.answer = () => throttled(2);
    expect([await service.get('/1'), await service.get('/2')]).toEqual([429, 429]);
    expect(key).toHaveBeenCalledTimes(2);
    key.mockReturnValue('key 1');
    expect(await service.get('/3', within(1_000))).toBe(REFUSED);
  });

  it('that throws fails its own call before anything is sent, and those who wait go on', async () => {
    const service = made({
      key: ({ url }) => {
        if (url === '/broken') throw new Error('no such tenant');
        return 'all';
      },
    });
    await service.close();
    const waits = service.get('/waits');
    expect(await service.get('/broken')).toMatchObject({ message: 'no such tenant' });
    expect(await clock.runUntilSettled(waits)).toBe(200);
    expect([service.sent().length, clock.pending]).toEqual([2, 0]);
  });

  it('that throws once a request was sent loses no answer', async () => {
    let isBroken = false;
    const service = made({
      pace: true,
      key: () => {
        if (isBroken) throw new Error('no such tenant');
        return 'all';
      },
    });
    service.answer = () => ({ ...throttled(2), delayMs: 10 });
    const call = service.get('/1');
    await clock.settle();
    isBroken = true;
    expect(await clock.runUntilSettled(call)).toBe(429);
  });
});
