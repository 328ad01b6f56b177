import { readFileSync, readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { instantsOf } from '../../packages/token/src/token-instants.js';

// The pages of the reference that are about packages: one each, or several that share its sources among them.
const root = join(__dirname, '../..');
const ABOUT_STORES = /^(?:encrypted-|file-|token-)?store/;
const ABOUT_USERS =
  /^(?:users?\b|on-behalf-of|assertion-|sign(?:ed)?-in|device-|loopback-browser|partition-|account|audience)/;
const pages = [
  { name: 'token', source: 'token', isAbout: () => true },
  {
    name: 'msal',
    source: 'msal',
    isAbout: (file: string) => !ABOUT_STORES.test(file) && !ABOUT_USERS.test(file),
  },
  { name: 'users', source: 'msal', isAbout: (file: string) => ABOUT_USERS.test(file) },
  { name: 'stores', source: 'msal', isAbout: (file: string) => ABOUT_STORES.test(file) },
].map((page) => ({ ...page, text: readFileSync(join(__dirname, `${page.name}.md`), 'utf8') }));

const rowsOf = (text: string) =>
  [...text.matchAll(/^\|(.*)\|$/gm)].map(([, row = '']) => row.split('|').map((cell) => cell.trim()));

/** The part of a page below one of its headings, up to the next one of the same rank. */
function below(text: string, heading: string): string {
  const rank = heading.indexOf(' ') + 1;
  const [, rest = ''] = text.split(`\n${heading}\n`);
  return rest.split(new RegExp(`\\n#{2,${rank - 1}} `))[0] ?? '';
}

describe.each(pages)('the page of $name', ({ source: from, isAbout, text }) => {
  it('has the sections of every such page, in their order', () => {
    const sections = [...text.matchAll(/^## (.*)$/gm)].map(([, section]) => section);
    expect(sections).toEqual(['About', 'Usage', 'Defaults', 'Errors', 'Anti-patterns']);
  });

  it('names tests that exist', () => {
    const shown = [...text.matchAll(/\]\(([^)]+\.test\.ts)\)((?:(?:: |, )"[^"]+")+)/g)];
    expect(shown).not.toEqual([]);
    for (const [, file = '', titles = ''] of shown)
      for (const [, title = ''] of titles.matchAll(/"([^"]+)"/g))
        expect(readFileSync(join(__dirname, file), 'utf8')).toContain(title);
    expect(shown).toHaveLength([...text.matchAll(/\.test\.ts\)/g)].length);
  });

  it('tells of every error that what it is about throws', () => {
    const sources = [...sourcesOf(from)].filter(([path]) => isAbout(basename(path)));
    const thrown = sources.flatMap(([, source]) => [...source.matchAll(/\bnew (\w+Error)\(/g)]);
    const names = new Set(thrown.map(([, error = '']) => error));
    expect(names).not.toEqual(new Set());
    names.delete('AggregateError');
    for (const error of names) expect(below(text, '## Errors')).toContain(`\`${error}\``);
  });

  it('says of each anti-pattern what it costs, and what to write instead', () => {
    const [, ...patterns] = below(text, '## Anti-patterns').split(/^### /m);
    expect(patterns.length).toBeGreaterThanOrEqual(4);
    for (const pattern of patterns)
      expect(pattern).toMatch(/^.+: .+\n\n```ts\n.*\n```text\n.*\n\*\*Cost\*\*: .*\n\*\*Instead\*\*: /s);
  });
});

/** The sources of a package, by path from the root. */
function sourcesOf(name: string): ReadonlyMap<string, string> {
  const folder = join(root, 'packages', name, 'src');
  const files = readdirSync(folder).filter((file) => /^(?!made-).*(?<!\.test)\.ts$/.test(file));
  return new Map(
    files.map((file) => [`packages/${name}/src/${file}`, readFileSync(join(folder, file), 'utf8')]),
  );
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  days: 86_400_000,
  MB: 1_000_000,
  '%': 0.01,
};

describe('the fixed figures', () => {
  const rows = pages.flatMap(({ name, text }) =>
    rowsOf(below(text, '### Fixed figures')).flatMap(([figure = '', place = '']) => {
      const [, code, path] = /^\[`(.*)`\]\((.*)\)$/.exec(place) ?? [];
      if (code === undefined || path === undefined) return [];
      return [{ name, figure, code, file: relative(root, join(__dirname, path)) }];
    }),
  );
  const named = rows.filter(({ code }) => /^[A-Z_]+$/.test(code));

  it.each(named)('$name: $code is $figure', ({ figure, code, file }) => {
    const [number = '', unit] = figure.split(' ');
    const value = Number(number.replaceAll(',', '')) * (unit === undefined ? 1 : (UNITS[unit] ?? NaN));
    expect(constantsIn(readFileSync(join(root, file), 'utf8')).get(code)).toBeCloseTo(value, 9);
  });

  it.each(rows.filter((row) => !named.includes(row)))('$name: $code is in the code', ({ code, file }) => {
    expect(readFileSync(join(root, file), 'utf8')).toContain(code);
  });

  it('are all there: every figure that has a name in the code', () => {
    const backoff = 'packages/core/src/acquisition-backoff.ts';
    const sources = new Map([
      ...sourcesOf('token'),
      ...sourcesOf('msal'),
      [backoff, readFileSync(join(root, backoff), 'utf8')],
    ]);
    const all = [...sources].flatMap(([file, source]) =>
      [...constantsIn(source).keys()].filter((one) => one !== 'DAY_MS').map((one) => `${one} in ${file}`),
    );
    expect(named.map(({ code, file }) => `${code} in ${file}`).sort()).toEqual(all.sort());
  });
});

/** The numbers that have a name in a source, products of others included. */
function constantsIn(source: string): ReadonlyMap<string, number> {
  const constants = new Map<string, number>();
  for (const [, name = '', expression = ''] of source.matchAll(/^const ([A-Z_]+) = ([\w.* ]+);$/gm)) {
    const factors = expression
      .split(' * ')
      .map((one) => constants.get(one) ?? Number(one.replaceAll('_', '')));
    const value = factors.reduce((product, factor) => product * factor, 1);
    if (Number.isFinite(value)) constants.set(name, value);
  }
  return constants;
}

describe('what the page of token says in figures', () => {
  const [{ text } = { text: '' }] = pages;

  it.each([
    [1, '55 min ± 27 s', '59 min 30 s'],
    [28, '14 h ± 1 h 24 min', '27 h 59.5 min'],
  ])('is when a token of %d hours is refreshed, and how long it is used', (hours, opens, lasts) => {
    const at = (random: number) =>
      instantsOf({ token: 't', expiresOnTimestamp: hours * 3_600_000 }, 0, undefined, {
        clockSkewMs: 30_000,
        random: () => random,
      });
    const [middle = 0, around = 0] = opens.split(' ± ').map(durationOf);
    expect(at(0.5).refreshAt).toBeCloseTo(middle, -1);
    // To the minute where it says minutes.
    expect(Math.abs(middle - at(0).refreshAt - around)).toBeLessThan(hours === 1 ? 1 : 30_000);
    expect(at(0.5).usableUntil).toBe(durationOf(lasts));
    expect(text).toContain(opens);
    expect(text).toContain(lasts);
  });

  it('of a storm is what its tests assert', () => {
    const section = below(text, '### What an outage costs');
    const files = [...section.matchAll(/\]\(([^)]+\.test\.ts)\)/g)].map(([, file = '']) => file);
    const storm = files
      .map((file) => readFileSync(join(__dirname, file), 'utf8'))
      .join('\n')
      .replace(/(?<=\d)[_,](?=\d{3})/g, '');
    const figures = [...section.matchAll(/\d[\d,]*\d\d\b|\d+\.\d+/g)];
    expect(figures.length).toBeGreaterThan(5);
    for (const [figure] of figures) expect(storm).toMatch(new RegExp(`\\b${figure.replaceAll(',', '')}\\b`));
  });
});

function durationOf(text: string): number {
  return [...text.matchAll(/([\d.]+) (h|min|s)\b/g)].reduce(
    (sum, [, number = '', unit = '']) => sum + Number(number) * (UNITS[unit] ?? NaN),
    0,
  );
}
