import { chanceOf } from '../storm/chance.js';

/** Choices as if by chance: for the same seed the same ones. */
export class Chance {
  /** From 0 up to 1. */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = chanceOf(seed);
  }

  /** A whole number from 0 up. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  oneOf<T>(list: readonly [T, ...T[]]): T {
    return list[this.below(list.length)] ?? list[0];
  }

  shuffled<T>(list: readonly T[]): T[] {
    const weighed = list.map((item) => ({ item, weight: this.next() }));
    return weighed.sort((one, other) => one.weight - other.weight).map(({ item }) => item);
  }
}
