import { type Step } from '@holdfast/testing';
import { callOf, type Classify, type Outcome } from './index.js';
import { BUSY, DONE, busyInBody, calls, classified, clock, errorOf, run } from './made-classified.js';

const only =
  (status: number, outcome: Outcome): Classify =>
  (_outcome, { response }) =>
    response?.status === status ? outcome : undefined;

describe('a service that says busy with 200', () => {
  it('is not called any more once it has said so often enough', async () => {
    const stage = classified(Array<Step>(20).fill(BUSY), busyInBody, { retry: false });
    await calls(stage, 20);
    const error = await errorOf(stage.client.get('/7'));
    expect([error.code, stage.requests.length]).toEqual(['ERR_CIRCUIT_OPEN', 20]);
    expect(stage.breakers.get('orders')?.lastFailure).toMatchObject({ status: 200 });
  });

  it('has that said by its call also where nobody is there to act on it', async () => {
    const off = { retry: false, throttleGate: false, circuitBreaker: false } as const;
    const { client } = classified([BUSY], busyInBody, off);
    const response = await run(client.get('/7'));
    expect([response.status, callOf(response)?.outcome]).toEqual([200, 'unavailable']);
  });

  it('is called on for ever where nobody knows it', async () => {
    const stage = classified(Array<Step>(40).fill(BUSY), undefined, { retry: false });
    await calls(stage, 40);
    expect(stage.requests).toHaveLength(40);
  });

  it('does not close the circuit by that when it is tried again', async () => {
    const stage = classified([...Array<Step>(20).fill(BUSY), BUSY, BUSY, DONE, DONE], busyInBody, {
      retry: false,
    });
    await calls(stage, 20);
    await clock.advance(2_000);
    await calls(stage, 2);
    expect(stage.breakers.get('orders')?.state).toBe('open');
    await clock.advance(4_000);
    await calls(stage, 2);
    expect(stage.breakers.get('orders')?.state).toBe('closed');
  });
});

describe('a status that a hook takes for an answer', () => {
  it('opens no circuit, however often it comes', async () => {
    const stage = classified(Array<Step>(40).fill({ status: 500 }), only(500, 'answered'), { retry: false });
    await calls(stage, 40);
    expect([stage.requests.length, stage.breakers.get('orders')?.state]).toEqual([40, 'closed']);
    expect(stage.breakers.get('orders')?.window).toMatchObject({ attempts: 40, failures: 0 });
  });

  it('counts for nothing when it is said to be the request’s own fault', async () => {
    const stage = classified(Array<Step>(40).fill({ status: 500 }), only(500, 'local'), { retry: false });
    await calls(stage, 40);
    expect([stage.requests.length, stage.breakers.get('orders')?.window.attempts]).toEqual([40, 0]);
  });
});

describe('an error that a hook takes for an answer', () => {
  it('says that the service is alive, also to a circuit that tries it again', async () => {
    const reset: Step = { error: 'ECONNRESET' };
    let alive = false;
    const stage = classified(
      Array<Step>(22).fill(reset),
      (outcome) => (alive && outcome === 'lost' ? 'answered' : undefined),
      { retry: false },
    );
    await calls(stage, 20);
    expect(stage.breakers.get('orders')?.state).toBe('open');
    await clock.advance(2_000);
    alive = true;
    await calls(stage, 2);
    expect(stage.breakers.get('orders')?.state).toBe('closed');
  });
});

describe('beside what retry has been told', () => {
  const failing = (outcome: Outcome | undefined, status = 200, headers = {}) =>
    classified([{ status, headers, data: 'x' }, DONE], only(status, outcome ?? 'success'), {});

  it('validateResponse says whether it is a failure, and the hook of which class', async () => {
    const notX = { retry: { validateResponse: ({ data }: { readonly data: unknown }) => data !== 'x' } };
    const script: Step[] = [{ status: 202, data: 'x' }, { status: 200 }];

    const throttled = classified(script, only(202, 'throttled'), notX);
    expect((await run(throttled.client.post('/7'))).status).toBe(200);

    const answered = classified(script, only(202, 'answered'), notX);
    const error = await errorOf(answered.client.get('/7'));
    expect([error.status, callOf(error)?.outcome, answered.requests.length]).toEqual([202, 'answered', 1]);

    const unnamed = classified(script, () => undefined, notX);
    expect((await run(unnamed.client.get('/7'))).status).toBe(200);
    expect(unnamed.requests).toHaveLength(2);
  });

  it('the hook is not asked anew about an answer that validateResponse has made a failure of', async () => {
    const hook = jest.fn<undefined, [Outcome]>();
    const script: Step[] = Array<Step>(4).fill({ status: 202 });
    const { client } = classified(script, hook, { retry: { validateResponse: () => false } });
    const error = await errorOf(client.get('/7'));
    expect([error.status, callOf(error)?.outcome]).toEqual([202, 'unavailable']);
    expect(hook.mock.calls.map(([outcome]) => outcome)).toEqual(Array(4).fill('success'));
  });

  it('the hook is not asked anew about the answer that the caller gets since nothing came after it', async () => {
    const hook = jest.fn<Outcome | undefined, [Outcome]>((outcome) =>
      outcome === 'success' ? 'unavailable' : undefined,
    );
    const { client, requests } = classified([{ status: 202 }], hook);
    let bodies = 0;
    const body = () => {
      bodies += 1;
      if (bodies === 2) throw new Error('the file is gone');
      return 'text';
    };
    const response = await run(client.put('/7', undefined, { holdfast: { body } }));
    expect([response.status, requests.length, callOf(response)?.outcome]).toEqual([202, 1, 'unavailable']);
    expect(hook.mock.calls.map(([outcome]) => outcome)).toEqual(['success', 'local']);
  });

  it('validateResponse makes a success of what the hook has called a failure: it is not sent again', async () => {
    const { client, requests } = classified([BUSY], busyInBody, { retry: { validateResponse: () => true } });
    expect((await run(client.get('/7'))).data).toEqual({ error: 'busy' });
    expect(requests).toHaveLength(1);
  });

  it('retryCondition is not asked about what the hook has called a success', async () => {
    const retryCondition = jest.fn(() => true);
    const { client, requests } = classified([{ status: 404 }], only(404, 'success'), {
      retry: { retryCondition },
    });
    expect(await errorOf(client.get('/7'))).toHaveProperty('status', 404);
    expect([requests.length, retryCondition.mock.calls.length]).toEqual([1, 0]);
  });

  it('retryCondition has the last word about what the hook has called unavailable', async () => {
    const retryCondition = jest.fn(() => false);
    const { client, requests } = classified([BUSY], busyInBody, { retry: { retryCondition } });
    expect((await run(client.get('/7'))).data).toEqual({ error: 'busy' });
    expect([requests.length, retryCondition.mock.calls.length]).toEqual([1, 1]);
  });

  it('x-should-retry: the service’s own word about sending again goes last', async () => {
    const no = failing('unavailable', 200, { 'x-should-retry': 'false' });
    expect((await run(no.client.get('/7'))).data).toBe('x');
    expect(no.requests).toHaveLength(1);

    const yes = failing('answered', 500, { 'x-should-retry': 'true' });
    await run(yes.client.post('/7'));
    expect(yes.requests).toHaveLength(2);
  });
});
