// Writes docs/how-to/choose-settings.md anew, with what its commands print now:
//   node --conditions=@holdfast/source --import tsx packages/bench/src/storm/write-choose-settings.ts
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { playedAnew } from './choose-settings-page.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const folder = new URL('../../../../docs/how-to/', import.meta.url);
const page = new URL('choose-settings.md', folder);

const { text, pictures } = await playedAnew(await readFile(page, 'utf8'), root);
await writeFile(page, text);
for (const [name, picture] of pictures) await writeFile(new URL(name, folder), picture);
