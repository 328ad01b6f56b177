import Table from 'cli-table3';
import { styleText } from 'node:util';
import type { Result } from './stage.js';

/** One scenario's outcome, as `npm start -- --json` prints it. */
export interface ScenarioReport {
  readonly name: string;
  readonly naive: Result;
  readonly holdfast: Result;
  readonly promised: readonly { readonly what: string; readonly kept: boolean }[];
}

/** Whether Holdfast kept everything it promised. */
export function allKept(reports: readonly ScenarioReport[]): boolean {
  return reports.every(({ promised }) => promised.every(({ kept }) => kept));
}

/** The table a person reads. */
export function tableOf(reports: readonly ScenarioReport[], coloured: boolean): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    coloured ? styleText(style, text) : text;
  const table = new Table({
    head: [
      'scenario',
      '',
      'calls',
      'succeeded',
      'API\nrequests',
      'token\nrequests',
      'before Retry-\nAfter was over',
      'seconds',
    ],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right'],
    colWidths: [28],
    wordWrap: true,
    style: { head: coloured ? ['bold'] : [], border: coloured ? ['grey'] : [] },
  });
  for (const { name, naive, holdfast, promised } of reports) {
    const row = ({ calls, succeeded, apiRequests, tokenRequests, earlyRequests, seconds }: Result) => [
      calls,
      succeeded === calls ? succeeded : paint('yellow', String(succeeded)),
      apiRequests,
      tokenRequests,
      earlyRequests,
      seconds.toFixed(1),
    ];
    const kept = promised.every((promise) => promise.kept);
    table.push(
      [{ rowSpan: 2, content: name }, 'naive', ...row(naive)],
      [paint(kept ? 'green' : 'red', 'Holdfast'), ...row(holdfast)],
    );
  }
  const lines = reports.flatMap(({ name, promised }) =>
    promised.map(
      ({ what, kept }) => `  ${kept ? paint('green', 'kept  ') : paint('red', 'BROKEN')}  ${name}: ${what}`,
    ),
  );
  return [table.toString(), '', 'What Holdfast promises:', ...lines, ''].join('\n');
}
