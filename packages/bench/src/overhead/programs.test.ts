import { runProgram } from '../run-program.js';
import { LAYERS } from './measurement.js';
import type { LookUp } from './overhead-result.js';
import { STACK_NAMES } from './stack-names.js';

const isFinite = (figure: number): boolean => Number.isFinite(figure);

describe('a program that measures', () => {
  it('loopback-call: calls a server in another process by every stack', async () => {
    const ratios = (await runProgram('overhead/loopback-call', ['time', 'quick'])) as Record<string, number>;
    expect(Object.keys(ratios)).toEqual(STACK_NAMES);
    expect(ratios['bare']).toBe(1);
    expect(Object.values(ratios).filter((ratio) => !(ratio > 0))).toEqual([]);
  });

  it('layer: leaves out what is not around axios', async () => {
    const figures = (await runProgram('overhead/layer', [
      'time',
      'quick',
      ...LAYERS,
      'core-rest-pipeline',
    ])) as Record<string, number>;
    expect(Object.keys(figures)).toEqual(LAYERS);
    expect(figures['bare']).toBe(0);
    expect(Object.values(figures).every(isFinite)).toBe(true);
  });

  it('token-lookup: looks up among tokens, by every kind of what a request may say', async () => {
    const found = (await runProgram('overhead/token-lookup', ['time', 'quick'], ['--expose-gc'])) as Record<
      string,
      LookUp
    >;
    expect(Object.keys(found)).toHaveLength(6);
    for (const bySize of Object.values(found)) expect(Object.keys(bySize)).toEqual(['1', '100']);
  });

  it('msal-lookup: finds a token among those it was given, and asks for no other', async () => {
    const found = (await runProgram('overhead/msal-lookup', ['time', 'quick'])) as Record<string, number>;
    expect(Object.keys(found)).toEqual(['1', '100']);
    expect(Object.values(found).every(isFinite)).toBe(true);
  });
});
