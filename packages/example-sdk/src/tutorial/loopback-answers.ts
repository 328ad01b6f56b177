import type { Answer, ApiRequest } from '@holdfast/testing';

/** A request, and who sends it to whom. */
export interface LoopbackRequest extends ApiRequest {
  readonly url: string;
  readonly caller: string;
}

const order = (id: string, status = 'open') => ({ id, customer: 'Fabrikam', euros: 120, status });
const problem = (status: number, title: string): Answer => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  body: { type: 'about:blank', title, status },
});
const tagged = (body: object, status = 200): Answer => ({ status, headers: { etag: '"v1"' }, body });

/** What Contoso's services say, by method and path. */
const ROUTES: Readonly<Record<string, (request: LoopbackRequest) => Answer>> = {
  'GET /sales/v1/orders/7': () => tagged(order('7')),
  'PATCH /sales/v1/orders/7': ({ headers, body }) =>
    headers['if-match'] === '"v1"'
      ? tagged({ ...order('7'), ...(JSON.parse(body) as object) })
      : problem(412, 'Somebody has changed it'),
  'DELETE /sales/v1/orders/7': () => ({ status: 204 }),
  'DELETE /sales/v1/orders/8': () => problem(409, 'It was shipped'),
  'POST /sales/v1/orders': ({ body }) => tagged({ ...order('9'), ...(JSON.parse(body) as object) }, 201),
  'GET /sales/v1/orders': ({ url }) => ({
    body: { value: [order('7'), order('8', 'shipped')], nextLink: `${url}/sales/v1/orders?after=8` },
  }),
  'GET /sales/v1/orders?after=8': () => ({ body: { value: [order('9')] } }),
  'POST /sales/v1/exports': ({ url }) => ({
    status: 202,
    headers: { 'operation-location': `${url}/sales/v1/operations/1` },
  }),
  'GET /sales/v1/operations/1': ({ url }) => ({
    body: { status: 'Succeeded', result: { orders: 3, url: `${url}/sales/v1/exports/1` } },
  }),
  'GET /sales/v1/orders/7/invoice': () => ({
    headers: { 'content-type': 'application/pdf' },
    body: '%PDF of 120 euros',
  }),
  'GET /billing/v1/rates/CHF': () => ({
    headers: { etag: '"r1"' },
    body: { currency: 'CHF', perEuro: 0.94 },
  }),
  'PUT /billing/v1/statements/2026-01': ({ body }) => ({
    body: { month: '2026-01', lines: body.split('\n').length },
  }),
  'GET /directory/v1.0/me': ({ caller }) => ({ body: { id: '1', displayName: caller } }),
  'GET /directory/v1.0/users': ({ url }) => ({
    body: {
      value: [{ id: '1', displayName: 'Ada' }],
      '@odata.nextLink': `${url}/directory/v1.0/users?$skiptoken=1`,
    },
  }),
  'GET /directory/v1.0/users?$skiptoken=1': () => ({ body: { value: [{ id: '2', displayName: 'Bob' }] } }),
  'GET /directory/v1.0/users/nobody': () => ({
    status: 404,
    body: { error: { code: 'Request_ResourceNotFound', message: 'There is nobody of that name' } },
  }),
};

export function answer(request: LoopbackRequest): Answer {
  const route = ROUTES[`${request.method} ${request.path}`];
  return route?.(request) ?? problem(404, 'There is no such thing');
}
