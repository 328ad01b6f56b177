import fc, { type GeneratorValue } from 'fast-check';
import { parseChallenges, printChallenge, type Challenge } from './index.js';

const token = fc.oneof(
  fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9a-z]{1,10}$/),
  fc.constantFrom('__proto__', 'constructor', 'hasOwnProperty', 'toString', 'bearer', 'error', 'claims', '0'),
);
// All that a quoted string can hold; what has to be escaped comes often.
const character = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('"', '\\', ',', '=', ' ', '\t', 'a') },
  { weight: 1, arbitrary: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) },
  { weight: 1, arbitrary: fc.integer({ min: 0x80, max: 0xff }).map((code) => String.fromCharCode(code)) },
);
const params = fc
  .uniqueArray(fc.tuple(token, fc.oneof(token, fc.string({ unit: character }))), {
    selector: ([name]) => name.toLowerCase(),
    maxLength: 4,
  })
  .map((pairs) => withoutPrototype(pairs.map(([name, value]) => [name.toLowerCase(), value])));
const scheme = token.map((text) => text.toLowerCase());
const challenge: fc.Arbitrary<Challenge> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ scheme, params }) },
  {
    weight: 1,
    arbitrary: fc.record({
      scheme,
      token68: fc.stringMatching(/^[A-Za-z0-9\-._~+/]{1,10}={0,3}$/),
      params: fc.constant(withoutPrototype([])),
    }),
  },
);
const challenges = fc.array(challenge, { maxLength: 4 });

/** Text out of which the grammar makes something more often than out of any other. */
const nearly = fc
  .array(
    fc.constantFrom('"', '\\', ',', '=', ' ', '\t', 'a', 'B', '/', 'é', '\0', 'Bearer ', 'a="b"', 'c=d,'),
  )
  .map((pieces) => pieces.join(''));
const bytes = fc.string({ unit: fc.integer({ min: 0, max: 0xff }).map((code) => String.fromCharCode(code)) });
/** It cannot go on with a challenge, nor begin one. */
const fault = fc
  .tuple(fc.constantFrom('"', '=', '\\', '/', '@', '{', '\0', '\n', 'é'), fc.oneof(nearly, bytes))
  .map(([first, rest]) => first + rest);

function withoutPrototype(entries: readonly (readonly [string, string])[]): Record<string, string> {
  const made = Object.create(null) as Record<string, string>;
  for (const [name, value] of entries) made[name] = value;
  return made;
}

const isToken = (text: string) => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text);

/** The lines of a field, written in one of the many ways that RFC 9110 allows, by somebody who likes them all. */
function written(meant: readonly Challenge[], pick: GeneratorValue): string[] {
  const space = () => pick(fc.stringMatching, /^[ \t]{0,2}$/);
  const anyCase = (text: string) => pick(fc.mixedCase, fc.constant(text));
  const gap = () => `${space()}${pick(fc.constantFrom, ',', ',,', ', ,', ',\t')}${space()}`;
  const escaped = (one: string) => (/["\\]/.test(one) || pick(fc.boolean) ? `\\${one}` : one);
  const shown = (value: string) =>
    isToken(value) && pick(fc.boolean) ? value : `"${Array.from(value, (one) => escaped(one)).join('')}"`;

  const elements = meant.flatMap((one) => {
    const start = anyCase(one.scheme);
    const behind = pick(fc.constantFrom, ' ', '   ');
    if (one.token68 !== undefined) return [`${start}${behind}${one.token68}`];
    const [first, ...others] = Object.entries(one.params).map(
      ([name, value]) => `${anyCase(name)}${space()}=${space()}${shown(value)}`,
    );
    if (first === undefined) return [start];
    return [`${start}${behind}${pick(fc.boolean) ? '' : gap()}${first}`, ...others];
  });

  const lines: string[] = [''];
  for (const element of elements) {
    const last = lines.pop() ?? '';
    if (pick(fc.boolean)) lines.push(last, element);
    else lines.push(last === '' ? element : `${last}${gap()}${element}`);
  }
  const around = () => pick(fc.constantFrom, '', ',', ' ,, ', '\t');
  return lines.map((line) => `${around()}${line}${around()}`);
}

describe('a WWW-Authenticate field', () => {
  it('is read as it was meant, in whatever legal way it is written, in lines or joined', () => {
    fc.assert(
      fc.property(challenges, fc.gen(), (meant, pick) => {
        const lines = written(meant, pick);
        expect(parseChallenges(lines)).toEqual(meant);
        expect(parseChallenges(lines.join(', '))).toEqual(meant);
        expect(parseChallenges(lines.join(','))).toEqual(meant);
      }),
      { numRuns: 500 },
    );
  });

  it('that was printed is read as what was printed, in lines or joined', () => {
    fc.assert(
      fc.property(challenges, (meant) => {
        const lines = meant.map((one) => printChallenge(one));
        expect(parseChallenges(lines)).toEqual(meant);
        expect(parseChallenges(lines.join(', '))).toEqual(meant);
      }),
    );
  });

  it('of any bytes can be printed as far as it was read, and reads the same again', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(nearly, bytes), { maxLength: 3 }), (lines) => {
        const read = parseChallenges(lines);
        expect(parseChallenges(read.map((one) => printChallenge(one)).join(', '))).toEqual(read);
      }),
      { numRuns: 1000 },
    );
  });

  it('loses nothing to a fault behind it, nor to one in the line before', () => {
    fc.assert(
      fc.property(challenges, challenges, fc.gen(), fault, (meant, behind, pick, text) => {
        const line = written(meant, pick).join(', ');
        const lines = written(behind, pick);
        expect(parseChallenges(`${line}, ${text}`)).toEqual(meant);
        expect(parseChallenges([`${line},${text}`, ...lines])).toEqual([...meant, ...behind]);
      }),
    );
  });

  it('has none of the challenges that name a parameter twice, and all of the others', () => {
    fc.assert(
      fc.property(challenges, fc.nat(), fc.gen(), (meant, which, pick) => {
        const withParams = meant.filter((one) => Object.keys(one.params).length > 0);
        const twice = withParams[which % Math.max(1, withParams.length)];
        const [name] = Object.keys(twice?.params ?? {});
        const again = `${name ?? 'a'}=again`;
        const elements = meant.map((one) => {
          const text = written([one], pick).join(',');
          return one === twice ? `${text}, ${pick(fc.boolean) ? again : again.toUpperCase()}` : text;
        });
        expect(parseChallenges(elements.join(','))).toEqual(meant.filter((one) => one !== twice));
      }),
    );
  });

  it('that an adapter has decoded from UTF-8 says the same as its bytes', () => {
    const decoded = (text: string) => Buffer.from(text, 'latin1').toString();
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-composite' }), (realm) => {
        const text = `Bearer realm="${realm.replace(/["\\]/g, '\\$&')}", error="invalid_token"`;
        const [fromText] = parseChallenges(text);
        const [fromBytes] = parseChallenges(Buffer.from(text).toString('latin1'));
        expect(fromText?.params['realm']).toBe(decoded(fromBytes?.params['realm'] ?? ''));
        expect(fromText?.params['error']).toBe(fromBytes?.params['error']);
      }),
    );
  });

  it('never throws, whatever an adapter puts into it', () => {
    const text = fc.oneof(nearly, fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), bytes);
    fc.assert(
      fc.property(fc.oneof(text, fc.array(fc.oneof(text, fc.anything())), fc.anything()), (value) => {
        for (const one of parseChallenges(value as string)) {
          expect(one.scheme).toMatch(/^[!#$%&'*+\-.^_`|~0-9a-z]+$/);
          expect(Object.getPrototypeOf(one.params)).toBeNull();
        }
      }),
      { numRuns: 1000 },
    );
  });
});
