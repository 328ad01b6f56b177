import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { instantsOf } from '../../packages/token/src/token-instants.js';
import { tablesOf } from '../documented-options.js';
import { isFigured, pages } from './package-pages.js';

const root = join(__dirname, '../..');
const textOf = (page: string) => pages.find(({ name }) => name === page)?.text ?? '';
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
    const shared = ['acquisition-backoff', 'retry-delay'].map((name) => `packages/core/src/${name}.ts`);
    const sources = new Map([
      ...sourcesOf('token'),
      ...sourcesOf('msal'),
      ...sourcesOf('claims-challenge'),
      ...sourcesOf('retry'),
      ...sourcesOf('throttle-gate'),
      ...sourcesOf('circuit-breaker'),
      ...sourcesOf('fallback'),
      ...sourcesOf('sdk-base'),
      ...[...sourcesOf('client')].filter(([path]) => isFigured(path)),
      ...shared.map((path) => [path, readFileSync(join(root, path), 'utf8')] as const),
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
  const text = textOf('token');

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
});

it.each([
  ['token', 'What an outage costs'],
  ['claims-challenges', 'What a storm costs'],
  ['retry', 'What an outage costs'],
])('the page of %s says under "%s" what its tests assert', (page, heading) => {
  const [, , ...rows] = rowsOf(below(textOf(page), `### ${heading}`));
  let tests = '';
  let count = 0;
  for (const row of rows) {
    const text = row.join(' ');
    const files = [...text.matchAll(/\]\(([^)]+\.test\.ts)\)/g)].map(([, file = '']) => file);
    // A row of "the same" is shown by what the one before it is.
    if (files.length > 0)
      tests = files
        .map((file) => readFileSync(join(__dirname, file), 'utf8'))
        .join('\n')
        .replace(/(?<=\d)[_,](?=\d{3})/g, '');
    for (const [figure] of text.matchAll(/\d[\d,]*\d\d\b|\d+\.\d+/g)) {
      count += 1;
      expect(tests).toMatch(new RegExp(`\\b${figure.replaceAll(',', '')}\\b`));
    }
  }
  expect(count).toBeGreaterThan(5);
});

function durationOf(text: string): number {
  return [...text.matchAll(/([\d.]+) (h|min|s)\b/g)].reduce(
    (sum, [, number = '', unit = '']) => sum + Number(number) * (UNITS[unit] ?? NaN),
    0,
  );
}

describe('the page of claims-challenges', () => {
  const text = textOf('claims-challenges');

  it('has the defaults that stand where the options do', () => {
    const documents = [
      ...['claims-challenge', 'core'].map((name) => join(root, 'packages', name, 'README.md')),
      ...['token', 'service-client'].map((page) => join(__dirname, `${page}.md`)),
    ];
    const tables = documents.flatMap((path) => tablesOf(readFileSync(path, 'utf8')));
    // Those of the cache are options of both.
    const isOf = (table: string, factory: string) =>
      table === factory || (factory === 'attachToken' && table === 'cachedCredential');
    const settings = rowsOf(below(text, '## Defaults')).filter(([, , , here]) => here !== undefined);
    const [, , ...rows] = settings.map(([name = '', factory = '', shown]) => ({
      name: name.replaceAll('`', ''),
      factory: factory.replace(/^`(\w+)\(\)`$/, '$1'),
      default: shown?.replaceAll('`', ''),
    }));
    expect(rows.length).toBeGreaterThan(3);
    for (const row of rows) {
      const { options = [] } =
        tables.find(
          (one) => isOf(one.factory, row.factory) && one.options.some((option) => option.name === row.name),
        ) ?? {};
      expect(row).toMatchObject({ default: options.find(({ name }) => name === row.name)?.default });
    }
  });

  it('tells the story in the words of the code', () => {
    const sources = [...sourcesOf('claims-challenge'), ...sourcesOf('token')].map(([, source]) => source);
    const cells = rowsOf(below(text, '### The story')).map(([line = '']) => line);
    const words = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, one = '']) => one));
    expect(words.length).toBeGreaterThan(10);
    for (const one of words) expect(sources.filter((source) => source.includes(one))).not.toEqual([]);
  });

  it('says of the peers what came of them, by their versions', () => {
    const folder = join(root, 'packages/claims-challenge');
    const script = ['--conditions=@holdfast/source', '--import=tsx', 'src/peer-table.mjs', '--json'];
    const output = execFileSync(process.execPath, script, {
      cwd: folder,
      encoding: 'utf8',
      timeout: 120_000,
    });
    const cases = JSON.parse(output) as PeerCase[];
    const [names = [], , ...rows] = rowsOf(below(text, '### Beside others'));
    const peers = Object.keys(cases[0]?.outcomes ?? {});
    const packages = [
      '@azure/core-rest-pipeline',
      '@microsoft/kiota-http-fetchlibrary',
      'axios-auth-refresh',
    ];
    for (const [at, name] of packages.entries()) {
      const { version } = JSON.parse(
        readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8'),
      ) as { readonly version: string };
      expect(names[at + 1]).toMatch(new RegExp(` ${version.replaceAll('.', '\\.')}$`));
    }

    const lastWay = cases.findIndex(({ name }) => name === 'claims beyond ASCII') + 1;
    const lastOther = cases.findIndex(({ name }) => name === 'a second 401');
    const rightOf = (peer: string, some: readonly PeerCase[]) =>
      some.filter(({ outcomes }) => outcomes[peer]?.right === true).length;
    const said = (row: number) => rows[row]?.slice(1).map((cell) => Number(/\d+/.exec(cell)?.[0] ?? 0));
    expect(below(text, '### Beside others')).toContain(`${cases.length} cases`);
    expect(rows[0]?.[0]).toContain(`in ${lastWay} legal ways`);
    expect(said(0)).toEqual(peers.map((peer) => rightOf(peer, cases.slice(0, lastWay))));
    expect(rows[1]?.[0]).toContain(`in ${lastOther - lastWay} ways`);
    expect(said(1)).toEqual(peers.map((peer) => rightOf(peer, cases.slice(lastWay, lastOther))));

    const told = rows.flatMap((row) =>
      row.flatMap((cell, at) => {
        const [, count] = /(\d+) token requests/.exec(cell) ?? [];
        return count === undefined ? [] : [{ at, row: row[0] ?? '', count: Number(count) }];
      }),
    );
    expect(told.length).toBeGreaterThan(5);
    const nameOf: Readonly<Record<string, string>> = {
      'a challenge to 100 calls at once': '100 calls that are challenged at once',
      'a challenge to 100 calls, one after the other': '100 calls that are challenged one after the other',
      '`invalid_token` to 100 calls at once': '100 calls with `invalid_token` at once',
    };
    for (const { at, row, count } of told) {
      const one = cases.find(({ name }) => name === nameOf[row]);
      expect(one?.outcomes[peers[at - 1] ?? '']).toMatchObject({ tokenRequests: count });
    }
  });
});

interface PeerCase {
  readonly name: string;
  /** By peer. */
  readonly outcomes: Readonly<
    Record<string, { readonly right: boolean; readonly tokenRequests: number } | undefined>
  >;
}
