import { overhead } from './measurement.js';
import type { OverheadResult, StackCounts } from './overhead-result.js';
import { STACK_NAMES, STACK_TITLES } from './stack-names.js';

const each = <T>(figure: (index: number) => T) =>
  Object.fromEntries(STACK_NAMES.map((name, index) => [name, figure(index)]));

const NOTHING: StackCounts = {
  ...{ timers: 0, abortControllers: 0, errors: 0, stacks: 0, urls: 0 },
  ...{ sends: 1, axiosCalls: 1, headersSet: 4, msalCalls: 0, clockReadings: 4 },
};

/** Every goal is met, and just so where there is more than none. */
const RESULT: OverheadResult = {
  memory: { ...each((index) => 2 + index / 100), standard: 1.05 },
  bytes: {
    over: { ...each((index) => 5_000 + index), standard: 2_048 },
    whole: each((index) => 25_000 + index),
  },
  counts: each(() => NOTHING),
  layer: { bare: 0, opossum: 4 / 3, nothing: 0.25, standard: 1 },
  loopback: { ...each((index) => 3 + index / 100), standard: 1.02 },
  lookUps: {
    'getToken(scope)': { 1: { ns: 61, bytes: 7 }, 100: { ns: 62, bytes: 8 }, 10000: { ns: 63, bytes: 9 } },
  },
  msal: { 1: 141, 10000: 16_952 },
  inFlight: { deadline: { bytes: { 1000: 31_001, 16000: 31_016 } } },
};

const missed = (changed: Partial<OverheadResult>) =>
  overhead
    .goals({ ...RESULT, ...changed })
    .filter(({ measured, atMost }) => !(measured <= atMost))
    .map(({ what }) => what);

describe('the goals of a call that succeeds', () => {
  it('are met at the figure that is asked for, and none is forgotten', () => {
    expect(missed({})).toEqual([]);
    expect(overhead.goals(RESULT)).toHaveLength(12);
  });

  it.each<[string, Partial<OverheadResult>]>([
    ['a warm call in memory, over bare axios', { memory: { standard: 1.06 } }],
    ['client CPU of a call on loopback, over bare axios', { loopback: { standard: 1.03 } }],
    ['allocated by a warm call, over bare axios', { bytes: { over: { standard: 2_049 }, whole: {} } }],
    ['the layer alone', { layer: { opossum: 2, standard: 1.1 } }],
    ['the layer alone, over `fire()` of opossum', { layer: { opossum: 1, standard: 0.8 } }],
    ['timers of a warm call', { counts: { standard: { ...NOTHING, timers: 1 } } }],
    ['AbortControllers of a warm call', { counts: { standard: { ...NOTHING, abortControllers: 1 } } }],
    ['Errors of a warm call', { counts: { standard: { ...NOTHING, errors: 1 } } }],
    ['ways through axios of a warm call', { counts: { standard: { ...NOTHING, axiosCalls: 2 } } }],
    ['tokens asked of MSAL of a warm call', { counts: { standard: { ...NOTHING, msalCalls: 1 } } }],
    ['a warm call in memory, over bare axios', { memory: {} }],
  ])('miss: %s', (what, changed) => {
    expect(missed(changed)).toEqual([what]);
  });

  it('miss: a token that takes longer to find among many', () => {
    const lookUps = { 'getToken(scope)': { 1: { ns: 200, bytes: 0 }, 10000: { ns: 201, bytes: 0 } } };
    expect(missed({ lookUps })).toEqual(['a cached token, of 10,000']);
  });
});

describe('the page of a call that succeeds', () => {
  const page = overhead.page(RESULT);

  it.each(STACK_NAMES.map((name, index) => [name, index] as const))('has a row for %s', (name, index) => {
    const figures =
      name === 'bare'
        ? '2.00 | 3.00 | 0 (of 25,000)'
        : name === 'standard'
          ? '1.05 | 1.02 | 2,048'
          : `${(2 + index / 100).toFixed(2)} | ${(3 + index / 100).toFixed(2)} | 5,0${String(index).padStart(2, '0')}`;
    expect(page).toContain(`| ${STACK_TITLES[name]} | ${figures} |`);
    expect(page).toContain(`| ${STACK_TITLES[name]} | 0 | 0 | 0 | 0 | 1 | 1 | 0 | 4 |`);
  });

  it('has the layers, the tokens and the calls in flight', () => {
    expect(page).toContain('| opossum alone | 1.33 |');
    expect(page).toContain('| `getToken(scope)` | 0.061 µs | 0.062 µs | 0.063 µs | 9 |');
    expect(page).toContain('| MSAL | 141 µs |  | 16,952 µs |  |');
    expect(page).toContain('| by limits of its own | 31,001 | 31,016 |');
  });

  it('is the same after the result went through JSON', () => {
    expect(overhead.page(JSON.parse(JSON.stringify(RESULT)) as OverheadResult)).toBe(page);
  });
});
