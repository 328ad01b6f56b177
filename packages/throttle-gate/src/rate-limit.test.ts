import fc from 'fast-check';
import { allowanceIn } from './rate-limit.js';

const NOW = Date.UTC(2026, 0, 1);
const read = (headers: Record<string, unknown>) => allowanceIn(headers, NOW);

describe('allowanceIn()', () => {
  it.each<[string, Record<string, string | number | string[]>, unknown]>([
    ['RateLimit', { RateLimit: '"default";r=3;t=30' }, { remaining: 3, quota: undefined, resetMs: 30_000 }],
    [
      'RateLimit with its policy',
      { ratelimit: '"a";r=3;t=30', 'ratelimit-policy': '"a";q=10;w=60;pk=:cHs=:' },
      { remaining: 3, quota: 10, resetMs: 30_000 },
    ],
    [
      'no reset, but a window',
      { ratelimit: '"a";r=3', 'ratelimit-policy': '"a";q=10;w=60' },
      { remaining: 3, quota: 10, resetMs: 60_000 },
    ],
    [
      'the scarcest of several policies',
      { ratelimit: ['"a";r=3;t=30', '"b";r=1;t=3600'] },
      { remaining: 1, quota: undefined, resetMs: 3_600_000 },
    ],
    [
      'of several policies the one that is used up',
      { ratelimit: '"burst";r=0;t=5, "day";r=10;t=80000' },
      { remaining: 0, quota: undefined, resetMs: 5_000 },
    ],
    [
      'of two that are used up the one that lasts longer',
      {
        ratelimit: '"day";r=0;t=80000, "burst";r=0;t=5',
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': '9',
      },
      { remaining: 0, quota: undefined, resetMs: 80_000_000 },
    ],
    [
      'of several partitions the scarcest',
      { ratelimit: '"a";r=9;t=9;pk=:YQ==:, "a";r=1;t=9;pk=:Yg==:', 'ratelimit-policy': '"a";q=100;w=9' },
      { remaining: 1, quota: 100, resetMs: 9_000 },
    ],
    [
      'a reset that is no number, in spite of the window',
      { ratelimit: '"a";r=3;t=-1', 'ratelimit-policy': '"a";q=10;w=60' },
      undefined,
    ],
    ['a reset at once', { ratelimit: '"a";r=0;t=0', 'ratelimit-policy': '"a";q=10;w=60' }, undefined],
    [
      'of several policies each with its own quota',
      { 'ratelimit-limit': '50, 8', 'ratelimit-remaining': '40, 5', 'ratelimit-reset': '7, 9' },
      'ample',
    ],
    [
      'a number',
      { 'X-RateLimit-Remaining': 3, 'X-RateLimit-Reset': 7 },
      { remaining: 3, quota: undefined, resetMs: 7_000 },
    ],
    ['plenty', { ratelimit: '"a";r=5;t=30', 'ratelimit-policy': '"a";q=10' }, 'ample'],
    ['bytes', { ratelimit: '"a";r=5;t=30', 'ratelimit-policy': '"a";q=10;qu="content-bytes"' }, undefined],
    [
      'draft 7',
      { ratelimit: 'limit=100, remaining=5, reset=7' },
      { remaining: 5, quota: 100, resetMs: 7_000 },
    ],
    [
      'draft 6',
      { 'RateLimit-Limit': '100, 100;w=60', 'RateLimit-Remaining': '5', 'RateLimit-Reset': '7' },
      { remaining: 5, quota: 100, resetMs: 7_000 },
    ],
    [
      'x-ratelimit in delta seconds',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '7' },
      { remaining: 0, quota: undefined, resetMs: 7_000 },
    ],
    [
      'x-ratelimit in epoch seconds',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW / 1_000 + 9) },
      { remaining: 0, quota: undefined, resetMs: 9_000 },
    ],
    [
      'x-ratelimit in epoch milliseconds',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW + 9_500) },
      { remaining: 0, quota: undefined, resetMs: 9_500 },
    ],
    [
      'an instant that has passed',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW - 1) },
      undefined,
    ],
    ['no reset', { 'x-ratelimit-remaining': '0' }, undefined],
    ['nothing', { 'content-type': 'text/plain' }, undefined],
  ])('reads %s', (_what, headers, expected) => {
    expect(read(headers)).toEqual(expected);
  });

  it.each(['1e300', '1' + '0'.repeat(300), 'NaN', '-1', 'Infinity', '', ' ', '0x10', '"5"', '5 6'])(
    'a service that says %j has said nothing',
    (nonsense) => {
      expect(read({ 'x-ratelimit-remaining': nonsense, 'x-ratelimit-reset': '10' })).toBeUndefined();
      expect(read({ 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': nonsense })).toBeUndefined();
      expect(read({ ratelimit: `"a";r=${nonsense};t=10` })).toBeUndefined();
    },
  );

  it('does not look at a list of 100,000', () => {
    const ratelimit = Array.from({ length: 100_000 }, (_, index) => `"${index}";r=1;t=9`).join(', ');
    expect(read({ ratelimit })).toBeUndefined();
    expect(read({ ratelimit: ratelimit.split(', ') })).toBeUndefined();
    expect(read({ 'x-ratelimit-remaining': '1,'.repeat(100_000), 'x-ratelimit-reset': '9' })).toBeUndefined();
  });

  it('whatever a service sends, never throws, and says nothing that is no number of calls and milliseconds', () => {
    const part = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '"a"',
        ';r=',
        ';t=',
        ';q=',
        ';w=',
        '1',
        '0',
        '99',
        ',',
        ' ',
        '1e9',
        ':aa:',
        '(',
        ')',
        'limit=',
        'remaining=3',
        'reset=4',
      ),
    );
    const noise = fc.array(part, { maxLength: 30 }).map((parts) => parts.join(''));
    const figure = fc.oneof(fc.nat(100), fc.constantFrom(0, 1e9, NOW / 1_000 + 9, NOW + 9_000, 1e15, 1e16));
    const policy = fc.constantFrom('"a"', '"b"', 'c', '5');
    const parameter = fc.tuple(fc.constantFrom('r', 't', 'q', 'w', 'pk', 'qu'), fc.oneof(figure, part));
    const item = fc
      .tuple(policy, figure, figure, fc.array(parameter, { maxLength: 3 }))
      .map(([name, left, reset, others]) =>
        [`${name};r=${left};t=${reset}`, ...others.map(([key, value]) => `${key}=${value}`)].join(';'),
      );
    const items = fc.array(item, { minLength: 1, maxLength: 4 }).map((all) => all.join(', '));
    const figures = fc
      .array(fc.oneof(figure, noise), { minLength: 1, maxLength: 3 })
      .map((all) => all.join(', '));
    const field = fc.oneof(items, figures, noise);
    const name = fc.constantFrom(
      ...['ratelimit', 'ratelimit-policy', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'x-ratelimit-limit'],
      ...['ratelimit-remaining', 'ratelimit-reset', 'ratelimit-limit', 'X-RateLimit-Remaining', 'RateLimit'],
    );
    let [tried, wasRead] = [0, 0];
    fc.assert(
      fc.property(fc.dictionary(name, fc.oneof(field, fc.array(field))), (headers) => {
        const allowance = read(headers);
        tried += 1;
        if (allowance === undefined || allowance === 'ample') return;
        wasRead += 1;
        expect(Number.isSafeInteger(allowance.remaining) && allowance.remaining >= 0).toBe(true);
        expect(allowance.resetMs > 0 && allowance.resetMs < Infinity).toBe(true);
      }),
      { numRuns: 2_000 },
    );
    // Else the fields are too wild to prove anything.
    expect(wasRead).toBeGreaterThan(tried / 20);
  });
});
