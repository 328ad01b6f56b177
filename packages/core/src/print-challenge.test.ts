import { parseChallenges, printChallenge, type Challenge } from './index.js';

describe('a challenge is printed', () => {
  it.each<[string, Challenge, string]>([
    ['as a scheme alone', { scheme: 'Negotiate', params: {} }, 'Negotiate'],
    [
      'with a token68',
      { scheme: 'Negotiate', token68: 'aZ09-._~+/==', params: {} },
      'Negotiate aZ09-._~+/==',
    ],
    [
      'with its parameters quoted, in their order',
      { scheme: 'Bearer', params: { realm: '', error: 'invalid_token' } },
      'Bearer realm="", error="invalid_token"',
    ],
    [
      'with escapes where there have to be some, and nowhere else',
      { scheme: 'Bearer', params: { a: 'a "b" \\c, d=\te' } },
      'Bearer a="a \\"b\\" \\\\c, d=\te"',
    ],
    [
      'with bytes beyond ASCII',
      { scheme: 'Bearer', params: { a: '\x80\xe9\xff' } },
      'Bearer a="\x80\xe9\xff"',
    ],
    ['in the case it has', { scheme: 'bEARER', params: { ERROR: 'X' } }, 'bEARER ERROR="X"'],
    [
      'whatever the name',
      { scheme: 'A', params: JSON.parse('{"__proto__":"1","constructor":"2"}') as Record<string, string> },
      'A __proto__="1", constructor="2"',
    ],
  ])('%s', (_how, challenge, text) => {
    expect(printChallenge(challenge)).toBe(text);
  });

  it('so that others can stand before it and behind it', () => {
    const text = ['Basic', printChallenge({ scheme: 'Bearer', params: { a: ', b="' } }), 'Negotiate abc='];
    const read = parseChallenges(text.join(', '));
    expect(read).toEqual(parseChallenges(text));
    expect(read.map(({ scheme }) => scheme)).toEqual(['basic', 'bearer', 'negotiate']);
  });
});

describe('what no field can hold is not printed, and not quoted in the error:', () => {
  const SECRET = 's3cret';
  const inValue = (text: string): Challenge => ({ scheme: 'Bearer', params: { a: `${SECRET}${text}` } });

  it.each<[string, Challenge, string]>([
    ['a scheme that is empty', { scheme: '', params: {} }, 'the scheme is no token'],
    ['a scheme of two words', { scheme: `A ${SECRET}`, params: {} }, 'the scheme is no token'],
    ['a scheme with a line break', { scheme: `A\r\n${SECRET}`, params: {} }, 'the scheme is no token'],
    [
      'a scheme with a line break at its end',
      { scheme: `${SECRET}\n`, params: {} },
      'the scheme is no token',
    ],
    ['an empty token68', { scheme: 'A', token68: '', params: {} }, 'its token68 is none'],
    ['a token68 of two', { scheme: 'A', token68: `${SECRET}, B`, params: {} }, 'its token68 is none'],
    [
      'a token68 with a line break',
      { scheme: 'A', token68: `${SECRET}\r\n`, params: {} },
      'its token68 is none',
    ],
    [
      'a token68 that goes on behind its padding',
      { scheme: 'A', token68: 'a=b', params: {} },
      'its token68 is none',
    ],
    [
      'a token68 beside parameters',
      { scheme: 'A', token68: SECRET, params: { a: SECRET } },
      'its token68 comes beside parameters',
    ],
    ['a name that is empty', { scheme: 'A', params: { '': SECRET } }, 'a parameter’s name is no token'],
    [
      'a name with a space',
      { scheme: 'A', params: { [`a ${SECRET}`]: '' } },
      'a parameter’s name is no token',
    ],
    [
      'a name with a line break',
      { scheme: 'A', params: { [`a\r\n`]: SECRET } },
      'a parameter’s name is no token',
    ],
    [
      'names that differ in case only',
      { scheme: 'A', params: { a: SECRET, A: '' } },
      'a parameter’s name is given twice',
    ],
    ['a carriage return', inValue('\r'), '"a" has characters that no field can hold'],
    ['a line feed', inValue('\n'), '"a" has characters that no field can hold'],
    ['another header', inValue('\r\nSet-Cookie: a=b'), '"a" has characters that no field can hold'],
    ['a null character', inValue('\0'), '"a" has characters that no field can hold'],
    ['a delete character', inValue('\x7f'), '"a" has characters that no field can hold'],
    ['a character beyond Latin-1', inValue('–'), '"a" has characters that no field can hold'],
  ])('%s', (_what, challenge, message) => {
    const print = () => printChallenge(challenge);
    expect(print).toThrow(new TypeError(`printChallenge(): ${message}`));
    expect(print).not.toThrow(SECRET);
  });
});
