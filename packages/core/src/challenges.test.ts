import { parseChallenges, type Challenge } from './index.js';

const params = (entries: Record<string, string>): Record<string, string> =>
  Object.assign(Object.create(null) as Record<string, string>, entries);

const bearer = (entries: Record<string, string>): Challenge => ({
  scheme: 'bearer',
  params: params(entries),
});
const alone = (scheme: string): Challenge => ({ scheme, params: params({}) });
const negotiate = (token68: string): Challenge => ({ scheme: 'negotiate', token68, params: params({}) });

/** As an adapter that is not typed hands it on. */
const untyped = (value: unknown) => parseChallenges(value as string);

describe('a challenge is found', () => {
  it.each<[string, string, readonly Challenge[]]>([
    ['nowhere in an empty value', '', []],
    ['nowhere between commas', ' ,\t,, ', []],
    ['in a scheme alone', 'Negotiate', [alone('negotiate')]],
    ['in a scheme alone between others', 'Basic, Negotiate ,NTLM', ['basic', 'negotiate', 'ntlm'].map(alone)],
    ['in a token68', 'Negotiate oYG0MIGxoAMK==', [negotiate('oYG0MIGxoAMK==')]],
    ['in a token68 that looks like a scheme', 'Negotiate basic', [negotiate('basic')]],
    ['in a token68 with every character', 'Negotiate aZ09-._~+/=', [negotiate('aZ09-._~+/=')]],
    ['behind spaces, a tab and before others', ' \tNegotiate   abc \t', [negotiate('abc')]],
    ['with a scheme in any case', 'bEARER realm=""', [bearer({ realm: '' })]],
    ['with a name in any case', 'Bearer ERROR="X"', [bearer({ error: 'X' })]],
    ['with an empty quoted string', 'Bearer a="",b=""', [bearer({ a: '', b: '' })]],
    ['with values that are not quoted', 'Bearer error=invalid_token', [bearer({ error: 'invalid_token' })]],
    ['with all that a token can hold', "Bearer !#$%&'*+-.^_`|~=a", [bearer({ "!#$%&'*+-.^_`|~": 'a' })]],
    ['with white space around "="', 'Bearer a =\t"1" , b= 2,c\t =3', [bearer({ a: '1', b: '2', c: '3' })]],
    ['with escapes in quotes', 'Bearer a="\\"\\\\\\a\\\t"', [bearer({ a: '"\\a\t' })]],
    ['with an escape of what an adapter has decoded', 'Bearer a="\\\u4e2d"', [bearer({ a: '\u4e2d' })]],
    ['with commas in quotes', 'Bearer a="1, Basic b=2", c="="', [bearer({ a: '1, Basic b=2', c: '=' })]],
    ['with bytes beyond ASCII', 'Bearer a="\x80\xe9\xff"', [bearer({ a: '\x80\xe9\xff' })]],
    ['between empty list elements', ', ,Bearer a=1,,, b=2 ,', [bearer({ a: '1', b: '2' })]],
    ['with an empty list element behind the scheme', 'Bearer , a=1', [bearer({ a: '1' })]],
    ['with a comma right behind the scheme', 'Bearer,a=1', [bearer({ a: '1' })]],
    ['with a tab behind the scheme', 'Bearer\ta=1, Negotiate\tabc', [bearer({ a: '1' }), negotiate('abc')]],
    ['with a parameter named like a scheme', 'Bearer a=1, basic=2', [bearer({ a: '1', basic: '2' })]],
  ])('%s', (_where, value, expected) => {
    expect(parseChallenges(value)).toEqual(expected);
  });

  it('with parameters, and then without so much as the name of a token68', () => {
    const names = parseChallenges('Bearer a=1, Negotiate abc').map((one) => Object.keys(one).sort());
    expect(names).toEqual([
      ['params', 'scheme'],
      ['params', 'scheme', 'token68'],
    ]);
  });

  it.each<[string, readonly Challenge[]]>([
    ['Negotiate abc=', [negotiate('abc=')]],
    ['Negotiate abc= ', [negotiate('abc=')]],
    ['Negotiate abc==, Basic', [negotiate('abc=='), alone('basic')]],
    ['Bearer abc=d', [bearer({ abc: 'd' })]],
    ['Bearer abc="d"', [bearer({ abc: 'd' })]],
    ['Bearer abc= d', [bearer({ abc: 'd' })]],
    ['Bearer abc =d', [bearer({ abc: 'd' })]],
    // An empty value is none: here the list element can only be a token68.
    ['Bearer error=, Basic', [{ scheme: 'bearer', token68: 'error=', params: params({}) }, alone('basic')]],
    ['Bearer abc==d', [bearer({})]],
    ['Bearer abc =', [bearer({})]],
    // To a token68 nothing can be added.
    ['Negotiate abc, d=1', [negotiate('abc')]],
  ])('as a token68 or as parameters, whichever it is: %s', (value, expected) => {
    expect(parseChallenges(value)).toEqual(expected);
  });

  it('once each, where there are several in one line', () => {
    expect(parseChallenges('DPoP algs="ES256", Bearer realm="r", error="e", Negotiate abc=, Basic')).toEqual([
      { scheme: 'dpop', params: params({ algs: 'ES256' }) },
      bearer({ realm: 'r', error: 'e' }),
      negotiate('abc='),
      alone('basic'),
    ]);
  });

  it('twice, where it stands there twice', () => {
    expect(parseChallenges('Bearer a=1, Bearer a=2')).toEqual([bearer({ a: '1' }), bearer({ a: '2' })]);
  });

  it('in each line, and over two, since lines mean the same as if they were joined', () => {
    expect(parseChallenges(['PoP nonce="n"', '', 'Bearer realm="r"'])).toEqual([
      { scheme: 'pop', params: params({ nonce: 'n' }) },
      bearer({ realm: 'r' }),
    ]);
    const lines = ['Bearer realm="r"', 'error="e"', 'Basic'];
    expect(parseChallenges(lines)).toEqual([bearer({ realm: 'r', error: 'e' }), alone('basic')]);
    expect(parseChallenges(lines)).toEqual(parseChallenges(lines.join(', ')));
  });
});

describe('a name means nothing but itself', () => {
  it.each(['__proto__', 'constructor', 'hasownproperty', 'tostring', 'valueof'])('%s', (name) => {
    const [challenge] = parseChallenges(`Bearer ${name}="x", b=1`);
    expect(Object.entries(challenge!.params)).toEqual([
      [name, 'x'],
      ['b', '1'],
    ]);
    expect(Object.getPrototypeOf(challenge!.params)).toBeNull();
    expect(parseChallenges(`Bearer ${name}=1, ${name.toUpperCase()}=1, Basic`)).toEqual([alone('basic')]);
    expect(parseChallenges('Bearer a=1')[0]!.params[name]).toBeUndefined();
  });
});

describe('a challenge that names a parameter twice is left out', () => {
  it.each([
    ['in any case', 'Bearer error="a", Error="b", Basic'],
    ['with the same value', 'Bearer a=1, a=1, Basic'],
    ['with other parameters behind it', 'Bearer a=1, a=2, b=3, Basic'],
    ['three times', 'Bearer a=1, a=1, a=1, Basic'],
  ])('%s', (_how, value) => {
    expect(parseChallenges(value)).toEqual([alone('basic')]);
  });

  it('also when the second stands in another line, or before a fault', () => {
    expect(parseChallenges(['Bearer a=1', 'a=2', 'Basic'])).toEqual([alone('basic')]);
    expect(parseChallenges('Basic, Bearer a=1, a=2 @')).toEqual([alone('basic')]);
  });
});

describe('what stands before a fault is kept:', () => {
  it.each<[string, string, readonly Challenge[]]>([
    ['a quote that is never closed', 'Basic, Bearer a="1", b="2', [alone('basic'), bearer({ a: '1' })]],
    ['a quote that ends in an escape', 'Bearer a=1, b="2\\', [bearer({ a: '1' })]],
    ['an escape that is none', 'Bearer a=1, b="\\é\\\0"', [bearer({ a: '1' })]],
    ['a control character in quotes', 'Bearer a=1, b="\x7f", c=3', [bearer({ a: '1' })]],
    ['a line break in quotes', 'Bearer a=1, b="\r\n", c=3', [bearer({ a: '1' })]],
    ['a missing comma', 'Basic, Bearer a=1 b=2, Digest x=1', [alone('basic'), bearer({ a: '1' })]],
    ['a name without a value', 'Bearer a=1, b=, Basic', [bearer({ a: '1' })]],
    ['a value without a name', 'Bearer a=1, ="x", Basic', [bearer({ a: '1' })]],
    ['a URL that is not quoted', 'Bearer a=1, uri=https://login.example/, b=2', [bearer({ a: '1' })]],
    ['text behind a quoted string', 'Bearer a="1"b, c=3', [bearer({ a: '1' })]],
    ['a token68 that runs into something else', 'Negotiate abc@def', [alone('negotiate')]],
    ['two words behind a scheme', 'Bearer a b, Basic', [bearer({})]],
    ['a scheme that runs into something else', 'Basic, Bearer@example', [alone('basic')]],
    ['a parameter of nothing', 'a=1, Bearer b=2', []],
    ['no scheme at all', '="x", Bearer a=1', []],
  ])('%s', (_what, value, expected) => {
    expect(parseChallenges(value)).toEqual(expected);
  });

  it('the next line is read on its own', () => {
    expect(parseChallenges(['Basic, Bearer a="1', 'Bearer b=2', 'Digest@', 'DPoP'])).toEqual([
      alone('basic'),
      bearer({}),
      bearer({ b: '2' }),
      alone('dpop'),
    ]);
    for (const line of ['Bearer a=1, @', 'Bearer a=1 @', 'Bearer a=1, b="']) {
      const read = parseChallenges([line, 'error="e"', 'Basic']);
      expect(read).toEqual([bearer({ a: '1' }), alone('basic')]);
    }
  });
});

describe('what is no text is no line', () => {
  it.each([
    [undefined],
    [null],
    [42],
    [true],
    [{}],
    [() => 'Basic'],
    [new Map()],
    [[]],
    [[null, 7, [['Basic']]]],
  ])('%p', (value) => {
    expect(untyped(value)).toEqual([]);
  });

  it('and hides none that is one', () => {
    expect(untyped([null, 'Bearer a=1', 7, ['DPoP'], undefined, 'b=2', {}, 'Basic'])).toEqual([
      bearer({ a: '1', b: '2' }),
      alone('basic'),
    ]);
  });
});
