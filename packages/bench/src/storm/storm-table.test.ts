import { madeStormResult } from './made-storm-result.js';
import { stormTable } from './storm-table.js';

/** The cells of each row, without the frame. */
function rowsOf(table: string): readonly (readonly string[])[] {
  return table
    .split('\n')
    .filter((line) => /^│/.test(line))
    .map((line) =>
      line
        .split('│')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter((cells) => cells.length === 6);
}

describe('the table', () => {
  it('has a row for each strategy below its fault', () => {
    const results = (['unavailable', 'hang'] as const).flatMap((fault) => [
      madeStormResult({ fault, strategy: 'calm', load: 0.7, recoveryS: 0 }),
      madeStormResult({ fault, strategy: 'wild', load: 2.1 }),
    ]);
    expect(rowsOf(stormTable(results, false)).slice(2)).toEqual([
      ['unavailable', 'calm', '1.00', '1.00', '0', '60.0 %'],
      ['', 'wild', '3.00', '3.00', '3', '48.0 %'],
      ['hang', 'calm', '1.00', '1.00', '0', '60.0 %'],
      ['', 'wild', '3.00', '3.00', '3', '48.0 %'],
    ]);
  });

  it('has the worst of several seeds, each figure for itself', () => {
    const results = [
      madeStormResult({ seed: 1, load: 2.1, recoveryS: 1 }),
      madeStormResult({ seed: 2, load: 0.7, recoveryS: 9 }),
    ];
    const table = stormTable(results, false);
    expect(rowsOf(table).at(-1)).toEqual(['unavailable', 'a strategy', '3.00', '3.00', '9', '24.0 %']);
    expect(table).toContain('The worst of 2 seeds.');
  });

  it('says never where one of the seeds did not recover', () => {
    const results = [madeStormResult({ seed: 1 }), madeStormResult({ seed: 2, recoveryS: null })];
    expect(rowsOf(stormTable(results, false)).at(-1)?.[4]).toBe('never');
  });

  it('says what was played', () => {
    expect(stormTable([madeStormResult()], false).split('\n').slice(0, 2)).toEqual([
      'A service of 100 requests/s (50 ms each, a queue of 2000) at 70 % load,',
      'from 100 clients that give up an attempt after 1000 ms. It is out for 10 s, and then watched for 15 s.',
    ]);
  });

  it('has no colour unless it is asked for', () => {
    expect(stormTable([madeStormResult({ recoveryS: null })], false)).not.toContain('\u001b');
  });
});
