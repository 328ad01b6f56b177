import * as v from 'valibot';
import type { Step } from '@holdfast/testing';
import { failureOf } from './made-answers.js';
import { API, json, operationStage } from './made-operations.js';

const ACCEPTED = json(202, {}, { 'Operation-Location': `${API}/operations/1` });
const schema = v.pipe(
  v.object({ id: v.number() }),
  v.transform(({ id }) => `number ${id}`),
);

describe('the result of an operation', () => {
  it.each<[string, Step[], object]>([
    ['that was done at once', [json(200, { id: 7 })], {}],
    ['in the monitor', [ACCEPTED, json(200, { status: 'Succeeded', result: { id: 7 } })], {}],
    [
      'elsewhere',
      [
        ACCEPTED,
        json(200, { status: 'Succeeded', resourceLocation: 'https://files.test/7' }),
        json(200, { id: 7 }),
      ],
      {},
    ],
    [
      'that a function makes',
      [ACCEPTED, json(200, { status: 'Succeeded', at: 7 })],
      { resultOf: ({ data }: { data: { at: number } }) => Promise.resolve({ id: data.at }) },
    ],
  ])('%s is what its schema makes of it', async (_, script, options) => {
    const stage = operationStage(script);
    const done = stage.start({ url: '/exports' }, { ...options, schema }).pollUntilDone();
    await expect(stage.clock.runUntilSettled(done)).resolves.toBe('number 7');
    expect(stage.requests).toHaveLength(script.length);
  });

  it('that does not fit rejects, quotes nothing of it, and is not asked for again', async () => {
    const stage = operationStage([
      ACCEPTED,
      json(200, { status: 'Succeeded', resourceLocation: '/v1/r' }),
      json(200, { id: 'a-secret' }),
    ]);
    const operation = stage.start({ url: '/exports' }, { schema });
    const error = await stage.clock.runUntilSettled(failureOf(operation.pollUntilDone()));
    expect(error).toMatchObject({ code: 'ERR_RESPONSE_VALIDATION', response: { data: { id: 'a-secret' } } });
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('a-secret');
    expect(stage.requests).toHaveLength(3);
    expect(operation.isDone).toBe(true);
  });

  it('is checked by a validator, or nothing is looked at', () => {
    const stage = operationStage([json(200, 7)]);
    expect(() => stage.start({ url: '/exports' }, { schema: {} as never })).toThrow(
      /^http\.poll\(\): the option "schema" must be a validator/,
    );
  });
});
