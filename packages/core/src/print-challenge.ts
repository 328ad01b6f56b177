import type { Challenge } from './challenges.js';

// tchar, token68, and what a quoted-string can hold: RFC 9110, sections 5.6.2, 11.2 and 5.6.4.
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/;
const QUOTABLE = /^[\t \x21-\x7e\x80-\xff]*$/;

/**
 * One challenge as it stands in a WWW-Authenticate field (RFC 9110, section 11.6.1): `Bearer error="invalid_token"`. Every
 * value is quoted; `parseChallenges()` reads the same back.
 *
 * @throws {TypeError} for what no field can hold: a scheme or a name that is no token, names that differ in case only, a token68
 * that is none or comes beside parameters, a value with a line break, another control character, or beyond Latin-1. It quotes no value.
 */
export function printChallenge({ scheme, token68, params }: Challenge): string {
  if (!TOKEN.test(scheme)) throw unprintable('the scheme', 'is no token');
  const entries = Object.entries(params);
  if (token68 !== undefined) {
    if (!TOKEN68.test(token68)) throw unprintable('its token68', 'is none');
    if (entries.length > 0) throw unprintable('its token68', 'comes beside parameters');
    return `${scheme} ${token68}`;
  }
  const names = entries.map(([name]) => name.toLowerCase());
  if (new Set(names).size < names.length) throw unprintable('a parameter’s name', 'is given twice');
  const printed = entries.map(([name, value]) => {
    if (!TOKEN.test(name)) throw unprintable('a parameter’s name', 'is no token');
    if (!QUOTABLE.test(value)) throw unprintable(`"${name}"`, 'has characters that no field can hold');
    return `${name}="${value.replace(/["\\]/g, '\\$&')}"`;
  });
  return printed.length === 0 ? scheme : `${scheme} ${printed.join(', ')}`;
}

function unprintable(what: string, why: string): TypeError {
  return new TypeError(`printChallenge(): ${what} ${why}`);
}
