import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmptyFolder } from './empty-folder.js';
import { root } from './packed-packages.js';

const page = readFileSync(join(root, 'docs/how-to/company-sdk.md'), 'utf8');
const EXAMPLE = '../../packages/example-sdk/';

/** What a reader does next: he puts a file in its place, or runs commands and looks at what they print. */
type Step =
  | { readonly file: string; readonly text: string; readonly isNamed: boolean }
  | { readonly commands: readonly string[]; readonly output: string | undefined };

/** The steps of the page, in its order. */
function steps(): Step[] {
  const found = page.matchAll(
    /^```(?<language>ts|json) (?<shown>\S+)\n(?<text>.*?)^```$|^```sh\n(?<commands>.*?)^```$(?:\n\n```text\n(?<output>.*?)^```$)?|^- \[`(?<file>[^`]+)`\]\((?<copied>\S+)\)$/gms,
  );
  return [...found].map(({ groups = {}, index }): Step => {
    const { shown, text, commands, output, file, copied } = groups;
    if (commands !== undefined) return { commands: commands.split('\n').filter(Boolean), output };
    if (copied !== undefined) return { file: file ?? '', text: inExample(copied), isNamed: true };
    const name = (shown ?? '').replace(EXAMPLE, '');
    const isNamed = page.slice(0, index).endsWith(`\n\`${name}\`:\n\n`);
    return { file: name, text: text ?? '', isNamed };
  });
}

function inExample(path: string): string {
  return readFileSync(join(root, 'docs/how-to', path), 'utf8');
}

const files = steps().filter((step) => 'file' in step);

it('the tutorial shows the files of the example as they are', () => {
  const ofExample = files.filter(({ file }) => file.startsWith('src/'));
  for (const { file, text } of ofExample) expect(text).toBe(inExample(EXAMPLE + file));
  expect(new Set(files.map(({ file }) => file)).size).toBe(files.length);
  // Its reader has to know where they go.
  expect(files.filter(({ isNamed }) => !isNamed)).toEqual([]);
  // And every block of code is one of the steps.
  expect(page.match(/^```\w/gm)).toHaveLength(blocksOf(steps()));
});

function blocksOf(all: readonly Step[]): number {
  const copied = page.match(/^- \[`/gm)?.length ?? 0;
  const outputs = all.filter((step) => 'commands' in step && step.output !== undefined);
  return all.length - copied + outputs.length;
}

it('whoever follows the tutorial sees at each step what stands there', () => {
  const folder = new EmptyFolder('company-sdk');
  const seen: unknown[] = [];
  for (const step of steps()) {
    if ('file' in step) folder.write(step.file, step.text);
    else {
      const printed = step.commands.map((command) => folder.run(command)).join('');
      if (step.output !== undefined) seen.push([step.commands, printed]);
    }
  }
  const told = steps().flatMap((step) =>
    'commands' in step && step.output !== undefined ? [[step.commands, step.output]] : [],
  );
  expect(seen).toEqual(told);
}, 180_000);
