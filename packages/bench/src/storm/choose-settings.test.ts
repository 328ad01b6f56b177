import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { playedAnew, type StormPage } from './choose-settings-page.js';

const root = join(__dirname, '../../../..');
const shown = (name: string) => readFile(join(root, 'docs/how-to', name), 'utf8');

let played: StormPage;
beforeAll(async () => {
  played = await playedAnew(await shown('choose-settings.md'), root);
}, 120_000);

it('a reader who runs the commands of the page on its files sees what stands below them', async () => {
  expect(played.text).toBe(await shown('choose-settings.md'));
  expect(played.text.match(/^npm run --silent storm -- --config/gm)).toHaveLength(3);
});

it('and gets the picture that it shows, byte for byte', async () => {
  expect([...played.pictures.keys()]).toEqual(['slow-at-90.svg']);
  expect(played.pictures.get('slow-at-90.svg')).toBe(await shown('slow-at-90.svg'));
});
