import { callOf } from '@holdfast/core';
import { spawnSync } from 'node:child_process';
import { CallPromise } from './call-promise.js';
import { FOUND, Orders, ordersClient } from './made-orders-sdk.js';

/** A process in which a call fails, and that looks at it in some way. */
function processThat(looks: string) {
  const program = `
    import { CallPromise } from './call-promise.ts';
    const call = new CallPromise(Promise.reject(new Error('failed')));
    ${looks}
  `;
  const flags = ['--conditions=@holdfast/source', '--import=tsx', '--input-type=module', '--eval', program];
  const { status, stderr } = spawnSync(process.execPath, flags, { cwd: __dirname, encoding: 'utf8' });
  return { status, reports: stderr.match(/Error: failed/g)?.length ?? 0 };
}

describe('what a call of an SDK returns', () => {
  it('gives the data, and by withResponse() its response and its call', async () => {
    const { client } = ordersClient();
    const call = new Orders(client).get('7');
    await expect(call).resolves.toEqual({ id: '7' });
    const answer = await call.withResponse();
    expect(answer.data).toEqual({ id: '7' });
    expect(answer.response.status).toBe(200);
    expect(answer.call).toBe(callOf(answer.response));
    expect(String(answer.call)).toContain('GET orders');
  });

  it('sends once, however often it is awaited, and also when it never is', async () => {
    const { client, requests } = ordersClient(FOUND, { credential: false });
    const call = new Orders(client).get('7');
    expect(requests).toHaveLength(1);
    await Promise.all([call, call, call.withResponse(), call.then(), call.finally()]);
    expect(requests).toHaveLength(1);
  });

  it('is a promise to all who take one', async () => {
    const { client } = ordersClient([FOUND, { status: 404 }, FOUND]);
    const orders = new Orders(client);
    await expect(Promise.all([orders.get('7')])).resolves.toEqual([{ id: '7' }]);
    await expect(orders.get('8').catch(() => 'gone')).resolves.toBe('gone');
    let ended = 0;
    await orders.get('9').finally(() => (ended += 1));
    expect(ended).toBe(1);
    expect(Object.prototype.toString.call(new CallPromise(new Promise<never>(() => undefined)))).toBe(
      '[object CallPromise]',
    );
  });

  it('that fails is reported by Node while nobody looks, as any promise is', () => {
    expect(processThat('')).toEqual({ status: 1, reports: 1 });
  });

  it('of which only one side is looked at leaves no rejection of the other behind', () => {
    expect(processThat('await call.withResponse().catch(() => undefined);')).toEqual({
      status: 0,
      reports: 0,
    });
    expect(processThat('await call.catch(() => undefined);')).toEqual({ status: 0, reports: 0 });
  });
});
