import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { outcomeOfResponse } from '../../packages/core/src/outcome.js';
import { POLICY, type Policy } from '../../packages/core/src/policy.js';
import { tablesOf } from '../documented-options.js';

const page = readFileSync(join(__dirname, 'retry.md'), 'utf8');
const packages = join(__dirname, '../../packages');

/** The rows of the first table below a heading, without its head. */
function rowsBelow(heading: string): readonly (readonly string[])[] {
  const [, rest = ''] = page.split(`\n${heading}\n`);
  const [, table = ''] = /^(\|.*?\n)(?!\|)/ms.exec(rest) ?? [];
  const rows = table.trim().split('\n').slice(2);
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

const quotedIn = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, quoted = '']) => quoted);

describe('the page of retry', () => {
  const outcomes = rowsBelow('### What');

  it('says of every outcome whether it is sent again as the code decides it', () => {
    const words: readonly (readonly [start: string, policy: Policy['retry']])[] = [
      ['every method', 'every-method'],
      ['what may be repeated, at once', 'at-once'],
      ['what may be repeated', 'idempotent'],
      ['never', 'never'],
    ];
    const said = outcomes.flatMap(([names = '', , again = '']) =>
      quotedIn(names).map((name) => [name, words.find(([start]) => again.startsWith(start))?.[1]]),
    );
    const decided = Object.entries(POLICY).map(([name, { retry }]) => [name, retry]);
    expect(said.sort()).toEqual(decided.sort());
  });

  it('names the statuses of a service that fails', () => {
    const [, cameBack = ''] = outcomes.find(([name]) => name === '`unavailable`') ?? [];
    const [alone, ...alive] = [...cameBack.matchAll(/\d{3}/g)].map(([status]) => Number(status));
    expect(alive.length).toBeGreaterThan(3);
    for (let status = 400; status < 600; status += 1) {
      const isDown = status === alone || (status >= 500 && !alive.includes(status));
      const outcome = outcomeOfResponse(
        { status, headers: {}, data: '', statusText: '', config: {} as never },
        0,
      );
      expect(`${status}: ${outcome === 'unavailable'}`).toBe(`${status}: ${isDown}`);
    }
  });

  it('names the prices that a budget is asked for', () => {
    const source = readFileSync(join(packages, 'retry/src/verdict.ts'), 'utf8');
    const [, failed, throttled] = /PRICE = \{ failed: ([\d.]+), throttled: ([\d.]+) \}/.exec(source) ?? [];
    expect(failed).toBeDefined();
    for (const [name = '', , again, price] of outcomes) {
      if (again?.startsWith('never') === true) continue;
      const isThrottled = name === '`throttled`' || name === '`busy`';
      expect([name, price]).toEqual([
        name,
        name === '`stale-socket`' ? 'nothing' : isThrottled ? throttled : failed,
      ]);
    }
  });

  it('tells the story in the words of the code', () => {
    const sources = ['retry', 'core'].flatMap((name) =>
      readdirSync(join(packages, name, 'src'))
        .filter((file) => /(?<!\.test)\.ts$/.test(file))
        .map((file) => readFileSync(join(packages, name, 'src', file), 'utf8')),
    );
    const words = rowsBelow('### The story').flatMap(([line = '']) => quotedIn(line));
    expect(words.length).toBeGreaterThan(10);
    for (const word of words)
      expect([word, sources.some((source) => source.includes(word))]).toEqual([word, true]);
  });

  it('tells of a hostile server what its tests assert', () => {
    const test = readFileSync(join(packages, 'client/src/hostile-connections.test.ts'), 'utf8');
    const words = rowsBelow('### What the caller gets').flatMap((row) => row.flatMap(quotedIn));
    expect(words.length).toBeGreaterThan(5);
    for (const word of words) expect(test).toContain(word);
  });

  it('has the defaults that stand where the options do', () => {
    const tables = tablesOf(readFileSync(join(packages, 'retry/README.md'), 'utf8'));
    const settings = rowsBelow('## Defaults');
    expect(settings.length).toBeGreaterThan(5);
    for (const [setting = '', of = '', shown = ''] of settings) {
      const options = tables.find(({ factory }) => of === `\`${factory}()\``)?.options ?? [];
      const known = options.find(({ name }) => setting === `\`${name}\``)?.default;
      expect([setting, shown.replaceAll('`', '')]).toEqual([setting, known]);
    }
  });
});
