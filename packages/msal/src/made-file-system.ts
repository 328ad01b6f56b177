import { nodeFileSystem, type FileSystem, type OpenFile } from './store-file-system.js';

/** What a disk is about to do: `open tokens.json.lock`, `sync tokens.json.….tmp`. */
export type DiskStep = string;

/** The machine's own disks, with something to be done before each of their steps. */
export function hookedFileSystem(before: (step: DiskStep) => void): FileSystem {
  const at = async <T>(name: string, path: string, step: () => Promise<T>): Promise<T> => {
    before(`${name} ${nameOf(path)}`);
    return step();
  };
  const hooked = (file: OpenFile, path: string): OpenFile => ({
    stat: () => at('stat', path, () => file.stat()),
    chmod: (mode) => at('chmod', path, () => file.chmod(mode)),
    readFile: (encoding) => at('read', path, () => file.readFile(encoding)),
    writeFile: (text) => at('write', path, () => file.writeFile(text)),
    sync: () => at('sync', path, () => file.sync()),
    close: async () => {
      // Whatever it fails with, the descriptor is gone.
      await file.close();
      before(`close ${nameOf(path)}`);
    },
  });
  const disk = nodeFileSystem;
  return {
    open: (path, flags, mode) =>
      at('open', path, async () => hooked(await disk.open(path, flags, mode), path)),
    lstat: (path) => at('lstat', path, () => disk.lstat(path)),
    mkdir: (path, options) => at('mkdir', path, () => disk.mkdir(path, options)),
    chmod: (path, mode) => at('chmod', path, () => disk.chmod(path, mode)),
    readdir: (path) => at('readdir', path, () => disk.readdir(path)),
    rename: (from, to) => at('rename', from, () => disk.rename(from, to)),
    unlink: (path) => at('unlink', path, () => disk.unlink(path)),
  };
}

function nameOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/, '…');
}
