import { bearerErrorOf, claimsOf, parseChallenges, stepUpOf } from './index.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const bare = (text: string) => base64(text).replace(/=+$/, '');
const url = (text: string) => Buffer.from(text).toString('base64url');

const CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}';
const challenge = (encoded: string, rest = 'error="insufficient_claims"') =>
  `Bearer realm="", ${rest}, claims="${encoded}"`;
const read = (value: string | readonly string[]) => claimsOf(parseChallenges(value));

describe('claims are read', () => {
  // Two, one and no character of padding; the last has + and / in base64.
  const texts = ['{"a":1}', '{"a":12}', '{"a":123}', '{"a":"ÿ?>~"}', '{"名":"👩🏽‍🚀"}'];

  it.each(texts)('of base64 and base64url, padded or not: %s', (text) => {
    expect(read(challenge(base64(text)))).toBe(text);
    expect(read(challenge(bare(text)))).toBe(text);
    expect(read(challenge(url(text)))).toBe(text);
    expect(read(challenge(url(text).padEnd(base64(text).length, '=')))).toBe(text);
  });

  it('with more padding than it takes, and of both alphabets at once', () => {
    expect(read(challenge(`${bare('{"a":123}')}==`))).toBe('{"a":123}');
    const mixed = base64('{"a":"ÿ?>~ÿ?>~"}').replace('+', '-');
    expect(mixed).toMatch(/[+/].*-/);
    expect(read(challenge(mixed))).toBe('{"a":"ÿ?>~ÿ?>~"}');
  });

  it('whatever the bits that no byte needs', () => {
    expect([base64('{"a":1}'), base64('{"a":12}')]).toEqual(['eyJhIjoxfQ==', 'eyJhIjoxMn0=']);
    expect(read(challenge('eyJhIjoxfR=='))).toBe('{"a":1}');
    expect(read(challenge('eyJhIjoxMn1='))).toBe('{"a":12}');
  });

  it('without the byte order mark that stands before them', () => {
    expect(read(challenge(base64(`\uFEFF${CLAIMS}`)))).toBe(CLAIMS);
  });

  it.each(['{}', ' {"a" : 1}\n', '{"a":1,"a":2}', '{"a":"\\ud800"}', '{"__proto__":{"a":1}}'])(
    'as they came, and not as JavaScript would write them: %j',
    (text) => {
      expect(read(challenge(base64(text)))).toBe(text);
    },
  );

  it('of a megabyte, and of a thousand levels', () => {
    const long = JSON.stringify({ a: 'x'.repeat(1_000_000) });
    const deep = `${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`;
    expect(read(challenge(base64(long)))).toBe(long);
    expect(read(challenge(base64(deep)))).toBe(deep);
  });

  it('behind other challenges, whatever the case of the error and of the names', () => {
    const shouted = 'ERROR="Insufficient_Claims"';
    expect(read(`DPoP algs="ES256", ${challenge(base64(CLAIMS), shouted)}`)).toBe(CLAIMS);
    const loud = `BEARER ERROR=INSUFFICIENT_CLAIMS,CLAIMS="${base64(CLAIMS)}"`;
    expect(read(['Basic realm="x"', loud])).toBe(CLAIMS);
  });

  it('of the first challenge that can be used', () => {
    const unusable = [challenge('!!!'), 'Bearer error="invalid_token"', challenge(base64('[1]'))];
    const usable = [challenge(base64('{"first":1}')), challenge(base64('{"second":2}'))];
    expect(read([...unusable, ...usable])).toBe('{"first":1}');
    expect(read([...unusable, ...usable].join(', '))).toBe('{"first":1}');
  });

  it('right after some that were no UTF-8', () => {
    expect(read(challenge(Buffer.from([0x7b, 0xe2, 0x82]).toString('base64')))).toBeUndefined();
    expect(read(challenge(base64(CLAIMS)))).toBe(CLAIMS);
  });
});

describe('there are no claims in', () => {
  const bytes = (...list: number[]) => Buffer.from(list).toString('base64');
  const inText = (...list: number[]) => bytes(0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, ...list, 0x22, 0x7d);

  it.each([
    ['another error', challenge(base64(CLAIMS), 'error="invalid_token"')],
    ['no error', `Bearer claims="${base64(CLAIMS)}"`],
    ['another scheme', challenge(base64(CLAIMS)).replace('Bearer', 'PoP')],
    ['a challenge without any', 'Bearer error="insufficient_claims"'],
    ['an empty text', challenge('')],
    ['padding alone', challenge('==')],
    ['JSON that is not encoded', challenge(CLAIMS.replaceAll('"', '\\"'))],
    ['white space', challenge(base64(CLAIMS).replace(/.{20}/, '$& '))],
    ['a space before', challenge(` ${base64(CLAIMS)}`)],
    ['a tab behind', challenge(`${base64(CLAIMS)}\t`)],
    ['percent-encoding', challenge(encodeURIComponent(base64('{"a":1}')))],
    ['padding in the middle', challenge(`${base64('{"a":')}${base64('1}')}`)],
    ['more padding than any encoder writes', challenge(`${bare(CLAIMS)}===`)],
    ['a length that no encoder makes', challenge(`${bare('{"a":123}')}A`)],
    ['what is no JSON', challenge(base64('nonsense'))],
    ['JSON that was cut off', challenge(base64(CLAIMS.slice(0, -1)))],
    ['two JSON texts', challenge(base64('{"a":1}{"a":2}'))],
    ['an array', challenge(base64('[1]'))],
    ['null', challenge(base64('null'))],
    ['a number', challenge(base64('17'))],
    ['a string', challenge(base64('"{}"'))],
    ['a hundred thousand open brackets', challenge(base64('['.repeat(100_000)))],
    ['bytes that are no UTF-8', challenge(bytes(0x7b, 0xff, 0x7d))],
    ['a character that is cut off', challenge(inText(0xe2, 0x82))],
    ['an overlong form', challenge(inText(0xc0, 0xaf))],
    ['a surrogate as bytes', challenge(inText(0xed, 0xa0, 0x80))],
    ['UTF-16', challenge(Buffer.from(CLAIMS, 'utf16le').toString('base64'))],
    ['claims given twice', `${challenge(base64(CLAIMS))}, claims="${base64(CLAIMS)}"`],
    ['no challenge at all', ''],
  ])('%s', (_what, value) => {
    expect(read(value)).toBeUndefined();
  });
});

describe('a step-up challenge asks for', () => {
  const stepUp = (rest: string) =>
    stepUpOf(parseChallenges(`Bearer error="insufficient_user_authentication"${rest}`));

  it.each<[string, string, object | undefined]>([
    ['one means', ', acr_values="myACR"', { acrValues: 'myACR' }],
    ['the first of several', ', acr_values="urn:gold urn:silver"', { acrValues: 'urn:gold urn:silver' }],
    ['the same, however it is spaced', ', acr_values=" c1\t c2  "', { acrValues: 'c1 c2' }],
    ['a fresh sign-in', ', max_age="5"', { maxAge: 5 }],
    ['one that is not quoted', ', max_age=5', { maxAge: 5 }],
    ['one of this very moment', ', max_age="0"', { maxAge: 0 }],
    ['one in as many digits as you like', `, max_age="${'0'.repeat(99)}60"`, { maxAge: 60 }],
    ['both', ', max_age=60, acr_values="c1"', { acrValues: 'c1', maxAge: 60 }],
    ['nothing', '', {}],
    ['nothing between quotes', ', acr_values="", max_age=""', {}],
    ['nothing in white space', ', acr_values=" \t", max_age=" "', {}],
    ['no negative age', ', max_age="-1"', {}],
    ['no signed age', ', max_age="+1"', {}],
    ['no part of a second', ', max_age="1.5"', {}],
    ['no age in words', ', max_age="1e3"', {}],
    ['no age in other digits', ', max_age="0x10"', {}],
    ['no age with spaces', ', max_age=" 60 "', {}],
    ['no age that nobody can count to', ', max_age="9007199254740993", acr_values=c1', { acrValues: 'c1' }],
    ['no age of a thousand digits', `, max_age="${'9'.repeat(1000)}"`, {}],
    ['nobody knows what, where it is said twice', ', max_age=1, max_age=2', undefined],
  ])('%s', (_what, rest, asked) => {
    expect(stepUp(rest)).toEqual(asked);
  });

  it('what the first one says that says something, whatever the case of its error', () => {
    const challenges = [
      'DPoP error="insufficient_user_authentication", max_age=1',
      'Bearer error="insufficient_user_authentication", max_age="soon"',
      'Bearer error="Insufficient_User_Authentication", acr_values="c1"',
      'Bearer error="insufficient_user_authentication", max_age=2',
    ];
    expect(stepUpOf(parseChallenges(challenges))).toEqual({ acrValues: 'c1' });
  });

  it('a fresh sign-in, where only the second challenge says so', () => {
    const bare = 'Bearer error="insufficient_user_authentication"';
    expect(stepUpOf(parseChallenges([bare, `${bare}, max_age=60`]))).toEqual({ maxAge: 60 });
  });

  it('nothing where there is none', () => {
    expect(stepUpOf([])).toBeUndefined();
    expect(
      stepUpOf(parseChallenges('Bearer error="invalid_token", max_age=1, DPoP max_age=1')),
    ).toBeUndefined();
  });
});

describe('the error of a challenge', () => {
  it.each([
    ['Bearer error=Invalid_Token', 'invalid_token'],
    ['bearer ERROR="invalid_token"', 'invalid_token'],
    ['Bearer realm=""', undefined],
    ['Bearer abc', undefined],
    ['DPoP error="invalid_token"', undefined],
  ])('in %s is %s', (value, error) => {
    expect(bearerErrorOf(parseChallenges(value)[0]!)).toBe(error);
  });
});
