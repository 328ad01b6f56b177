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

  // R29 is shown by a whole file.
  it.each(rows.filter(({ shownBy }) => shownBy !== 'not yet'))(
    '$id names tests that exist',
    ({ shownBy }) => {
      const proofs = [...shownBy.matchAll(/\]\(([^)]*\.test\.ts)\)(?:: "([^"]*)")?/g)];
      expect(proofs).not.toEqual([]);
      for (const [, file = '', title = ''] of proofs)
        expect(readFileSync(join(__dirname, file), 'utf8')).toContain(title);
    },
  );
});
