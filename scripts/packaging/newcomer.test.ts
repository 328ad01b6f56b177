import { startManagedIdentityEndpoint } from '@holdfast/testing';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { manifestIn, packed, root } from './packed-packages.js';

const page = readFileSync(join(root, 'docs/how-to/first-call.md'), 'utf8');
const pieceIn = (language: string) =>
  new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(page)?.[1]?.split('\n').filter(Boolean) ?? [];
const commands = pieceIn('sh');
const lines = pieceIn('ts');

/** An empty folder, and then what a package manager puts into it for these names: the tarballs, and what they ask for. */
function installed(names: readonly string[]): string {
  const folder = join(packed, 'newcomer');
  const link = (name: string, target: string) => {
    const path = join(folder, 'node_modules', name);
    if (existsSync(path)) return;
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(realpathSync(target), path, 'junction');
  };
  const ours = new Set<string>();
  const install = (name: string, from: string): void => {
    const own = /^@holdfast\/(.*)$/.exec(name)?.[1];
    if (own === undefined) {
      // What is not ours is linked from the workspace: no network.
      link(name, join(from, 'node_modules', name));
      return;
    }
    if (ours.has(own)) return;
    ours.add(own);
    const unpacked = join(packed, 'packages', own);
    cpSync(unpacked, join(folder, 'node_modules', name), { recursive: true });
    for (const dependency of Object.keys(manifestIn(unpacked).dependencies ?? {}))
      install(dependency, join(root, 'packages', own));
  };
  for (const name of names) install(name, root);
  return folder;
}

it('a newcomer makes the first protected call with two commands and five lines', async () => {
  expect([commands.length, lines.length]).toEqual([2, 5]);
  expect(page).toContain('two commands and five lines');
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain('Two commands and five lines');

  await using endpoint = await startManagedIdentityEndpoint({ source: 'app-service' });
  const server = createServer((request, response) => {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    endpoint.verify(token, { audience: 'api://orders' }).then(
      () => response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":7}'),
      () => response.writeHead(401).end(),
    );
  }).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

    const [install = '', run = ''] = commands;
    const folder = installed(install.replace(/^npm install /, '').split(' '));
    const [program = '', file = ''] = run.split(' ');
    expect([program, lines.filter((line) => line.includes('https://orders.example'))]).toEqual([
      'node',
      [lines[2]],
    ]);
    // The text of the page, with the newcomer's own address in its place.
    writeFileSync(join(folder, file), lines.join('\n').replace('https://orders.example', url));
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], {
      cwd: folder,
      env: { ...endpoint.env, NO_COLOR: '1' },
    });
    expect({ stdout, stderr }).toEqual({ stdout: '{ id: 7 }\n', stderr: '' });
    expect(endpoint.requests).toHaveLength(1);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}, 30_000);
