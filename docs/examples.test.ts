import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { documents, examplesOf, languagesOf, tryOut } from './examples.js';

const root = join(__dirname, '..');
const everything = documents().map((document) => ({ document, examples: examplesOf(document) }));
// A piece of a file is checked, linted and tested with that file.
const examples = everything.flatMap((one) => one.examples).filter(({ file }) => file === undefined);
const { typeErrors, runs } = tryOut(examples);

it.each(documents())('%s shows no code in a language that nobody runs', (document) => {
  expect(['ts', 'sh', 'text', 'json']).toEqual(expect.arrayContaining([...languagesOf(document)]));
});

it('the packages that the examples import have no type error of their own', () => {
  expect(typeErrors.get('elsewhere')).toEqual([]);
});

describe.each(examples)('a reader who copies $name', ({ name }) => {
  it('meets no type error', () => {
    expect(typeErrors.get(name)).toEqual([]);
  });

  it('sees it run', () => {
    expect(runs.get(name)?.failure).toBeUndefined();
  });
});

it.each(examples.filter(({ output }) => output !== undefined))(
  'a reader who runs $name sees what stands below it',
  ({ name, output }) => {
    expect(runs.get(name)?.output).toBe(output);
  },
);

describe('a document that walks through a file', () => {
  const walks = everything.flatMap(({ document, examples: all }) => {
    const files = new Set(all.flatMap(({ file }) => file ?? []));
    return [...files].map((file) => ({
      document,
      file,
      pieces: all.filter((one) => one.file === file).map(({ code }) => code.trim()),
    }));
  });

  it.each(walks)('$document shows $file as it is', ({ document, file, pieces }) => {
    const code = squeezed(readFileSync(join(root, dirname(document), file), 'utf8'));
    const strange = pieces.filter((piece) => !code.includes(squeezed(piece)));
    expect(strange).toEqual([]);
    // Of a test one piece is enough; of the rest nothing is left out.
    expect(file.endsWith('.test.ts') ? code : squeezed(pieces.join('\n'))).toBe(code);
  });
});

/** Without indentation and empty lines. */
function squeezed(code: string): string {
  return code.replace(/\n\s*/g, '\n').trim();
}

describe('the README', () => {
  const [first, second, third, ...others] = examplesOf('README.md');
  const outputOf = (number: number) => runs.get(`README.md ${number}`)?.output;

  it('shows three pieces of code, the first in at most fifteen lines', () => {
    expect(others).toEqual([]);
    expect([first, second, third]).not.toContain(undefined);
    const lines = first?.code.split('\n').filter((line) => line.trim() !== '');
    expect(lines?.length).toBeLessThanOrEqual(15);
  });

  it('its first example makes a protected call', () => {
    expect(outputOf(1)).toBe("{ id: 7, for: 'Bearer a-token' }\n");
  });

  it('its third example tells the story of a call that failed', () => {
    expect(outputOf(3)).toMatch(
      /^try again in some ms\nGET status \/health\n {2}#1 \(.*\): 503; retry 1 in \d+ ms: unavailable\n/,
    );
    expect(outputOf(3)?.match(/^ {2}#\d /gm)).toHaveLength(4);
  });

  it('draws the order that the code has', () => {
    const text = readFileSync(join(root, 'README.md'), 'utf8');
    const drawn = [
      ...text.matchAll(
        /^ *(fallback|deadline|retry|throttleGate|circuitBreaker|attachToken|claimsChallenge|attemptTimeout) {2,}/gm,
      ),
    ];
    const code = readFileSync(join(root, 'packages/client/src/places.ts'), 'utf8');
    const [, list = ''] = /^const PLACES = \[(.*?)\]/ms.exec(code) ?? [];
    const inCode = [...list.matchAll(/'(\w+)'/g)];
    expect(inCode).toHaveLength(8);
    expect(drawn.map(([, name]) => name)).toEqual(inCode.map(([, name]) => name));
  });
});
