/** One thing that is wrong with a configuration. */
export interface ServicesProblem {
  /** Where: `services.orders.deadlineMs`, or the name of a variable. */
  readonly place: string;
  /** What: `must be a number of milliseconds above 0, and is "soon"`. No value of a variable or a header is in it. */
  readonly problem: string;
}

const MOST_LINES = 50;

/** A configuration that cannot be taken, with everything that is wrong with it. */
export class ServicesError extends TypeError {
  /** All of them; the message has the first fifty. */
  readonly problems: readonly ServicesProblem[];

  constructor(problems: readonly ServicesProblem[]) {
    const lines = problems.slice(0, MOST_LINES).map(({ place, problem }) => `  ${place} ${problem}`);
    const left = problems.length - lines.length;
    const title = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super([`servicesFrom(): ${title}`, ...lines, ...(left > 0 ? [`  and ${left} more`] : [])].join('\n'));
    this.name = 'ServicesError';
    this.problems = Object.freeze(problems.map((problem) => Object.freeze({ ...problem })));
  }
}

const LONGEST_KEY = 100;

/** The place of what is found there under this key. */
export function placeIn(place: string, key: string | number): string {
  if (typeof key === 'number') return `${place}[${key}]`;
  return /^[a-z_$][\w$-]{0,99}$/i.test(key)
    ? `${place}.${key}`
    : `${place}[${JSON.stringify(key.slice(0, LONGEST_KEY))}]`;
}
