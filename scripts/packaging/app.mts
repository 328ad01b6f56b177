// What a user writes, compiled as an ES module, as CommonJS and for a bundler, by every TypeScript that is supported.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import axios, { type AxiosError, type AxiosInstance, type AxiosResponse } from 'axios';
import {
  attachToken,
  callOf,
  circuitBreaker,
  claimsChallenge,
  createServiceClient,
  install,
  isHoldfastError,
  retry,
  retryAfterOf,
  standardInterceptors,
  throttleGate,
  type Interceptor,
  type TokenCredential,
} from '@holdfast/client';
import { clientCredential } from '@holdfast/msal';
import { scriptedTransport, staticCredential } from '@holdfast/testing';
import { client as foreign, version as foreignVersion } from 'another-dependency';

const scopes = ['api://orders/.default'];

interface Order {
  readonly id: number;
}

/** The axios instance that I have. */
async function ownInstance(baseURL: string, credential: TokenCredential): Promise<AxiosResponse<Order>> {
  const api = axios.create({ baseURL });
  const hold = install(api, standardInterceptors({ name: 'orders', credential, scopes }));
  const response = await api.get<Order>('/orders/7', {
    holdfast: {
      deadlineMs: 2_000,
      attemptTimeoutMs: 1_000,
      idempotencyKey: true,
      scopes,
      tenantId: 'contoso',
    },
  });
  hold.replace([
    retry(),
    throttleGate(),
    circuitBreaker(),
    attachToken(credential, { scopes }),
    claimsChallenge(),
  ]);
  await api.post('/orders', {}, { holdfast: { token: false, retry: false, deadlineMs: false } });
  hold.eject();
  return response;
}

/** What a failure tells. */
async function failures(): Promise<string[]> {
  const transport = scriptedTransport([{ status: 429, headers: { 'retry-after': '70' } }]);
  const options = {
    name: 'orders',
    baseURL: 'https://orders.example',
    credential: false,
    retry: false,
  } as const;
  const client = createServiceClient({ ...options, axios: { adapter: transport.adapter } });
  const answered: unknown = await client.get('/7').catch((error: unknown) => error);
  const refused: unknown = await client.get('/8').catch((error: unknown) => error);
  const told = [`${(answered as AxiosError).response?.status}`, `${retryAfterOf(answered)}`];
  if (isHoldfastError(refused, 'ERR_THROTTLED')) {
    const code: 'ERR_THROTTLED' = refused.code;
    const until: number = refused.until;
    told.push(code, `${until > 0}`, `${callOf(refused)?.attempts.length}`);
  }
  return told;
}

const counting: Interceptor = (next) => (config) => {
  config.headers.set('x-counted', '1');
  return next(config);
};

/** What the compiler refuses. Never called. */
export async function mistakes(client: AxiosInstance): Promise<void> {
  // @ts-expect-error -- there is no such member
  await client.get('/7', { holdfast: { deadline: 2_000 } });
  // @ts-expect-error -- of retry
  await client.get('/7', { holdfast: { retry: true } });
  // @ts-expect-error -- of retry
  await client.get('/7', { holdfast: { idempotencyKey: 7 } });
  // @ts-expect-error -- of timeout
  await client.get('/7', { holdfast: { deadlineMs: '2 s' } });
  // @ts-expect-error -- of timeout
  await client.get('/7', { holdfast: { attemptTimeoutMs: true } });
  // @ts-expect-error -- of token
  await client.get('/7', { holdfast: { token: 'a-token' } });
  // @ts-expect-error -- of token
  await client.get('/7', { holdfast: { credential: {} } });
  // @ts-expect-error -- of token
  await client.get('/7', { holdfast: { scopes: 7 } });
  // @ts-expect-error -- of token
  await client.get('/7', { holdfast: { tenantId: 7 } });
  // @ts-expect-error -- of another axios, which nothing was added to
  await foreign.get('/7', { holdfast: { retry: false } });
  // @ts-expect-error -- of another axios: its types are others
  install(foreign, []);
  // @ts-expect-error -- a service has a base
  createServiceClient({ name: 'orders', credential: false });
  // @ts-expect-error -- a credential has scopes, an id and a tenant
  clientCredential({ clientSecret: 'a-secret' });
  const error: unknown = await client.get('/7').catch((reason: unknown) => reason);
  // @ts-expect-error -- there is no such code
  isHoldfastError(error, 'ERR_OTHER');
  // @ts-expect-error -- a refusal of the gate has no scopes
  if (isHoldfastError(error, 'ERR_THROTTLED')) console.log(error.scopes);
}

/** A client that was made by another version of axios than Holdfast's. */
async function foreignClient(baseURL: string): Promise<unknown> {
  const options = { name: 'orders', credential: staticCredential(), scopes, retry: { baseDelayMs: 0 } };
  // Two versions of axios do not agree on their types.
  const made: unknown = foreign;
  const client = made as AxiosInstance;
  client.defaults.baseURL = baseURL;
  let answers = 0;
  client.interceptors.response.use((response) => {
    answers += 1;
    return response;
  });
  const hold = install(client, [counting, ...standardInterceptors(options)]);
  const found = await client.get<Order>('/orders/7');
  const story = callOf(await client.get('/flaky'));
  const missing = await client.get('/missing').catch((error: unknown) => error as AxiosError);
  const slow = await client.get('/slow', { holdfast: { deadlineMs: 1 } }).catch((error: unknown) => error);
  const controller = new AbortController();
  const pending = client
    .get('/slow', { signal: controller.signal })
    .catch((error: unknown) => error as AxiosError);
  setImmediate(() => {
    controller.abort();
  });
  const canceled = await pending;
  hold.eject();
  return {
    found: found.data,
    attempts: story?.attempts.map(({ status }) => status),
    answers,
    missing: [missing instanceof axios.AxiosError, 'response' in missing && missing.response?.status],
    slow: isHoldfastError(slow, 'ERR_DEADLINE_EXCEEDED'),
    canceled: [axios.isCancel(canceled), 'code' in canceled && canceled.code],
  };
}

async function main(): Promise<void> {
  let flaky = 0;
  const server = createServer((request, response) => {
    if (request.url === '/slow') return;
    if (request.url === '/missing') response.statusCode = 404;
    if (request.url === '/flaky') response.statusCode = (flaky += 1) === 1 ? 503 : 200;
    response.setHeader('content-type', 'application/json');
    const { authorization, 'x-counted': counted } = request.headers;
    response.end(JSON.stringify({ id: 7, authorization, counted }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { data } = await ownInstance(baseURL, staticCredential('a-token'));
  console.log(
    JSON.stringify({
      versions: [axios.VERSION, foreignVersion],
      data,
      failures: await failures(),
      foreign: await foreignClient(baseURL),
    }),
  );
  server.closeAllConnections();
  server.close();
}

void main();
