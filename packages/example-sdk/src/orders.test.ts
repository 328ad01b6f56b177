import {
  ConflictError,
  NotFoundError,
  OperationFailedError,
  PreconditionFailedError,
  ResponseValidationError,
} from '@holdfast/sdk-base';
import { createTestClient, recordCalls, scriptedTransport, type Step } from '@holdfast/testing';
import { Orders } from './index.js';

const BASE = 'https://api.test/sales/v1';
const order = { id: '7', customer: 'Fabrikam', euros: 120, status: 'open' };
const json = (body: object, status = 200, headers: Readonly<Record<string, string>> = {}): Step => ({
  status,
  data: JSON.stringify(body),
  headers: { 'content-type': 'application/json', ...headers },
});
const problem = (status: number, title: string) =>
  json({ title, status }, status, { 'content-type': 'application/problem+json' });

function ordersWith(...script: readonly Step[]) {
  const { adapter, requests } = scriptedTransport(script);
  const client = createTestClient({ name: 'orders', baseURL: BASE, axios: { adapter } });
  return { orders: new Orders(client), client, requests };
}

describe('an order', () => {
  it('is had by its id, whatever stands in that, and typed', async () => {
    const { orders, requests } = ordersWith(json(order));
    const { euros, status } = await orders.get('A/7?x');
    expect([euros, status, requests[0]?.url]).toEqual([120, 'open', '/orders/A%2F7%3Fx']);
  });

  it('is had though the service fails once', async () => {
    const { orders, client } = ordersWith({ status: 503 }, json(order));
    using calls = recordCalls(client);
    const { data, response, call } = await orders.get('7').withResponse();
    expect([data.id, response.status, call]).toEqual(['7', 200, calls[0]]);
    expect(calls[0]?.attempts.map(({ status }) => status)).toEqual([503, 200]);
  });

  it('that there is not is a NotFoundError, and one that is none a ResponseValidationError', async () => {
    const { orders } = ordersWith({ status: 404 }, json({ id: 7 }));
    await expect(orders.get('8')).rejects.toThrow(NotFoundError);
    await expect(orders.get('7')).rejects.toThrow(ResponseValidationError);
  });

  it('is ordered once, however often the request had to be sent', async () => {
    const { orders, requests } = ordersWith({ status: 503 }, json(order, 201));
    await orders.create({ customer: 'Fabrikam', euros: 120 });
    const [first, second] = requests.map(({ headers }) => headers['idempotency-key']);
    expect(first).toMatch(/./);
    expect(second).toBe(first);
  });

  it('is ordered under the key that the caller has for it', async () => {
    const { orders, requests } = ordersWith(json(order, 201));
    await orders.create({ customer: 'Fabrikam', euros: 120 }, { idempotencyKey: 'basket-12' });
    expect(requests[0]?.headers).toMatchObject({ 'idempotency-key': '"basket-12"' });
  });

  it('is changed as long as it is what its reader has seen', async () => {
    const { orders, requests } = ordersWith(json({ ...order, euros: 90 }), problem(412, 'changed'));
    await expect(orders.update('7', { euros: 90 }, { ifMatch: '"v1"' })).resolves.toMatchObject({
      euros: 90,
    });
    expect(requests[0]).toMatchObject({ method: 'patch', data: '{"euros":90}' });
    expect(requests[0]?.headers).toMatchObject({ 'if-match': '"v1"' });
    await expect(orders.update('7', { euros: 80 }, { ifMatch: '"v1"' })).rejects.toThrow(
      PreconditionFailedError,
    );
  });

  it('is cancelled, unless it was shipped', async () => {
    const { orders, requests } = ordersWith({ status: 204 }, problem(409, 'It was shipped'));
    await orders.cancel('7');
    expect(requests[0]).toMatchObject({ method: 'delete', url: '/orders/7' });
    const failure: unknown = await orders.cancel('8').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConflictError);
    expect(failure).toHaveProperty('problem.title', 'It was shipped');
  });

  it('has an invoice that is read as a stream', async () => {
    const { orders } = ordersWith({
      status: 200,
      data: '%PDF',
      headers: { 'content-type': 'application/pdf' },
    });
    const invoice = await orders.invoice('7');
    const pieces: Buffer[] = [];
    for await (const piece of invoice) pieces.push(piece);
    expect([invoice.contentType, String(Buffer.concat(pieces))]).toEqual(['application/pdf', '%PDF']);
  });
});

describe('a list of orders', () => {
  const pages = [
    json({ value: [order], nextLink: `${BASE}/orders?after=7` }),
    json({ value: [{ ...order, id: '8' }] }),
  ];

  it('comes one after the other, from all pages', async () => {
    const { orders, requests } = ordersWith(...pages);
    const ids: string[] = [];
    for await (const { id } of orders.list({ query: { status: 'open' } })) ids.push(id);
    expect(ids).toEqual(['7', '8']);
    expect(requests).toHaveLength(2);
  });

  it('goes on after a page, in another process as well', async () => {
    const { value: first } = await ordersWith(...pages)
      .orders.list()
      .byPage()
      .next();
    const { orders } = ordersWith(...pages.slice(1));
    const rest: string[] = [];
    for await (const { items } of orders.list().byPage({ continuationToken: first?.continuationToken }))
      rest.push(...items.map(({ id }) => id));
    expect(rest).toEqual(['8']);
  });
});

describe('an export', () => {
  const monitor = { 'operation-location': `${BASE}/operations/1` };
  const done = json({ status: 'Succeeded', result: { orders: 3, url: `${BASE}/exports/1` } });

  it('is waited for, tells how far it is, and is started once, however often that had to be sent', async () => {
    const { orders, requests } = ordersWith(
      { status: 503 },
      json({}, 202, monitor),
      json({ status: 'Running', percentComplete: 40 }),
      done,
    );
    const seen: unknown[] = [];
    const operation = orders.export(
      {},
      { onProgress: ({ percentComplete, status }) => seen.push(percentComplete ?? status) },
    );
    await expect(operation.pollUntilDone()).resolves.toMatchObject({ orders: 3 });
    expect(seen).toEqual([40, 'succeeded']);
    expect(requests.map(({ method }) => method)).toEqual(['post', 'post', 'get', 'get']);
    const [first, second] = requests.map(({ headers }) => headers['idempotency-key']);
    expect([second, typeof first]).toEqual([first, 'string']);
  });

  it('goes on in another process', async () => {
    const text = await ordersWith(json({}, 202, monitor))
      .orders.export()
      .serialize();
    const { orders, requests } = ordersWith(done);
    await expect(orders.resumeExport(text).pollUntilDone()).resolves.toMatchObject({ orders: 3 });
    expect(requests).toHaveLength(1);
  });

  it('that has failed says what the service says of it', async () => {
    const error = { code: 'DiskFull', message: 'No room' };
    const { orders } = ordersWith(json({}, 202, monitor), json({ status: 'Failed', error }));
    const failure: unknown = await orders
      .export()
      .pollUntilDone()
      .catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(OperationFailedError);
    expect(failure).toHaveProperty('odata.code', 'DiskFull');
  });
});
