import { stripVTControlCharacters } from 'node:util';
import { madeStormResult } from './made-storm-result.js';
import { terminalCharts } from './storm-chart-terminal.js';

const FILE = { columns: 110, coloured: false };

describe('the curves in the terminal', () => {
  it('show load and success side by side, the outage between two dotted lines', () => {
    const result = madeStormResult({ load: 3, recoveryS: 5, setting: { afterS: 20 } });
    expect(terminalCharts([result], FILE)).toBe(`unavailable: a strategy

load (1: as much as the service can do)    calls that succeeded, in %
 │     ┊         ┊                            │     ┊         ┊
3┤    ┏┊━━━━━━━━┓┊                         100┤━━━━┓┊         ┊   ┏━━━━━━━━━━━━━━━
 │    ┃┊        ┃┊                            │    ┃┊         ┊   ┃
 │    ┃┊        ┃┊                            │    ┃┊         ┊   ┃
 │    ┃┊        ┃┊                            │    ┃┊         ┊   ┃
 │    ┃┊        ┃┊                          50┤    ┃┊         ┊   ┃
1┤    ┃┊        ┃┊                            │    ┃┊         ┊   ┃
 │━━━━┛┊        ┗┊━━━━━━━━━━━━━━━━━━━         │    ┃┊         ┊   ┃
 │     ┊         ┊                            │    ┃┊         ┊   ┃
0┤     ┊         ┊                           0┤    ┗┊━━━━━━━━━┊━━━┛
 └─────┬─────────┬─────────┬──────────        └─────┬─────────┬─────────┬──────────
       0        10        20                        0        10        20
`);
  });

  it('have the same axis for all strategies, so that one can look from one to the next', () => {
    const results = [madeStormResult({ load: 0.2 }), madeStormResult({ strategy: 'wild', load: 4.2 })];
    expect(terminalCharts(results, FILE).match(/^5┤/gm)).toHaveLength(2);
  });

  it('are drawn for each fault', () => {
    const results = [madeStormResult({ fault: 'hang' }), madeStormResult({ fault: 'slow' })];
    expect(terminalCharts(results, FILE).match(/^\S+: .*$/gm)).toEqual([
      'hang: a strategy',
      'slow: a strategy',
    ]);
  });

  it('show the mean of several seeds', () => {
    const both = [madeStormResult({ seed: 1, load: 1 }), madeStormResult({ seed: 2, load: 3 })];
    const mean = [madeStormResult({ load: 2 })];
    expect(terminalCharts(both, FILE)).toBe(terminalCharts(mean, FILE));
  });

  it('keep within the terminal, also when the outage is long', () => {
    const result = madeStormResult({ setting: { beforeS: 60, outageS: 600, afterS: 600 } });
    const widths = terminalCharts([result], { columns: 90, coloured: false })
      .split('\n')
      .map((line) => line.length);
    expect(Math.max(...widths)).toBeLessThanOrEqual(90);
  });

  it('are coloured where that is asked for, and stand where they stood', () => {
    const coloured = terminalCharts([madeStormResult()], { columns: 110, coloured: true });
    expect(coloured).toContain('\u001b[');
    expect(stripVTControlCharacters(coloured)).toBe(terminalCharts([madeStormResult()], FILE));
  });
});
