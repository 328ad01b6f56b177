import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A page that shows the command: files, command lines, and below each what it prints. */
export interface StormPage {
  readonly text: string;
  /** The pictures that its commands write, by the names of their files. */
  readonly pictures: ReadonlyMap<string, string>;
}

const FILE = /^```json (\S+)\n(.*?)^```$/gms;
const COMMAND = /^(```sh\nnpm run --silent storm -- ([^\n]*)\n```\n\n```text\n)(.*?)(^```$)/gms;

/** The same page with what its commands print now. `root`: the repository. */
export async function playedAnew(text: string, root: string): Promise<StormPage> {
  const folder = await mkdtemp(join(tmpdir(), 'choose-settings-'));
  try {
    for (const [, name = '', content = ''] of text.matchAll(FILE))
      await writeFile(join(folder, name), content);
    const commands = [...text.matchAll(COMMAND)].map(([, , line = '']) => line.split(' '));
    const outputs = await Promise.all(commands.map((args) => outputOf(args, folder, root)));
    const names = commands.flatMap((args) => args.filter((arg) => arg.endsWith('.svg')));
    const pictures = await Promise.all(
      names.map(async (name): Promise<[string, string]> => [
        name,
        await readFile(join(folder, name), 'utf8'),
      ]),
    );
    let number = 0;
    return {
      text: text.replaceAll(COMMAND, (_, head: string, __, ___, tail: string) => {
        const output = outputs[number] ?? '';
        number += 1;
        return head + output + tail;
      }),
      pictures: new Map(pictures),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** As npm starts it, by somebody who stands in that folder. */
async function outputOf(args: readonly string[], folder: string, root: string): Promise<string> {
  const main = join(root, 'packages/bench/src/storm/main.ts');
  const { stdout } = await run(
    process.execPath,
    ['--conditions=@holdfast/source', '--import', 'tsx', main, ...args],
    { cwd: root, env: { ...process.env, INIT_CWD: folder } },
  );
  return stdout;
}
