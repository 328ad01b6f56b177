import fc from 'fast-check';
import { WaitingLine, type Place } from './waiting-line.js';

describe('a line of those who wait', () => {
  it('is in order of arrival, whoever leaves it from wherever, and finds all who are over time', () => {
    const step = fc.oneof(
      fc.record({ joins: fc.oneof(fc.nat(50), fc.constant(Infinity)) }),
      fc.record({ leaves: fc.nat(20) }),
      fc.record({ by: fc.nat(60) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const line = new WaitingLine<number>();
        const waiting: Place<number>[] = [];
        const found: [unknown, unknown][] = [];
        let arrivals = 0;
        for (const one of steps) {
          if ('joins' in one) waiting.push(line.join((arrivals += 1), one.joins));
          else if ('leaves' in one) for (const place of waiting.splice(one.leaves, 1)) line.leave(place);
          else {
            const over = waiting.filter(({ deadlineAt }) => deadlineAt <= one.by);
            found.push([line.overBy(one.by), over.map((place) => place.one)]);
            for (const place of over) line.leave(waiting.splice(waiting.indexOf(place), 1)[0]!);
          }
          const inOrder: number[] = [];
          for (let place = line.first; place !== undefined; place = place.after) inOrder.push(place.one);
          expect(inOrder).toEqual(waiting.map((place) => place.one));
          expect([line.size, line.last?.one]).toEqual([waiting.length, waiting.at(-1)?.one]);
          for (const [over, expected] of found) expect(over).toEqual(expected);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('walks through nobody while none can be over time: not where no deadline is as early, nor again for one that was seen', () => {
    const line = new WaitingLine<string>();
    let looks = 0;
    const watched = (deadlineAt: number) => {
      const place = line.join('one', deadlineAt);
      Object.defineProperty(place, 'deadlineAt', {
        get: () => {
          looks += 1;
          return deadlineAt;
        },
      });
    };
    for (const deadlineAt of [300, 100, 200]) watched(deadlineAt);
    expect([line.overBy(99), looks]).toEqual([[], 0]);
    expect(line.overBy(100)).toEqual(['one']);
    // From here on the earliest is that of who is not over time.
    looks = 0;
    expect([line.overBy(150), looks]).toEqual([[], 0]);
    expect(line.overBy(200)).toEqual(['one', 'one']);
  });
});
