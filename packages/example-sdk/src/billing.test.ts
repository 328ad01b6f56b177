import { ContentTooLargeError, RateLimitedError } from '@holdfast/sdk-base';
import {
  createTestClient,
  scriptedTransport,
  testClock,
  type ScriptFunction,
  type Step,
  type TestClientOptions,
} from '@holdfast/testing';
import { Billing, requeueAfter } from './index.js';

const statement: Step = { status: 201, data: '{"month":"2026-01","lines":2}' };

function billingWith(script: readonly Step[] | ScriptFunction, options: Partial<TestClientOptions> = {}) {
  const { adapter, requests } = scriptedTransport(script);
  const usual = { name: 'billing', baseURL: 'https://api.test', axios: { adapter } };
  return { billing: new Billing(createTestClient({ ...usual, ...options })), requests };
}

const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => 'it succeeded',
    (error: unknown) => error,
  );

describe('a statement of the bank', () => {
  it('is uploaded as CSV, for its month', async () => {
    const { billing, requests } = billingWith([statement]);
    await expect(billing.uploadStatement('2026-01', 'a,b\n1,2')).resolves.toEqual({
      month: '2026-01',
      lines: 2,
    });
    expect(requests[0]).toMatchObject({ method: 'put', url: '/statements/2026-01' });
    expect(requests[0]?.headers).toMatchObject({ 'content-type': 'text/csv', 'content-length': '7' });
  });

  it('is made anew where it has to be sent again', async () => {
    const { billing, requests } = billingWith([{ status: 503 }, statement]);
    let made = 0;
    await billing.uploadStatement('2026-01', () => {
      made += 1;
      return 'a,b\n1,2';
    });
    expect([made, requests.length]).toEqual([2, 2]);
  });

  it('that is too long is refused by the service', async () => {
    const { billing } = billingWith([{ status: 413 }]);
    await expect(billing.uploadStatement('2026-01', 'a,b')).rejects.toThrow(ContentTooLargeError);
  });
});

describe('a job that asks for a rate', () => {
  const rate: Step = { status: 200, data: '{"currency":"CHF","perEuro":0.94}' };

  it('waits where the service asks for a little patience, and has its rate', async () => {
    const { billing, requests } = billingWith([{ status: 429, headers: { 'retry-after': '2' } }, rate]);
    await expect(billing.rates.get('CHF')).resolves.toEqual({ currency: 'CHF', perEuro: 0.94 });
    expect(requests).toHaveLength(2);
  });

  it('is put back into its queue for as long as the service asks, and so are those behind it, unsent', async () => {
    const { billing, requests } = billingWith([{ status: 429, headers: { 'retry-after': '120' } }]);
    const queue: unknown[] = [];
    for (const currency of ['CHF', 'SEK', 'USD']) {
      const error = await failureOf(billing.rates.get(currency));
      queue.push([error instanceof RateLimitedError, Math.ceil((requeueAfter(error) ?? 0) / 60_000)]);
    }
    expect(queue).toEqual([
      [true, 2],
      [false, 2],
      [false, 2],
    ]);
    expect(requests).toHaveLength(1);
  });

  it('is put back while the circuit is open', async () => {
    const clock = testClock();
    const { billing, requests } = billingWith(() => ({ status: 500 }), {
      clock,
      circuitBreaker: { openMs: 60_000 },
    });
    const answer = { retry: false } as const;
    for (let call = 0; call < 20; call += 1) {
      await failureOf(billing.rates.get('CHF', answer));
      await clock.advance(100);
    }
    const sent = requests.length;
    const refused = await failureOf(billing.rates.get('CHF', answer));
    expect(refused).toHaveProperty('code', 'ERR_CIRCUIT_OPEN');
    expect(requeueAfter(refused)).toBeGreaterThan(0);
    expect(requests).toHaveLength(sent);
  });

  it('is put back for a minute where the service does not say for how long', async () => {
    const { billing } = billingWith(() => ({ status: 429 }));
    expect(requeueAfter(await failureOf(billing.rates.get('CHF', { retry: false })))).toBe(60_000);
  });

  it('is given up where it would fail again', async () => {
    const { billing } = billingWith([{ status: 404 }]);
    expect(requeueAfter(await failureOf(billing.rates.get('XXX')))).toBeUndefined();
    expect(requeueAfter(new TypeError('a mistake of ours'))).toBeUndefined();
  });
});
