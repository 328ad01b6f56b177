import Table from 'cli-table3';
import type { SoakResult } from './soak-result.js';

/** A soak for a terminal. */
export function soakTables(result: SoakResult): string {
  const { calls, requests, seconds, seed, heapBytesPerCall, mostSends } = result;
  const said =
    `${calls} calls and ${requests} requests in ${seconds} s, seed ${seed}; at most ${mostSends} sends of one call; ` +
    `${Math.round(heapBytesPerCall)} bytes kept of each call`;
  return [
    said,
    table('what came of them', result.outcomes),
    table('faults that were met', result.faults),
    table('that must be none', figuresThatMustBeNone(result)),
    '',
  ].join('\n');
}

/** Each of which fails the soak. */
export function figuresThatMustBeNone(result: SoakResult): Readonly<Record<string, number>> {
  const { violations } = result;
  return {
    'calls that never settled': result.unsettled.length,
    'calls that settled too late': result.late,
    "answers with another call's id, identity or content": result.foreignCount,
    'tokens or secret headers at an origin that is not theirs':
      violations.secretsElsewhere + violations.misplacedTokens,
    'requests without a token': violations.tokenless,
    "bodies that were another call's": violations.foreignBodies,
    'POSTs without a key that were acted on twice': violations.actedTwice,
    'idempotency keys of two calls, or two of one': violations.confusedKeys,
    'calls that were sent more than nine times': violations.sentTooOften,
    'unhandled rejections and warnings': result.complaints.length,
    'calls that failed once all faults were over': result.failedInQuiet.length,
    'sockets, timers, listeners and open files left over': Object.values(result.leftOver).reduce(
      (sum, count) => sum + count,
      0,
    ),
  };
}

function table(title: string, figures: Readonly<Record<string, number>>): string {
  const made = new Table({
    head: [title, ''],
    colAligns: ['left', 'right'],
    style: { head: [], border: [] },
  });
  made.push(...Object.entries(figures).map(([name, figure]) => [name, figure]));
  return made.toString();
}
