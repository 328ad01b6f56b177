import fc from 'fast-check';
import { claimsOf, parseChallenges, type Challenge } from './index.js';

const params = (entries: Record<string, string>): Record<string, string> =>
  Object.assign(Object.create(null) as Record<string, string>, entries);

describe('parseChallenges', () => {
  it.each<[string, string | readonly string[] | undefined, readonly Challenge[]]>([
    ['nothing', undefined, []],
    ['an empty value', '', []],
    ['a scheme alone', 'Negotiate', [{ scheme: 'negotiate', params: params({}) }]],
    [
      'a token68',
      'Negotiate oYG0MIGxoAMK==',
      [{ scheme: 'negotiate', token68: 'oYG0MIGxoAMK==', params: params({}) }],
    ],
    ['a lower-case scheme', 'bearer realm=""', [{ scheme: 'bearer', params: params({ realm: '' }) }]],
    [
      'unquoted values',
      'Bearer error=invalid_token',
      [{ scheme: 'bearer', params: params({ error: 'invalid_token' }) }],
    ],
    [
      'white space around the equals sign',
      'Bearer a =\t"1" , b= 2',
      [{ scheme: 'bearer', params: params({ a: '1', b: '2' }) }],
    ],
    ['upper-case names', 'Bearer ERROR="x"', [{ scheme: 'bearer', params: params({ error: 'x' }) }]],
    [
      'escapes and commas in quotes',
      'Bearer a="1, \\"2\\" \\\\", b="="',
      [{ scheme: 'bearer', params: params({ a: '1, "2" \\', b: '=' }) }],
    ],
    [
      'empty list elements',
      ', ,Bearer a=1,,, b=2 ,',
      [{ scheme: 'bearer', params: params({ a: '1', b: '2' }) }],
    ],
    [
      'several challenges in one line',
      'DPoP algs="ES256", Bearer realm="r", error="e", Negotiate abc=, Basic',
      [
        { scheme: 'dpop', params: params({ algs: 'ES256' }) },
        { scheme: 'bearer', params: params({ realm: 'r', error: 'e' }) },
        { scheme: 'negotiate', token68: 'abc=', params: params({}) },
        { scheme: 'basic', params: params({}) },
      ],
    ],
    [
      'several lines',
      ['PoP nonce="n"', 'Bearer realm="r"'],
      [
        { scheme: 'pop', params: params({ nonce: 'n' }) },
        { scheme: 'bearer', params: params({ realm: 'r' }) },
      ],
    ],
    [
      'a parameter named __proto__',
      'Bearer __proto__="x"',
      [{ scheme: 'bearer', params: Object.assign(Object.create(null), JSON.parse('{"__proto__":"x"}')) }],
    ],
  ])('reads %s', (_what, value, expected) => {
    expect(parseChallenges(value)).toEqual(expected);
  });

  it('leaves a challenge out that names a parameter twice, and goes on', () => {
    expect(parseChallenges('Bearer error="a", Error="b", Basic realm="r"')).toEqual([
      { scheme: 'basic', params: params({ realm: 'r' }) },
    ]);
  });

  it.each([
    ['a quote that is never closed', 'Basic realm="r", Bearer a="1", b="2', ['basic', 'bearer']],
    ['a missing comma', 'Basic realm="r", Bearer a=1 b=2, Digest x=1', ['basic', 'bearer']],
    ['a name without a value', 'Bearer a=1, b=, Basic', ['bearer']],
    ['a scheme that runs into something else', 'Basic, Bearer@example', ['basic']],
    ['no scheme at all', '="x", Bearer a=1', []],
  ])('keeps what stands before %s', (_what, value, schemes) => {
    expect(parseChallenges(value).map(({ scheme }) => scheme)).toEqual(schemes);
  });

  it('has params without a prototype', () => {
    expect(Object.getPrototypeOf(parseChallenges('Bearer a=1')[0]!.params)).toBeNull();
  });

  const token = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}$/);
  const value = fc.stringMatching(/^[\t \x21-\x7e\x80-\xff]{0,20}$/);
  const challenge = fc.oneof(
    fc.record({
      scheme: token,
      params: fc.uniqueArray(fc.tuple(token, value), {
        selector: ([name]) => name.toLowerCase(),
        minLength: 1,
      }),
    }),
    fc.record({ scheme: token, token68: fc.stringMatching(/^[A-Za-z0-9\-._~+/]{1,12}={0,2}$/) }),
    fc.record({ scheme: token }),
  );

  function print(one: { scheme: string; params?: [string, string][]; token68?: string }): string {
    const pairs = (one.params ?? []).map(([name, text]) => `${name}="${text.replace(/["\\]/g, '\\$&')}"`);
    return [one.scheme, one.token68 ?? pairs.join(', ')].filter(Boolean).join(' ');
  }

  it('reads back whatever was printed', () => {
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 4 }), fc.boolean(), (challenges, joined) => {
        const lines = challenges.map((one) => print(one));
        expect(parseChallenges(joined ? lines.join(', ') : lines)).toEqual(
          challenges.map((one) => ({
            scheme: one.scheme.toLowerCase(),
            ...('token68' in one && { token68: one.token68 }),
            params:
              'params' in one
                ? params(Object.fromEntries(one.params.map(([name, text]) => [name.toLowerCase(), text])))
                : params({}),
          })),
        );
      }),
    );
  });

  it('never throws, and takes no more than a moment over a megabyte of anything', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => Array.isArray(parseChallenges(text))));
    for (const unit of ['a ', 'a,', 'a=b,', '\\"', '"', 'Bearer a="\\', ' ', 'a=', 'é']) {
      expect(Array.isArray(parseChallenges(`Bearer a="${unit.repeat(500_000)}`))).toBe(true);
      expect(Array.isArray(parseChallenges(unit.repeat(500_000)))).toBe(true);
    }
  });
});

describe('claimsOf', () => {
  const claims = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}';
  const header = (encoded: string, rest = 'error="insufficient_claims"') =>
    `Bearer realm="", ${rest}, claims="${encoded}"`;
  const read = (value: string | readonly string[]) => claimsOf(parseChallenges(value));
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  it('decodes base64 and base64url, padded or not', () => {
    const odd = '{"a":"ÿ?>~"}';
    expect(read(header(base64(claims)))).toBe(claims);
    expect(read(header(base64(claims).replace(/=+$/, '')))).toBe(claims);
    expect(read(header(Buffer.from(odd).toString('base64url')))).toBe(odd);
    expect(read(header(base64(odd)))).toBe(odd);
  });

  it('finds the challenge behind others, and whatever the case of its error', () => {
    expect(read(`DPoP algs="ES256", ${header(base64(claims), 'error="Insufficient_Claims"')}`)).toBe(claims);
    expect(read(['Basic realm="x"', header(base64(claims))])).toBe(claims);
  });

  it('takes the first that can be used', () => {
    expect(read([header('!!!'), header(base64('{"first":1}')), header(base64('{"second":2}'))])).toBe(
      '{"first":1}',
    );
  });

  it.each([
    ['another error', header(base64(claims), 'error="invalid_token"')],
    ['another scheme', header(base64(claims)).replace('Bearer', 'PoP')],
    ['no claims', 'Bearer error="insufficient_claims"'],
    ['empty claims', header('')],
    ['what is not base64', header('{}')],
    ['what is not JSON', header(base64('nonsense'))],
    ['JSON that is no object', header(base64('[1]'))],
    ['null', header(base64('null'))],
    ['what is not UTF-8', header(Buffer.from([0x7b, 0xff, 0x7d]).toString('base64'))],
    ['claims given twice', `${header(base64(claims))}, claims="${base64(claims)}"`],
  ])('has no use for %s', (_what, value) => {
    expect(read(value)).toBeUndefined();
  });
});
