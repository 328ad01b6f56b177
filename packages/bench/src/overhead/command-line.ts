import { stackNames, type StackName } from './stack-names.js';

/** What a program of this folder was started with: `time quick bare standard`. */
export interface CommandLine {
  readonly mode: string | undefined;
  /** A few rounds, to see that it works. */
  readonly quick: boolean;
  /** The stacks to measure. The others are held against the first. */
  readonly names: readonly StackName[];
}

export function commandLine(): CommandLine {
  const [mode, ...rest] = process.argv.slice(2);
  const names = stackNames(rest.filter((name) => name !== 'quick'));
  return { mode, quick: rest.includes('quick'), names };
}
