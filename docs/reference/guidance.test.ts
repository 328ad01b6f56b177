import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const page = readFileSync(join(__dirname, 'guidance.md'), 'utf8');
const rows = [...page.matchAll(/^\| (R\d+) +\| .*\| (.*?) +\|$/gm)].map(([, id = '', shownBy = '']) => ({
  id,
  shownBy,
}));

describe('the guidance page', () => {
  it('has all thirty rows', () => {
    expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 30 }, (_, at) => `R${at + 1}`));
  });

  it.each(rows.filter(({ shownBy }) => shownBy !== 'not yet'))(
    '$id names a test that exists',
    ({ shownBy }) => {
      const [, file = ''] = /\]\((.*?)\)/.exec(shownBy) ?? [];
      const [, title = ''] = /: "(.*)"/.exec(shownBy) ?? [];
      expect(readFileSync(join(__dirname, file), 'utf8')).toContain(title);
    },
  );
});
