import { Turns, type TurnRules } from './turns.js';

const rules: TurnRules = {
  maxClosedMs: 60_000,
  rampMs: 1_000,
  probeTimeoutMs: 5_000,
  // Turns are told what time it is.
  clock: { now: () => NaN, setTimeout: () => ({ cancel: () => undefined, unref: () => undefined }) },
  random: () => 0.5,
};
const nobody = { waiting: 0, lastDeadlineAt: Infinity };

/** Closed from 0 until 10,000; its probe goes at 10,500. */
function closed(options: Partial<TurnRules> = {}): Turns {
  const turns = new Turns({ ...rules, ...options });
  turns.close({ until: 10_000, closedAt: 0 }, 0);
  return turns;
}

/** The gate opens at 11,000 by the answer of its probe, for so many who came meanwhile, and so many who wait still. */
function opened(arrivals: number, waiting: number, lastDeadlineAt = Infinity): Turns {
  const turns = closed();
  for (let call = 0; call < arrivals; call += 1) turns.arrived();
  const probe = turns.take(10_500, true)!;
  expect(turns.probeEnded(probe, true, 11_000, { waiting, lastDeadlineAt })).toBe('open');
  return turns;
}

/** Milliseconds between the first who comes out at 11,000 and the next one. */
function stepOf(turns: Turns): number {
  turns.take(11_000, true);
  return turns.first - 11_000;
}

describe('closed, calls', () => {
  it.each([
    ['a tenth of the closed time', 6_000, 6_300],
    ['50 ms at least', 100, 125],
    ['the length of the ramp at most', 50_000, 50_500],
  ])(
    'wait until the probe has gone, which goes up to so much after the instant: %s',
    (_what, until, probeAt) => {
      const turns = new Turns(rules);
      turns.close({ until, closedAt: 0 }, 0);
      expect([turns.until, turns.probeAt, turns.first, turns.next(0, 3)]).toEqual([
        until,
        probeAt,
        probeAt,
        probeAt,
      ]);
    },
  );

  it('closed since before now, the tenth is that of the whole time', () => {
    const turns = new Turns(rules);
    turns.close({ until: 10_000, closedAt: 4_000 }, 9_000);
    expect(turns.probeAt).toBe(10_300);
  });

  it('that are refused are told the instant, and once it is over the end of the ramp that is to come', () => {
    const turns = closed();
    expect([0, 9_999, 10_000, 12_000].map((now) => turns.nextTry(now, 0))).toEqual([
      10_000, 10_000, 11_000, 13_000,
    ]);
  });

  it('are nobody’s concern any more once the ramp would be over, and a closure is covered by one that is as long', () => {
    const turns = closed();
    expect([10_999, 11_000, 11_001].map((now) => turns.isOver(now))).toEqual([false, false, true]);
    const covers = (until: number) => turns.covers({ until, closedAt: 0 });
    expect([covers(9_999), covers(10_000), covers(10_001)]).toEqual([true, true, false]);
    expect(new Turns(rules).covers({ until: 0, closedAt: 0 })).toBe(false);
  });

  it('go freely again once all is over, where nobody waits', () => {
    const waitedFor = closed();
    waitedFor.notice(11_001, 1);
    expect(waitedFor.first).toBe(10_500);
    const early = closed();
    early.notice(11_000, 0);
    expect(early.first).toBe(10_500);
    const over = closed();
    over.notice(11_001, 0);
    expect([over.first, over.isPaced, over.isOnRamp]).toEqual([-Infinity, false, false]);
    // Not while a probe is under way.
    const probing = closed();
    probing.take(10_500, true);
    probing.notice(11_001, 0);
    expect([probing.first, probing.isOver(20_000)]).toEqual([15_500, false]);
  });
});

describe('a probe', () => {
  it('holds the others up until its time is over, and who comes then need not wait for an instant', () => {
    const turns = closed();
    expect(turns.isProbing).toBe(false);
    expect(turns.take(10_500, true)).toMatchObject({ startedAt: 10_500 });
    expect([turns.isProbing, turns.first, turns.next(11_000, 2)]).toEqual([true, 15_500, 11_000]);
  });

  it('that learnt nothing lets the next one try', () => {
    const turns = closed();
    const probe = turns.take(10_500, true)!;
    expect(turns.probeEnded(probe, false, 11_000, nobody)).toBe('next');
    expect([turns.isProbing, turns.first]).toEqual([false, 10_500]);
  });

  it('that was given up opens the gate by a late answer, and by nothing else', () => {
    const turns = closed();
    const late = turns.take(10_500, true)!;
    turns.take(15_500, true);
    expect(turns.probeEnded(late, false, 16_000, nobody)).toBeUndefined();
    expect(turns.isProbing).toBe(true);
    expect(turns.probeEnded(late, true, 16_000, nobody)).toBe('open');
    expect([turns.isProbing, turns.isOnRamp]).toEqual([false, true]);
    // Open, what another one comes to changes nothing.
    expect(turns.probeEnded(late, true, 17_000, nobody)).toBeUndefined();
  });

  it('decides nothing where the gate was closed again meanwhile, or is forgotten', () => {
    const again = closed();
    const probe = again.take(10_500, true)!;
    again.close({ until: 20_000, closedAt: 11_000 }, 11_000);
    expect(again.isProbing).toBe(false);
    expect(again.probeEnded(probe, true, 11_500, nobody)).toBeUndefined();
    const forgotten = closed();
    const other = forgotten.take(10_500, true)!;
    forgotten.forget();
    expect(forgotten.probeEnded(other, true, 11_000, nobody)).toBeUndefined();
  });
});

describe('those who waited come out', () => {
  it.each([
    // 11,000 ms by 1.1 and 20 calls.
    ['by a tenth faster than they came', 20, 9, Infinity, 500],
    ['within the ramp at the soonest', 1_000, 9, Infinity, 100],
    ['with ten seconds between two where hardly anybody had come', 0, 9, Infinity, 10_000],
    ['in time for the last in line', 10, 9, 14_000, 300],
    ['within the ramp, though the last in line gives up sooner', 10, 9, 11_100, 100],
  ])('%s', (_what, arrivals, waiting, lastDeadlineAt, stepMs) => {
    expect(stepOf(opened(arrivals, waiting, lastDeadlineAt))).toBeCloseTo(stepMs, 6);
  });

  it('at ten seconds from each other at most, however long the gate was closed', () => {
    const turns = closed();
    const probe = turns.take(99_000, true)!;
    turns.probeEnded(probe, true, 100_000, { waiting: 1, lastDeadlineAt: Infinity });
    turns.take(100_000, true);
    expect(turns.first).toBe(110_000);
  });

  it('one behind the other, and a timer that is a little late makes nobody later who comes behind', () => {
    const turns = opened(20, 9);
    turns.take(11_000, true);
    expect([turns.first, turns.next(11_000, 0), turns.next(11_000, 3)]).toEqual([11_500, 11_500, 13_000]);
    turns.take(11_550, true);
    expect(turns.first).toBe(12_000);
    turns.take(12_051, true);
    expect(turns.first).toBe(12_551);
    // Who did not wait was not late.
    turns.take(12_560, false);
    expect(turns.first).toBe(13_060);
  });

  it('and who is refused meanwhile is told the end of the ramp, or the end of the line', () => {
    const turns = opened(20, 9);
    turns.take(11_000, true);
    expect([turns.nextTry(11_000, 0), turns.nextTry(11_000, 9), turns.nextTry(14_000, 0)]).toEqual([
      12_000, 16_000, 14_000,
    ]);
    expect([turns.isOnRamp, turns.isOver(11_999), turns.isOver(12_000)]).toEqual([true, false, true]);
  });

  it('until the end of the ramp, where nobody waits any more', () => {
    const turns = opened(20, 9);
    turns.notice(11_999, 0);
    expect(turns.isOnRamp).toBe(true);
    turns.notice(12_000, 1);
    expect(turns.isOnRamp).toBe(true);
    turns.notice(12_000, 0);
    expect(turns.isOnRamp).toBe(false);
  });

  it('as slowly as calls came since the first closing, where the gate was closed again on the way', () => {
    const turns = opened(20, 9);
    for (let call = 0; call < 20; call += 1) turns.arrived();
    turns.close({ until: 21_000, closedAt: 11_000 }, 11_000);
    expect(turns.isOnRamp).toBe(false);
    const probe = turns.take(21_500, true)!;
    turns.probeEnded(probe, true, 22_000, { waiting: 99, lastDeadlineAt: Infinity });
    turns.take(22_000, true);
    expect(turns.first).toBeCloseTo(22_000 + 22_000 / 1.1 / 40, 6);
  });

  it('by what came since it closed, and not by what came before or at another time', () => {
    const turns = opened(20, 9);
    turns.notice(12_000, 0);
    // Open: these are nobody who is held up.
    for (let call = 0; call < 500; call += 1) turns.arrived();
    turns.close({ until: 30_000, closedAt: 20_000 }, 20_000);
    for (let call = 0; call < 10; call += 1) turns.arrived();
    const probe = turns.take(30_500, true)!;
    turns.probeEnded(probe, true, 31_000, { waiting: 99, lastDeadlineAt: Infinity });
    turns.take(31_000, true);
    expect(turns.first).toBeCloseTo(31_000 + 11_000 / 1.1 / 10, 6);
  });
});

describe('a clock that was set back makes nobody wait for that:', () => {
  it('a probe has no more time for its answer', () => {
    const turns = closed();
    turns.notice(10_500, 1);
    turns.take(10_500, true);
    turns.notice(4_500, 1);
    expect(turns.first).toBe(9_500);
    // Nor is anybody refused who could not wait for the instant at which it was sent.
    expect(turns.next(4_500, 1)).toBe(4_500);
    // Set forward again, it is not moved.
    turns.notice(10_500, 1);
    expect(turns.first).toBe(9_500);
  });

  it('the ramp ends as soon, and the next in line comes out as soon', () => {
    const turns = opened(20, 9);
    turns.notice(11_000, 9);
    turns.take(11_000, true);
    turns.notice(5_000, 9);
    expect([turns.first, turns.isOver(5_999), turns.isOver(6_000)]).toEqual([5_500, false, true]);
  });

  it('a pace ends as soon, and its slots come as soon', () => {
    const turns = new Turns(rules);
    turns.notice(10_000, 1);
    turns.keepPace({ remaining: 4, quota: undefined, resetMs: 8_000 }, 10_000, 1);
    turns.take(10_000, true);
    turns.notice(5_000, 1);
    expect([turns.first, turns.isOver(12_999), turns.isOver(13_000)]).toEqual([7_000, false, true]);
  });

  it('and calls that came meanwhile count by the time that has really passed', () => {
    const turns = closed();
    turns.notice(10_000, 9);
    turns.notice(4_000, 9);
    for (let call = 0; call < 20; call += 1) turns.arrived();
    const probe = turns.take(4_500, true)!;
    turns.probeEnded(probe, true, 5_000, { waiting: 9, lastDeadlineAt: Infinity });
    turns.take(5_000, true);
    expect(turns.first).toBeCloseTo(5_500, 6);
  });
});

describe('a pace', () => {
  it('yields to a closed gate and to its ramp, which it does not change', () => {
    const turns = closed();
    turns.keepPace({ remaining: 4, quota: undefined, resetMs: 8_000 }, 0, 3);
    expect([turns.isPaced, turns.first]).toEqual([false, 10_500]);
    turns.keepPace('ample', 1_000, 3);
    expect(turns.isOnRamp).toBe(false);
    const ramp = opened(20, 9);
    ramp.keepPace({ remaining: 4, quota: undefined, resetMs: 8_000 }, 11_000, 9);
    expect(ramp.isPaced).toBe(false);
    ramp.take(11_000, true);
    expect(ramp.first).toBe(13_000);
    ramp.keepPace('ample', 11_000, 9);
    expect(ramp.first).toBe(11_500);
  });
});
