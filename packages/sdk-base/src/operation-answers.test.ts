import type { Step } from '@holdfast/testing';
import { API, json, operationStage } from './made-operations.js';

const MONITOR = `${API}/operations/1`;
const ACCEPTED = json(202, {}, { 'Operation-Location': MONITOR });
const DONE = json(200, { status: 'Succeeded' });

describe('the result of an operation', () => {
  it.each<[string, string, Step[], unknown]>([
    [
      'at its Location may have a status of its own that is no text',
      'post',
      [json(202, {}, { Location: '/v1/a' }), json(200, { id: 7, status: 3 })],
      { id: 7, status: 3 },
    ],
    [
      'is in the monitor where that names an empty place',
      'post',
      [ACCEPTED, json(200, { status: 'Succeeded', resourceLocation: '', result: 7 })],
      7,
    ],
    [
      'is found where the resource of a PUT has moved to',
      'put',
      [ACCEPTED, DONE, { status: 307, headers: { Location: '/v1/moved/7' } }, json(200, { id: 7 })],
      { id: 7 },
    ],
  ])('%s', async (_, method, script, result) => {
    const stage = operationStage(script);
    const done = stage.start({ method, url: '/exports' }).pollUntilDone();
    await expect(stage.clock.runUntilSettled(done)).resolves.toEqual(result);
    expect(stage.requests).toHaveLength(script.length);
  });
});

describe('the state of an operation', () => {
  it('has no more of the word of the service than 200 characters', async () => {
    const stage = operationStage([ACCEPTED, json(200, { status: 'x'.repeat(10_000) })]);
    const operation = stage.start({ url: '/exports' });
    await stage.clock.settle();
    await operation.poll();
    expect(operation.state).toMatchObject({ status: 'running', serviceStatus: 'x'.repeat(200) });
  });

  it.each([
    [{ percentComplete: 0 }, 0],
    [{ percentComplete: 100 }, 100],
    [{ percentageComplete: 40 }, 40],
    [{ properties: { percentComplete: 50 } }, 50],
    [{ percentComplete: 101, percentageComplete: 60 }, 60],
    [{ percentComplete: -1 }, undefined],
    [{ percentComplete: '50' }, undefined],
  ])('by %j says how much is done: %p', async (told, percent) => {
    const stage = operationStage([ACCEPTED, json(200, { status: 'Running', ...told })]);
    const operation = stage.start({ url: '/exports' });
    await stage.clock.settle();
    await operation.poll();
    expect(operation.state.percentComplete).toBe(percent);
  });
});
