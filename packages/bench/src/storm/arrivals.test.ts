import { arrivals, type Arrival } from './arrivals.js';
import { chanceOf } from './chance.js';

function firstOf(count: number, seed: number): readonly Arrival[] {
  const calls = arrivals(1_000, 10, chanceOf(seed));
  return Array.from({ length: count }, () => calls.next().value);
}

describe('the calls of a simulation', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(firstOf(100, 1)).toEqual(firstOf(100, 1));
    expect(firstOf(100, 1)).not.toEqual(firstOf(100, 2));
  });

  it('arrive at random: as many as asked for, spread over the clients, the gaps as uneven as chance makes them', () => {
    const calls = firstOf(20_000, 1);
    const gaps = calls.map(({ atMs }, index) => atMs - (calls[index - 1]?.atMs ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    const ofClients = Array.from(
      { length: 10 },
      (_, one) => calls.filter(({ client }) => client === one).length,
    );

    expect(mean).toBeCloseTo(1, 1);
    // Of a Poisson process both are the same.
    expect(Math.sqrt(variance)).toBeCloseTo(1, 1);
    expect(Math.min(...ofClients)).toBeGreaterThan(1_800);
    expect(Math.max(...ofClients)).toBeLessThan(2_200);
  });
});
