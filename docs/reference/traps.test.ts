import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const page = readFileSync(join(__dirname, 'traps.md'), 'utf8');
const rows = [...page.matchAll(/^\| (T\d+) +\| .* \| (.*?) +\|$/gm)].map(([, id = '', shownBy = '']) => ({
  id,
  shownBy,
}));

/** `[package](file): "title", "title"`, as often as it stands there. */
const shown = rows.flatMap(({ id, shownBy }) =>
  [...shownBy.matchAll(/\]\(([^)]+)\)((?:(?:: |, )"[^"]+")+)/g)].flatMap(([, file = '', titles = '']) =>
    [...titles.matchAll(/"([^"]+)"/g)].map(([, title = '']) => ({ id, file, title })),
  ),
);

describe('the page of traps', () => {
  it('has all forty-eight', () => {
    expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 48 }, (_, at) => `T${at + 1}`));
  });

  it.each(rows)('$id names a test, or says that there is none', ({ id, shownBy }) => {
    expect(shownBy === 'not yet' || shown.some((one) => one.id === id)).toBe(true);
    // Every link on the page is one that the next test follows.
    expect(shown.filter((one) => one.id === id).length).toBe([...shownBy.matchAll(/(?<=[:,] )"/g)].length);
  });

  it.each(shown)('$id names a test that exists: $title', ({ file, title }) => {
    expect(readFileSync(join(__dirname, file), 'utf8').includes(title)).toBe(true);
  });

  it('leads to files that exist', () => {
    const links = [...page.matchAll(/\]\(([^)]+)\)/g)].map(([, file = '']) => join(__dirname, file));
    for (const link of links) expect(() => readFileSync(link)).not.toThrow();
  });
});
