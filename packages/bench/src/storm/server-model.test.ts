import { manualClock } from '@holdfast/testing';
import { stormSetting } from './settings.js';
import { ServerModel, type ServerAnswer } from './server-model.js';
import type { Fault, StormSetting } from './storm-result.js';

interface Answered extends ServerAnswer {
  /** Milliseconds after the start. */
  readonly atMs: number;
}

/** Sends so many requests at once, each time, and lets a minute pass. The outage is from second 10 to second 20. */
async function answersTo(
  fault: Fault,
  requests: readonly (readonly [atMs: number, count: number])[],
  other: Partial<StormSetting> = {},
): Promise<readonly Answered[]> {
  using clock = manualClock({ fakeGlobals: false });
  const startedAt = clock.now();
  const server = new ServerModel(stormSetting(fault, 0.7, other), clock, startedAt + 10_000);
  const answers: Answered[] = [];
  for (const [atMs, count] of requests)
    clock.setTimeout(() => {
      for (let index = 0; index < count; index += 1)
        server.request((answer) => answers.push({ ...answer, atMs: clock.now() - startedAt }));
    }, atMs);
  await clock.advance(60_000);
  return answers;
}

const instantsOf = (answers: readonly Answered[]): readonly number[] => answers.map(({ atMs }) => atMs);

describe('the service of the simulation', () => {
  it('answers so many requests at once as make its capacity, the others in their order after them', async () => {
    const answers = await answersTo('hang', [[0, 120]]);

    const together = (atMs: number, count: number) => Array.from({ length: count }, () => atMs);
    expect(instantsOf(answers)).toEqual([...together(50, 50), ...together(100, 50), ...together(150, 20)]);
    expect(answers.every(({ status }) => status === 200)).toBe(true);
  });

  it('answers 503 at once, without a Retry-After, to what finds its queue full', async () => {
    const answers = await answersTo('unavailable-told', [[0, 60]], { queueLength: 7 });

    expect(answers.filter(({ status }) => status === 503)).toEqual([
      { status: 503, atMs: 0 },
      { status: 503, atMs: 0 },
      { status: 503, atMs: 0 },
    ]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(57);
  });

  it('"unavailable": answers 503 at once for as long as it is out', async () => {
    const answers = await answersTo('unavailable', [
      [9_999, 1],
      [10_000, 1],
      [19_999, 1],
      [20_000, 1],
    ]);

    expect(answers).toEqual([
      { status: 503, atMs: 10_000 },
      { status: 200, atMs: 10_049 },
      { status: 503, atMs: 19_999 },
      { status: 200, atMs: 20_050 },
    ]);
  });

  it('"unavailable-told": says for how many seconds more, rounded up', async () => {
    const answers = await answersTo('unavailable-told', [
      [10_000, 1],
      [10_001, 1],
      [19_000, 1],
      [19_999, 1],
    ]);

    expect(answers.map(({ retryAfter }) => retryAfter)).toEqual(['10', '10', '1', '1']);
  });

  it('"hang": never answers what comes while it is out, and is as ever afterwards', async () => {
    const answers = await answersTo('hang', [
      [9_990, 1],
      [10_000, 5_000],
      [20_000, 1],
    ]);

    expect(instantsOf(answers)).toEqual([10_040, 20_050]);
  });

  it('"slow": takes five times as long for what it begins while it is out', async () => {
    const answers = await answersTo('slow', [
      [9_999, 1],
      [10_000, 1],
      [19_999, 1],
      [20_000, 1],
    ]);

    expect(instantsOf(answers)).toEqual([10_049, 10_250, 20_050, 20_249]);
  });
});
