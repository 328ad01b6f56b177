import { Turns, type TurnRules } from './turns.js';

const rules: TurnRules = {
  maxClosedMs: 60_000,
  rampMs: 1_000,
  probeTimeoutMs: 5_000,
  // Turns are told what time it is.
  clock: { now: () => NaN, setTimeout: () => ({ cancel: () => undefined, unref: () => undefined }) },
  random: () => 0.5,
};
describe('a pace', () => {
  const paced = (remaining: number, resetMs: number): Turns => {
    const turns = new Turns(rules);
    turns.keepPace({ remaining, quota: undefined, resetMs }, 0, 0);
    return turns;
  };

  it('gives each call a slot, up to the reset', () => {
    const turns = paced(4, 8_000);
    expect([turns.isPaced, turns.first, turns.next(0, 0)]).toEqual([true, -Infinity, 0]);
    turns.take(0, false);
    expect([turns.first, turns.next(0, 0), turns.next(0, 1), turns.next(0, 9)]).toEqual([
      2_000, 2_000, 4_000, 8_000,
    ]);
    expect([turns.nextTry(0, 1), turns.nextTry(0, 9), turns.nextTry(9_000, 0)]).toEqual([
      4_000, 8_000, 9_000,
    ]);
    turns.takeSlot(0, 4_000);
    expect(turns.first).toBe(6_000);
    expect([turns.isOver(7_999), turns.isOver(8_000)]).toEqual([false, true]);
  });

  it('with nothing left lets nobody out before the reset, and believes it no longer than a gate is ever closed', () => {
    expect(paced(0, 8_000).first).toBe(8_000);
    expect(paced(0, 90_000).first).toBe(60_000);
    const slow = paced(2, 90_000);
    slow.take(0, false);
    expect([slow.first, slow.next(0, 1)]).toEqual([45_000, 60_000]);
  });

  it('catches up with slots that are closer than a timer can hold, and with no others', () => {
    const close = paced(1_000, 9_000);
    close.take(0, false);
    close.take(30, true);
    expect(close.first).toBe(18);
    // Much too late: what was missed is gone.
    close.take(60, true);
    expect(close.first).toBe(27);
    close.take(78, true);
    expect(close.first).toBe(87);
    // A slot that lies ahead is not too late for a timer.
    close.takeSlot(78, 177);
    expect(close.first).toBe(186);
    const wide = paced(900, 9_000);
    wide.take(0, false);
    wide.take(30, true);
    expect(wide.first).toBe(40);
  });

  it('that is over lets those who wait out on a ramp, and where nobody waits all at once', () => {
    const waiting = paced(0, 8_000);
    waiting.notice(7_999, 3);
    expect(waiting.isPaced).toBe(true);
    waiting.notice(8_000, 3);
    expect([waiting.isPaced, waiting.isOnRamp, waiting.first]).toEqual([false, true, -Infinity]);
    waiting.take(8_000, true);
    expect([waiting.first, waiting.isOver(8_999), waiting.isOver(9_000)]).toEqual([8_250, false, true]);
    const alone = paced(0, 8_000);
    alone.notice(8_000, 0);
    expect([alone.isPaced, alone.isOnRamp, alone.first]).toEqual([false, false, -Infinity]);
  });

  it('ends where there is plenty again, and where there was none nothing begins', () => {
    const turns = paced(0, 8_000);
    turns.keepPace('ample', 1_000, 3);
    expect([turns.isPaced, turns.isOnRamp]).toEqual([false, true]);
    const none = new Turns(rules);
    none.keepPace('ample', 1_000, 3);
    expect(none.isOnRamp).toBe(false);
  });
});
