import { interleaved, median, ratio } from '../measuring/rounds.js';
import type { Stack } from './stack.js';
import type { StackName } from './stack-names.js';

export type Figures = Partial<Record<StackName, number>>;

/** For each stack its figure in each round; they take turns. */
export class Rounds {
  readonly #rounds: ReadonlyMap<StackName, readonly number[]>;
  readonly #first: readonly number[];

  private constructor(rounds: ReadonlyMap<StackName, readonly number[]>) {
    this.#rounds = rounds;
    this.#first = [...rounds.values()][0] ?? [];
  }

  static async of(
    stacks: ReadonlyMap<StackName, Stack>,
    figure: (call: Stack['call']) => Promise<number>,
    lengths: { readonly rounds: number; readonly warmUp: number },
  ): Promise<Rounds> {
    const ways = Object.fromEntries([...stacks].map(([name, { call }]) => [name, () => figure(call)]));
    const rounds = await interleaved(ways, lengths);
    return new Rounds(new Map([...stacks.keys()].map((name) => [name, rounds[name] ?? []])));
  }

  medians(): Figures {
    return this.#each(median);
  }

  /** How many times as much as the first one. */
  ratios(): Figures {
    return this.#each((rounds) => ratio(rounds, this.#first));
  }

  /** How much more than the first one. */
  differences(): Figures {
    return this.#each((rounds) => median(rounds.map((figure, round) => figure - (this.#first[round] ?? 0))));
  }

  #each(figure: (rounds: readonly number[]) => number): Figures {
    return Object.fromEntries([...this.#rounds].map(([name, rounds]) => [name, rounded(figure(rounds))]));
  }
}

/** No figure here means anything beyond its third decimal. */
const rounded = (figure: number): number => Math.round(figure * 1_000) / 1_000;
