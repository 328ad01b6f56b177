import { allowanceIn } from './rate-limit.js';

const NOW = Date.UTC(2026, 0, 1);
const read = (headers: Record<string, unknown>) => allowanceIn(headers, NOW);
const LONGEST = 2_048;

describe('what a service says it still allows', () => {
  it.each<[string, Record<string, unknown>, unknown]>([
    [
      'is held against the quota of its policy, whether that is named by a text or by a token',
      { ratelimit: 'a;r=3;t=30', 'ratelimit-policy': '"a";q=10' },
      { remaining: 3, quota: 10, resetMs: 30_000 },
    ],
    [
      'is not held against the quota of another policy',
      { ratelimit: '"a";r=3;t=30', 'ratelimit-policy': '"b";q=4' },
      { remaining: 3, quota: undefined, resetMs: 30_000 },
    ],
    [
      'is not held against the quota of another policy that is named by a token',
      { ratelimit: 'a;r=3;t=30', 'ratelimit-policy': 'b;q=4' },
      { remaining: 3, quota: undefined, resetMs: 30_000 },
    ],
    [
      'counts where its policy says that it counts requests',
      { ratelimit: '"a";r=3;t=30', 'ratelimit-policy': '"a";q=10;qu="requests"' },
      { remaining: 3, quota: 10, resetMs: 30_000 },
    ],
    [
      'is not that of a list of policies in one',
      { ratelimit: '("a" "b");r=3;t=30, "c";r=2;t=9' },
      { remaining: 2, quota: undefined, resetMs: 9_000 },
    ],
    [
      'is not held against the quota of a list of policies in one',
      { ratelimit: '"";r=3;t=30', 'ratelimit-policy': '("a" "b");q=4' },
      { remaining: 3, quota: undefined, resetMs: 30_000 },
    ],
    ['is nothing where the number is no whole one', { ratelimit: '"a";r=1.5;t=30' }, undefined],
    [
      'in the words of draft 7 may be without a quota',
      { ratelimit: 'remaining=5, reset=7' },
      { remaining: 5, quota: undefined, resetMs: 7_000 },
    ],
    ['in the words of draft 7 is nothing without a number', { ratelimit: 'reset=7' }, undefined],
    ['in the words of draft 7 is nothing without a reset', { ratelimit: 'remaining=5' }, undefined],
    [
      'in decimals is rounded down, and its reset is not',
      { 'x-ratelimit-remaining': '3.25', 'x-ratelimit-reset': '7.25' },
      { remaining: 3, quota: undefined, resetMs: 7_250 },
    ],
    [
      'is that of the first of two which ask for the same pace',
      { ratelimit: '"a";r=1;t=10, "b";r=2;t=20' },
      { remaining: 1, quota: undefined, resetMs: 10_000 },
    ],
    // The least instants there are, both long over.
    ['in epoch seconds', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1000000000' }, undefined],
    [
      'in epoch milliseconds',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '100000000000' },
      undefined,
    ],
  ])('%s', (_what, headers, expected) => {
    expect(read(headers)).toEqual(expected);
  });

  it('is read from fields up to a length, and from no longer ones', () => {
    const field = (length: number) => '"a";r=3;t=30;x="'.padEnd(length - 1, 'x') + '"';
    expect(read({ ratelimit: field(LONGEST) })).toMatchObject({ remaining: 3 });
    expect(read({ ratelimit: field(LONGEST + 1) })).toBeUndefined();
  });

  it('is read from up to as many lines, and from no more of them', () => {
    const lines = (count: number) => ({
      'x-ratelimit-remaining': ['0', ...Array<string>(count - 1).fill('')],
      'x-ratelimit-reset': '9',
    });
    expect(read(lines(LONGEST))).toMatchObject({ remaining: 0 });
    expect(read(lines(LONGEST + 1))).toBeUndefined();
  });

  it('is not looked for field by field in an answer that says nothing of it', () => {
    let walks = 0;
    const headers = {
      'content-type': 'text/plain',
      'my-ratelimit-remaining': '0',
      'my-ratelimit-reset': '9',
    };
    const watched = new Proxy(headers, {
      ownKeys: (target) => {
        walks += 1;
        return Reflect.ownKeys(target);
      },
    });
    expect([read(watched), walks]).toEqual([undefined, 1]);
  });

  it.each([undefined, null, 'ratelimit', 7])('is nothing where an adapter has no headers: %j', (headers) => {
    expect(allowanceIn(headers, NOW)).toBeUndefined();
  });
});
