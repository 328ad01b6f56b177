import { type Step } from '@holdfast/testing';
import { type RetryOptions } from './index.js';
import { held, run, errorOf } from './made-retries.js';

describe('an idempotency key', () => {
  it("the caller's own key stays as it is", async () => {
    const { client, requests } = held([{ status: 500 }, { status: 201 }]);
    await run(
      client.post('/x', {}, { headers: { 'idempotency-key': 'mine' }, holdfast: { idempotencyKey: true } }),
    );
    expect(requests.map(({ headers }) => headers['idempotency-key'])).toEqual(['mine', 'mine']);
  });

  it.each([undefined, null, ''])(
    'not a POST whose idempotency key is %p: no key is sent then',
    async (key) => {
      const { client, requests } = held(Array<Step>(5).fill({ status: 500 }));
      await errorOf(client.post('/x', {}, { headers: { 'Idempotency-Key': key } }));
      expect(requests).toHaveLength(1);
      await errorOf(
        client.post('/x', {}, { headers: { 'Idempotency-Key': key }, holdfast: { idempotencyKey: 'mine' } }),
      );
      expect(requests.slice(1).map(({ headers }) => headers['idempotency-key'])).toEqual(
        Array(4).fill('"mine"'),
      );
    },
  );

  it.each([
    ['a "quoted" \\ key', '"a \\"quoted\\" \\\\ key"'],
    ['order 7', '"order 7"'],
  ])('%s goes out as a structured-field string', async (idempotencyKey, sent) => {
    const { client, requests } = held([{ status: 201 }]);
    await run(client.post('/x', {}, { holdfast: { idempotencyKey } }));
    expect(requests[0]?.headers['idempotency-key']).toBe(sent);
  });

  it.each<[string, unknown]>([
    ['of two lines', 'a secret\r\nx: y'],
    ['with an umlaut', 'schl\u00fcssel'],
    ['that is empty', ''],
    ['that is a number', 7],
    ['that is false', false],
  ])('%s is refused before anything is sent, and is not told', async (_what, idempotencyKey) => {
    const { client, requests } = held([{ status: 201 }]);
    const holdfast = { idempotencyKey } as { idempotencyKey: string };
    const error = await errorOf(client.post('/x', {}, { holdfast }));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/^holdfast: the option "idempotencyKey" must be true, or a text/);
    expect(error.message).not.toContain('secret');
    expect(requests).toHaveLength(0);
  });

  it('goes by the name that the service knows, and only that makes a POST safe to repeat', async () => {
    const options: RetryOptions = { idempotencyHeader: 'X-Request-Key', retries: 1 };
    const { client, requests } = held(Array<Step>(9).fill({ status: 500 }), options);
    await errorOf(client.post('/x', {}, { holdfast: { idempotencyKey: 'mine' } }));
    expect(requests.map(({ headers }) => headers['x-request-key'])).toEqual(['"mine"', '"mine"']);
    expect(requests[0]?.headers).not.toHaveProperty('idempotency-key');
    await errorOf(client.post('/x', {}, { headers: { 'x-request-key': 'own' } }));
    expect(requests).toHaveLength(4);
    await errorOf(client.post('/x', {}, { headers: { 'Idempotency-Key': 'own' } }));
    expect(requests).toHaveLength(5);
  });
});
