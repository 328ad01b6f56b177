import { BYTES_FLAGS, runProgram } from '../run-program.js';
import type { StackCounts } from './overhead-result.js';
import { STACK_NAMES, type StackName } from './stack-names.js';

/** More than this is a step back. */
const MOST_BYTES = 4_400;
/** Of a factory's client over one that stands alone; a promise or a signal for each call was 543. */
const MOST_FACTORY_BYTES = 250;

/** Of three programs, since in one the compiler may have settled with less: what a call must allocate, it does in each. */
async function leastBytes(than: StackName, of: StackName): Promise<number> {
  const found: number[] = [];
  for (let program = 0; program < 3; program += 1) {
    const { over } = (await runProgram('overhead/warm-call', ['bytes', than, of], BYTES_FLAGS)) as {
      readonly over: Readonly<Record<string, number>>;
    };
    found.push(over[of] ?? Number.NaN);
  }
  return Math.min(...found);
}

describe('a call that succeeds at once', () => {
  let counted: Readonly<Record<StackName, StackCounts>>;
  beforeAll(async () => {
    counted = (await runProgram('overhead/warm-call', ['counts'])) as typeof counted;
  });

  /** Beyond bare axios. */
  const over = (name: StackName) =>
    Object.fromEntries(
      Object.entries(counted[name]).map(([count, figure]) => [
        count,
        figure - counted.bare[count as keyof StackCounts],
      ]),
    );

  it('starts no timer, makes no error, sends once, and asks nobody for a token', () => {
    expect(over('standard')).toEqual({
      timers: 0,
      abortControllers: 0,
      errors: 0,
      stacks: 0,
      urls: 0,
      sends: 0,
      axiosCalls: 0,
      headersSet: 0,
      msalCalls: 0,
      clockReadings: 4,
    });
  });

  it('makes no more by a client of a factory', () => {
    expect(counted.factory).toEqual(counted.standard);
  });

  it('is counted: the naive stack starts a timer for each, and cockatiel makes an AbortController', () => {
    expect(over('naive-msal')).toMatchObject({ timers: 1, msalCalls: 1, axiosCalls: 0, sends: 0 });
    expect(over('cockatiel')).toMatchObject({ abortControllers: 1, sends: 0 });
  });

  it(`allocates at most ${MOST_BYTES} bytes more than one of bare axios`, async () => {
    const bytes = await leastBytes('bare', 'standard');
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
  });

  it(`allocates at most ${MOST_FACTORY_BYTES} bytes more through a client of a factory than through one that stands alone`, async () => {
    expect(await leastBytes('standard', 'factory')).toBeLessThanOrEqual(MOST_FACTORY_BYTES);
  });

  it('has its time held against the first stack that is named', async () => {
    const ratios = (await runProgram('overhead/warm-call', ['time', 'quick'])) as Record<StackName, number>;
    expect(Object.keys(ratios)).toEqual(STACK_NAMES);
    expect(ratios.bare).toBe(1);
    expect(Object.values(ratios).filter((ratio) => !(ratio > 0))).toEqual([]);
  });

  it('is measured by no stack that there is not', async () => {
    await expect(runProgram('overhead/layer', ['time', 'bear'])).rejects.toThrow(
      'overhead/layer time bear ended with 1',
    );
  });
});
