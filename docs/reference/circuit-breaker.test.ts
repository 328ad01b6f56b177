import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { POLICY, type Policy } from '../../packages/core/src/policy.js';
import { tablesOf } from '../documented-options.js';

const page = readFileSync(join(__dirname, 'circuit-breaker.md'), 'utf8');
const packages = join(__dirname, '../../packages');
const folder = join(packages, 'circuit-breaker/src');
const sources = readdirSync(folder)
  .filter((file) => /^(?!made-).*(?<!\.test)\.ts$/.test(file))
  .map((file) => readFileSync(join(folder, file), 'utf8'));

/** What stands below a heading, up to the next one. */
function below(heading: string): string {
  const [, rest = ''] = page.split(`\n${heading}\n`);
  return rest.split(/\n#{2,3} /)[0] ?? '';
}

/** The rows of the first table below a heading, without its head. */
function rowsBelow(heading: string): readonly (readonly string[])[] {
  const [, table = ''] = /^(\|.*?\n)(?!\|)/ms.exec(below(heading)) ?? [];
  const rows = table.trim().split('\n').slice(2);
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

const quotedIn = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, quoted = '']) => quoted);

/** Whether a text with figures in it is one that the code words: `10 of 20 attempts failed`. */
function isWorded(text: string): boolean {
  const pattern = text
    .replace(/…$/, '')
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\d+/g, '(?:\\d+|\\$\\{[^}]+\\})');
  return sources.some((source) => new RegExp(pattern).test(source));
}

describe('the page of circuit-breaker', () => {
  it('says of every outcome how it counts as the code decides it', () => {
    const words: Readonly<Record<string, Policy['health']>> = {
      'a success': 'success',
      'a failure': 'failure',
      nothing: 'ignored',
    };
    const said = rowsBelow('### What counts').flatMap(([names = '', , counts = '']) => {
      const word = Object.keys(words).find((start) => counts.startsWith(start)) ?? '';
      return quotedIn(names).map((name) => [name, words[word]]);
    });
    const decided = Object.entries(POLICY).map(([name, { health }]) => [name, health]);
    expect(said.sort()).toEqual(decided.sort());
  });

  it('has the defaults that stand where the options do', () => {
    const tables = tablesOf(readFileSync(join(packages, 'circuit-breaker/README.md'), 'utf8'));
    const options = tables.find(({ factory }) => factory === 'circuitBreaker')?.options ?? [];
    const settings = rowsBelow('## Defaults');
    expect(settings.length).toBeGreaterThan(10);
    for (const [setting = '', , shown = ''] of settings) {
      const known = options.find(({ name }) => setting === `\`${name}\``)?.default;
      expect([setting, shown.replaceAll('`', '')]).toEqual([setting, known]);
    }
  });

  it('tells why a circuit changes, and the story of a call, in the words of the code', () => {
    const reasons = rowsBelow('### When it opens').flatMap(([, , reason = '']) => quotedIn(reason));
    const [, told = ''] = below('### For those who operate it').split('**Every change is told**');
    const others = quotedIn(told.split('[test]')[0] ?? '').filter((quoted) => quoted.includes(' '));
    const story = rowsBelow('### The story').flatMap(([line = '']) => quotedIn(line));
    const words = [...reasons, ...others, ...story];
    expect(words.length).toBeGreaterThan(12);
    for (const word of words) expect([word, isWorded(word)]).toEqual([word, true]);
  });

  it.each(['What a wrong order costs', 'Beside opossum'])(
    'says under "%s" what its tests assert',
    (heading) => {
      const rows = rowsBelow(`### ${heading}`);
      let count = 0;
      for (const row of rows) {
        const [, path = ''] = /\]\(([^)]+\.test\.ts)\)/.exec(row.at(-1) ?? '') ?? [];
        const test = readFileSync(join(__dirname, path), 'utf8');
        for (const [figure] of row.slice(1, -1).join(' ').matchAll(/\d+/g)) {
          count += 1;
          expect([figure, new RegExp(`\\b${figure}\\b`).test(test)]).toEqual([figure, true]);
        }
      }
      expect(count).toBeGreaterThan(6);
    },
  );
});
