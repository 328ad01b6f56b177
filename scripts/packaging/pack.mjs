// Before the tests of this folder: packs every published package, as a release would, and unpacks it again.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export default function pack() {
  // Where the links of the system's temporary folder lead: the compilers' messages have these paths.
  const folder = realpathSync(mkdtempSync(`${tmpdir()}/holdfast-packed-`));
  const tarballs = `${folder}/tarballs`;
  const filters = readdirSync(`${root}/packages`)
    .map((name) => JSON.parse(readFileSync(`${root}/packages/${name}/package.json`, 'utf8')))
    .filter((manifest) => !manifest.private)
    .map((manifest) => `--filter=${manifest.name}`);
  execFileSync(
    process.execPath,
    [`${root}/scripts/pnpm.mjs`, ...filters, 'pack', '--pack-destination', tarballs],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  for (const tarball of readdirSync(tarballs)) {
    const unpacked = `${folder}/packages/${tarball.replace(/^holdfast-(.*)-\d.*$/, '$1')}`;
    mkdirSync(unpacked, { recursive: true });
    execFileSync('tar', ['-xzf', `${tarballs}/${tarball}`, '-C', unpacked, '--strip-components=1']);
  }
  // Workers are started later, and inherit it.
  process.env['HOLDFAST_PACKED'] = folder;
}
