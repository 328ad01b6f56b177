import fc from 'fast-check';
import Link from 'http-link-header';
import { AxiosHeaders, type AxiosResponse } from 'axios';
import { nextInHeader } from './page-link.js';
import type { PaginateError } from './paginate-error.js';

const nextIn = (...lines: readonly string[]): string | undefined => {
  const headers = AxiosHeaders.from({ link: lines.length === 1 ? lines[0]! : [...lines] });
  return nextInHeader({
    headers,
    data: '',
    status: 200,
    statusText: '',
    config: { headers },
  } as AxiosResponse);
};

describe('a Link header', () => {
  it.each<[string, string]>([
    ['the usual', '<b>; rel="next", <z>; rel="last"'],
    ['without quotes', '<b>;rel=next'],
    ['in capitals', '<b>; REL = "NEXT"'],
    ['a link with several relations', '<b>; rel="prev\tnext  last"'],
    ['a comma after a space', '<b>; rel="next" , <z>; rel="last"'],
    ['the next link as the last one, after a space', '<z>; rel=last , <b>; rel=next'],
    ['empty elements', ', <z>; rel=prev,, <b>; rel="next",'],
    ['parameters without a value', '<z>; rel=preload; crossorigin, <b>; nopush; rel="next"; crossorigin'],
    ['a malformed title*', "<b>; title*=UTF-8''%zz; rel=next"],
    ['a link in a text', '<z>; title="a, <evil>; rel=next", <b>; rel="next"'],
    ['a quoted pair', '<z>; title="\\", <evil>; rel=next", <b>; rel="n\\ext"'],
    ['commas and semicolons in the URL', '<z?a=1,2;3>; rel=prev, <b>; rel=next'],
    ['the first rel of two', '<z>; rel=prev; rel=next, <b>; rel="next"; rel="prev"'],
    ['a link of something else than the page', '<z>; rel=next; anchor="/other", <b>; rel=next'],
    ['the page itself as its anchor', '<b>; rel=next; anchor=""'],
    ['an anchor without a value', '<b>; anchor; rel=next'],
    ['spaces around its URL', '< b\t>; rel=next'],
    ['junk that names no next page behind it', '<b>; rel=next, junk'],
  ])('with %s tells the next page', (_, header) => {
    expect(nextIn(header)).toBe('b');
  });

  it('in several lines tells the next page', () => {
    expect(nextIn('<z>; rel="prev"', '<b>; rel="next"')).toBe('b');
  });

  it.each([
    '',
    ',',
    '<z>; rel="prev"',
    '<z>',
    '<z>; rel="nextnext"',
    '<z>; rel="x-next"',
    '<>; title=next',
    '<z>; rel="prev"; title="next"; "x"',
    'junk',
  ])('tells no next page: %p', (header) => {
    expect(nextIn(header)).toBeUndefined();
  });

  it.each([
    '<b; rel="next"',
    '<b>; rel="next',
    'b; rel="next"',
    '<z>; rel=prev, b; rel=next',
    '<b>; "x"; rel=next',
    '<b>; rel=prev next',
    "<b>; rel='next'",
  ])('that cannot be read does not cut the list off in silence: %p', (header) => {
    expect(() => nextIn(header)).toThrow(/Link header of a page names a next one, and cannot be read/);
  });

  it('as another program prints it tells the first next link', () => {
    const word = fc.stringMatching(/^[a-z]{1,8}$/);
    const uri = fc.stringMatching(/^[!-;=?-~ ]{1,20}$/).map((text) => text.trim() + '!');
    const rel = fc.array(fc.oneof(fc.constant('next'), word), { minLength: 1, maxLength: 3 });
    const title = fc.option(fc.stringMatching(/^[ -~]{1,20}$/), { nil: undefined });
    fc.assert(
      fc.property(fc.array(fc.tuple(uri, rel, title), { maxLength: 5 }), (links) => {
        const printed = new Link();
        for (const [to, rels, titled] of links)
          printed.set({ uri: to, rel: rels.join(' '), ...(titled !== undefined && { title: titled }) });
        const first = links.find(([, rels]) => rels.includes('next'));
        expect(nextIn(printed.toString())).toBe(first?.[0]);
      }),
      { numRuns: 500 },
    );
  });

  it('of any text is read, or refused with our error', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '<',
        '>',
        '"',
        '\\',
        ',',
        ';',
        '=',
        ' ',
        'rel=',
        'next',
        'anchor',
        '<b>',
        '; rel="next"',
      ),
      fc.string({ maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const header = pieces.join('');
        expect([undefined, 'ERR_PAGINATE']).toContain(faultOf(header));
      }),
      { numRuns: 2_000 },
    );
  });

  const hostile: [string, (size: number) => string][] = [
    ['parameters without a value', (size) => `<b>${';a'.repeat(size / 2)}`],
    ['relations', (size) => `<b>; rel="${'x '.repeat(size / 2)}"`],
    ['relations and parameters', (size) => `<b>; rel="${'x '.repeat(size / 4)}"${';a=b'.repeat(size / 8)}`],
    ['links', (size) => '<b>;rel=x,'.repeat(size / 10)],
    ['quotes that do not end', (size) => `<b>;${'"\\'.repeat(size / 2)}`],
    ['quoted texts', (size) => `<b>;${'a="b";'.repeat(size / 6)}"`],
    ['brackets', (size) => '<'.repeat(size)],
    ['spaces', (size) => `<b>${' '.repeat(size)};x`],
    ['commas', (size) => `${','.repeat(size)}x`],
    ['semicolons', (size) => `<b>${';'.repeat(size)}"`],
    ['equals signs', (size) => `<b>;a${'='.repeat(size)}`],
  ];
  it.each(hostile)('of a megabyte of %s takes as long as the same in pieces', (_, headerOf) => {
    const [short, long] = [headerOf(64 * 1024), headerOf(1024 * 1024)];
    const growths: number[] = [];
    // The best of three: whatever else goes on here makes a time longer, and none shorter.
    do {
      const inPieces = cpuTimeOf(() => {
        for (let piece = 0; piece < 16; piece += 1) faultOf(short);
      });
      growths.push(
        cpuTimeOf(() => {
          faultOf(long);
        }) / inPieces,
      );
    } while (Math.min(...growths) > 4 && growths.length < 3);
    expect(Math.min(...growths)).toBeLessThan(4);
  });
});

function faultOf(header: string): unknown {
  try {
    nextIn(header);
    return undefined;
  } catch (error) {
    return (error as PaginateError).code;
  }
}

/** Microseconds of this process's own. */
function cpuTimeOf(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
