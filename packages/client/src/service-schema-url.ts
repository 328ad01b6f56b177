import { isSecure } from '@holdfast/core';
import * as v from 'valibot';
import type { Leaf } from './service-schema-option.js';

const ABSOLUTE = 'an absolute URL, by https or on loopback';
const URL_TEXT = /^[Hh][Tt][Tt][Pp][Ss]?:\/\/\S+$/;

/** Where a service is. Its token goes there: nobody on the way may read it, and nothing else may stand in its place. */
export function baseURL(description: string): Leaf<string> {
  const schema = v.pipe(
    v.string(ABSOLUTE),
    v.regex(URL_TEXT, ABSOLUTE),
    v.check((text) => URL.canParse(text), ABSOLUTE),
    v.check((text) => of(text, isSecure), 'by https, or by http on loopback'),
    v.check(
      (text) => of(text, ({ username, password }) => username === '' && password === ''),
      'without a user name and a password, which axios would send in place of the token',
    ),
    // An empty one leaves its sign behind, and paths would be put behind that.
    v.check((text) => !/[?#]/.test(text), 'without a query and a fragment, to which paths would be added'),
  );
  return { description, schema, reads: [] };
}

export function origins(description: string): Leaf<string[]> {
  const allowed = 'an origin such as "https://files.example", by https or on loopback';
  const one = v.pipe(
    v.string(allowed),
    v.check(
      (text) =>
        of(text, (url) => isSecure(url) && !url.hostname.includes('*') && url.href === `${url.origin}/`),
      allowed,
    ),
  );
  return { description, schema: v.array(one, `a list, each ${allowed}`), reads: ['list'] };
}

function of(text: string, accepts: (url: URL) => boolean): boolean {
  return URL.canParse(text) && accepts(new URL(text));
}
