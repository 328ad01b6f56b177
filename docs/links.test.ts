import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { documents } from './examples.js';

const root = join(__dirname, '..');

it.each(documents())('%s leads to files, headings and tests that exist', (document) => {
  const text = readFileSync(join(root, document), 'utf8').replace(/^```.*?^```$/gms, '');
  const missing = [...text.matchAll(/\]\((?!\w+:)([^)#]*)(?:#([^)]*))?\)((?:(?:: |, )"[^"]+")*)/g)].flatMap(
    ([link, path = '', heading, titles = '']) => {
      const file = path === '' ? join(root, document) : join(root, dirname(document), path);
      if (!existsSync(file)) return [link];
      const isFound = heading === undefined || headingsOf(readFileSync(file, 'utf8')).includes(heading);
      const strange = [...titles.matchAll(/"([^"]+)"/g)].filter(
        ([, title = '']) => file.endsWith('.test.ts') && !readFileSync(file, 'utf8').includes(title),
      );
      return [...(isFound ? [] : [link]), ...strange.map(([, title]) => title)];
    },
  );
  expect(missing).toEqual([]);
});

function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
}
