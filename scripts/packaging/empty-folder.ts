import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { manifestIn, packed, root, type Manifest } from './packed-packages.js';

type Kind = 'dependencies' | 'devDependencies';
type ReaderManifest = Manifest & { readonly [Of in Kind]?: Manifest['dependencies'] };

/** A folder in which a reader of the documentation works: `npm install` has the tarballs, and no network. */
export class EmptyFolder {
  #here: string;

  constructor(name: string) {
    this.#here = join(packed, name);
    rmSync(this.#here, { recursive: true, force: true });
    mkdirSync(this.#here);
  }

  /** Puts a file there. */
  write(path: string, text: string): void {
    const target = this.#in(path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }

  /** Runs a line as a shell does; what it prints, without what it tells on the side. Throws where it fails. */
  run(command: string): string {
    const [program, first = '', ...more] = command.split(' ');
    if (program === 'cd') {
      this.#here = join(this.#here, first);
      return '';
    }
    if (program === 'npm' && first === 'install') {
      const kind: Kind = more.includes('--save-dev') ? 'devDependencies' : 'dependencies';
      for (const name of more) if (!name.startsWith('--')) this.#ask(name, kind);
      return '';
    }
    const env: NodeJS.ProcessEnv = { ...process.env, ...OFFLINE, NODE_OPTIONS: '', NO_COLOR: '1' };
    delete env['FORCE_COLOR'];
    const { status, stdout, stderr } = spawnSync(command, {
      cwd: this.#here,
      env,
      shell: true,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${command}: ${status ?? 'ended by a signal'}\n${stdout}${stderr}`);
    return stdout;
  }

  /** What a command names, a package or a tarball, is also written down, as npm does. */
  #ask(asked: string, kind: Kind): void {
    const name = asked.endsWith('.tgz') ? this.#unpack(asked) : asked;
    this.#install(name, root);
    const { bin, version } = manifestIn(this.#in('node_modules', name));
    for (const [program, file] of Object.entries(typeof bin === 'object' ? bin : {})) {
      mkdirSync(this.#in('node_modules', '.bin'), { recursive: true });
      symlinkSync(join('..', name, file), this.#in('node_modules', '.bin', program));
    }
    const manifest: ReaderManifest = manifestIn(this.#here);
    this.write(
      'package.json',
      JSON.stringify({ ...manifest, [kind]: { ...manifest[kind], [name]: `^${version}` } }),
    );
  }

  /** A package, and those that it asks for. What is not ours is linked from the workspace. */
  #install(name: string, from: string): void {
    const path = this.#in('node_modules', name);
    if (existsSync(path)) return;
    mkdirSync(dirname(path), { recursive: true });
    const own = /^@holdfast\/(.*)$/.exec(name)?.[1];
    if (own === undefined) {
      const target = join(from, 'node_modules', NEWEST[name] ?? name);
      symlinkSync(realpathSync(target), path, 'junction');
      return;
    }
    cpSync(join(packed, 'packages', own), path, { recursive: true });
    this.#installFor(path, join(root, 'packages', own));
  }

  #unpack(tarball: string): string {
    const unpacked = this.#in('node_modules', '.unpacked');
    mkdirSync(unpacked, { recursive: true });
    execFileSync('tar', ['-xzf', this.#in(tarball), '-C', unpacked, '--strip-components=1']);
    const { name } = manifestIn(unpacked);
    const path = this.#in('node_modules', name);
    renameSync(unpacked, path);
    this.#installFor(path, root);
    return name;
  }

  #installFor(path: string, from: string): void {
    for (const dependency of Object.keys(manifestIn(path).dependencies ?? {}))
      this.#install(dependency, from);
  }

  #in(...path: readonly string[]): string {
    return join(this.#here, ...path);
  }
}

/** By which name the workspace has what npm installs under another: the catalog's `typescript` is the one before. */
const NEWEST: Readonly<Record<string, string>> = { typescript: 'typescript-7' };

const OFFLINE = { npm_config_offline: 'true', npm_config_update_notifier: 'false' };
