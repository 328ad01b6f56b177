import { claimsOf, parseChallenges, printChallenge, stepUpOf, type Challenge } from './index.js';

const SHORT = 64 * 1024;
const LONG = 16 * SHORT;

const repeated = (unit: string, length: number) => unit.repeat(Math.ceil(length / unit.length));
const numbered = (length: number, name: (number: number) => string) => {
  const pieces: string[] = [];
  for (let number = 0, size = 0; size < length; number += 1) {
    const piece = `${name(number)}=1,`;
    pieces.push(piece);
    size += piece.length;
  }
  return pieces.join('');
};

/** What a reader could go over again and again: each loop, each place where one way is tried and then another. */
const FIELDS: readonly (readonly [string, (length: number) => string | readonly string[]])[] = [
  ['schemes', (length) => repeated('a,', length)],
  ['schemes and token68s', (length) => repeated('a b,', length)],
  ['schemes and parameters', (length) => repeated('a b=c,', length)],
  ['schemes and spaces', (length) => repeated('a         ,', length)],
  ['one long scheme', (length) => repeated('a', length)],
  ['one long token68', (length) => `a ${repeated('b', length)}`],
  ['one long token68 that is none', (length) => `a ${repeated('b', length)}=c`],
  ['one long token68 of padding', (length) => `a b${repeated('=', length)}`],
  ['one that is none behind its padding', (length) => `a b${repeated('=', length)}c`],
  ['one that is none behind spaces', (length) => `a b${repeated(' ', length)}c`],
  ['one long name', (length) => `a b=c, ${repeated('d', length)}`],
  ['one long value', (length) => `a b=${repeated('c', length)}`],
  ['one long value that is cut off', (length) => `a b=${repeated('c', length)}/`],
  ['one parameter again and again', (length) => `a ${repeated('b=c,', length)}`],
  ['parameters of many names', (length) => `a ${numbered(length, (number) => `p${number}`)}`],
  ['parameters of rising numbers', (length) => `a ${numbered(length, (number) => `${number}`)}`],
  ['parameters of falling numbers', (length) => `a ${numbered(length, (number) => `${LONG - number}`)}`],
  ['spaces around "="', (length) => `a b${repeated(' ', length / 2)}=${repeated('\t', length / 2)}c`],
  ['spaces alone', (length) => repeated(' ', length)],
  ['spaces behind a scheme', (length) => `a${repeated(' ', length)}/`],
  ['empty list elements', (length) => repeated(', \t', length)],
  ['a quoted string', (length) => `a b="${repeated('c', length)}"`],
  ['a quoted string without an end', (length) => `a b="${repeated('c,', length)}`],
  ['a quoted string of escapes', (length) => `a b="${repeated('\\"', length)}"`],
  ['escapes without an end', (length) => `a b="${repeated('\\"', length)}`],
  ['empty quoted strings', (length) => repeated('a b="",', length)],
  ['quotes', (length) => `a ${repeated('b="",c="d",', length)}"`],
  ['lines', (length) => repeated('a b=c,', length).split(',')],
  ['lines that end in a fault', (length) => repeated('a b=",', length).split(',')],
  ['lines of one challenge', (length) => ['a', ...repeated('b=c,', length).split(',')]],
  ['bytes that belong to nothing', (length) => repeated('é', length)],
];

/** Characters that regular expressions were shown, each as often as it was: nothing else here reads text. */
function charactersLookedAt(run: () => void): number {
  const { exec } = RegExp.prototype;
  let looked = 0;
  RegExp.prototype.exec = function counted(this: RegExp, text: string): RegExpExecArray | null {
    const match = exec.call(this, text);
    // One that is sticky and matches nothing has seen one character; one that is not may have seen them all.
    looked += this.sticky ? (match?.[0].length ?? 0) + 1 : text.length;
    return match;
  };
  try {
    run();
  } finally {
    RegExp.prototype.exec = exec;
  }
  return looked;
}

const sizeOf = (field: string | readonly string[]) =>
  (typeof field === 'string' ? field : field.join()).length;

/** Microseconds of this process's own. */
function cpuTimeOf(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** A megabyte's time by that of sixteen small pieces: 1 where it grows as the text does, 16 where as its square. */
function growthOf(onShort: () => void, onLong: () => void): number {
  const onFour = cpuTimeOf(() => {
    for (let piece = 0; piece < 4; piece += 1) onShort();
  });
  return cpuTimeOf(onLong) / (onFour * 4);
}

/** The best of three: whatever else goes on here makes a time longer, and none shorter. */
function expectLinear(onShort: () => void, onLong: () => void): void {
  const growths: number[] = [];
  do growths.push(growthOf(onShort, onLong));
  while (Math.min(...growths) > 4 && growths.length < 3);
  expect(Math.min(...growths)).toBeLessThan(4);
}

function printed(challenge: Challenge): string | undefined {
  try {
    return printChallenge(challenge);
  } catch {
    return undefined;
  }
}

describe('a megabyte of a header does not stop the process', () => {
  it.each(FIELDS)('that has %s: it takes as long as the same in pieces', (_what, field) => {
    const [short, long] = [field(SHORT), field(LONG)];
    expectLinear(
      () => parseChallenges(short),
      () => parseChallenges(long),
    );
  });

  it.each<[string, (length: number) => string]>([
    ['claims', (length) => Buffer.from(JSON.stringify({ a: 'x'.repeat(length) })).toString('base64')],
    ['claims that are no base64', (length) => `${'A'.repeat(length)}!`],
    ['claims that are padding', (length) => `A${'='.repeat(length)}A`],
    ['claims that nest', (length) => Buffer.from('{"a":'.repeat(length / 5)).toString('base64')],
    ['means of a sign-in', (length) => 'c1 '.repeat(length / 3)],
    ['spaces between means', (length) => ' '.repeat(length)],
    ['digits of an age', (length) => '9'.repeat(length)],
    ['digits of an age that is none', (length) => `${'9'.repeat(length)}x`],
  ])('that has %s: it takes as long as the same in pieces', (_what, value) => {
    const read = (length: number) => {
      const text = value(length);
      const params = { claims: text, acr_values: text, max_age: text };
      const challenges = ['insufficient_claims', 'insufficient_user_authentication'].map((error) => ({
        ...{ scheme: 'bearer', params: { ...params, error } },
      }));
      return () => [claimsOf(challenges), stepUpOf(challenges)];
    };
    expectLinear(read(SHORT), read(LONG));
  });

  it.each<
    [string, (length: number) => { scheme?: string; token68?: string; params?: Record<string, string> }]
  >([
    ['a long value', (length) => ({ params: { a: 'b'.repeat(length) } })],
    ['a value of quotes', (length) => ({ params: { a: '"'.repeat(length) } })],
    ['a value that cannot be printed', (length) => ({ params: { a: `${'b'.repeat(length)}\0` } })],
    ['a long name that is none', (length) => ({ params: { [`${'b'.repeat(length)} `]: '' } })],
    ['a long scheme that is none', (length) => ({ scheme: `${'b'.repeat(length)} ` })],
    ['a long token68 that is none', (length) => ({ token68: `${'b'.repeat(length)}${'='.repeat(length)}b` })],
    [
      'many parameters',
      (length) => ({
        params: Object.fromEntries(Array.from({ length: length / 8 }, (_, number) => [`p${number}`, ''])),
      }),
    ],
  ])('that is to be printed with %s: it takes as long as the same in pieces', (_what, made) => {
    const print = (length: number) => {
      const challenge = { scheme: 'a', params: {}, ...made(length) };
      return () => printed(challenge);
    };
    expectLinear(print(SHORT), print(LONG));
  });

  it('nor does one of eight, with a million escapes in one quoted string', () => {
    const [challenge] = parseChallenges(`Bearer a="${'\\"'.repeat(4 * LONG)}"`);
    expect(challenge?.params['a']).toBe('"'.repeat(4 * LONG));
  });
});

// Behind the times: a regular expression is slower for ever once exec() was another one.
describe('a reader does not go over a header again and again', () => {
  it.each(FIELDS)('that has %s: it looks at each character five times at most', (_what, field) => {
    const text = field(SHORT);
    expect(charactersLookedAt(() => parseChallenges(text)) / sizeOf(text)).toBeLessThan(5);
  });
});
