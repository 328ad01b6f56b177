import type { AxiosResponse } from 'axios';
import type { Client } from 'soap';
import { callOf, errorSummary, isHoldfastError, type Classify, type ServiceClientOptions } from './index.js';
import { getItem, soapClient } from './made-foreign-clients.js';
import { BREAKING, NOBODYS } from './made-foreign-service.js';
import { ForeignStage } from './made-foreign-stage.js';

/** What is in a token, and in nothing else that is sent here: a JWT's two parts. */
const TOKEN = /eyJ[\w-]+\.eyJ[\w-]+/;

let stage: ForeignStage;
beforeEach(async () => (stage = await ForeignStage.start()));
afterEach(() => stage[Symbol.asyncDispose]());

/** A client of the stock, and nothing seen of it yet but that its description was read. */
const stock = (options: Partial<ServiceClientOptions> = {}): Promise<Client> =>
  soapClient(stage.client(options), stage.api.url);

const posts = () => stage.api.requests.filter(({ method }) => method === 'POST');
const errorOf = (call: Promise<unknown>) =>
  call.then(
    () => Promise.reject(new Error('it resolved')),
    (error: unknown) => error as Error & { readonly response: AxiosResponse; readonly body: string },
  );

describe('a fault', () => {
  it('is the error that users of soap know, and its response tells the story of the call', async () => {
    const error = await errorOf(getItem(await stock(), NOBODYS));
    expect(error.message).toBe('soap:Client: No such item');
    expect([error.response.status, error.body]).toEqual([500, error.response.data]);
    expect(String(callOf(error.response))).toContain('500; not retried: a POST may have been acted on');
  });

  it('counts as a failure of the service, since it comes with HTTP 500: ten in a row open the circuit', async () => {
    const client = await stock({ circuitBreaker: { openMs: 60_000 } });
    await failing(10, () => getItem(client, NOBODYS));
    expect(isHoldfastError(await errorOf(getItem(client, 'any')), 'ERR_CIRCUIT_OPEN')).toBe(true);
    expect(posts()).toHaveLength(10);
  });

  /** Calls that fail, over some seconds. */
  async function failing(calls: number, call: () => Promise<unknown>): Promise<void> {
    for (let made = 0; made < calls; made += 1) {
      await errorOf(call());
      await stage.clock.advance(100);
    }
  }

  const clientFaults: Classify = (_outcome, { response }) =>
    response?.status === 500 && /<faultcode>\w+:Client</.test(String(response.data)) ? 'answered' : undefined;

  it('of the caller’s is an answer where `classify` says so: it opens no circuit, and is not sent again', async () => {
    const client = await stock({ classify: clientFaults, circuitBreaker: { openMs: 60_000 } });
    await failing(20, () => getItem(client, NOBODYS, { idempotencyKey: true }));
    await expect(getItem(client, '7')).resolves.toBe('7');
    expect(posts()).toHaveLength(21);
  });

  it('of the service’s own goes on counting beside it', async () => {
    const client = await stock({ classify: clientFaults, circuitBreaker: { openMs: 60_000 } });
    await failing(10, () => getItem(client, BREAKING));
    expect(isHoldfastError(await errorOf(getItem(client, '7')), 'ERR_CIRCUIT_OPEN')).toBe(true);
  });
});

describe('a call that the service answers by 503', () => {
  it('is sent once, for each is a POST and the service may have acted on it', async () => {
    const client = await stock();
    stage.api.failNext({ status: 503, body: 'html' });
    expect(await errorOf(getItem(client, '7'))).toMatchObject({ response: { status: 503 } });
    expect(posts()).toHaveLength(1);
  });

  it('is sent again with the key of its options, the same each time', async () => {
    const client = await stock();
    stage.api.failNext({ status: 503, body: 'html' }, 2);
    await expect(stage.inTime(getItem(client, '7', { idempotencyKey: true }))).resolves.toBe('7');
    const keys = posts().map(({ headers }) => headers['idempotency-key']);
    expect([keys.length, new Set(keys).size, typeof keys[0]]).toEqual([3, 1, 'string']);
  });

  it('is sent again with the key of the client’s axios defaults, another one for each call', async () => {
    const client = await stock({ axios: { holdfast: { idempotencyKey: true } } });
    stage.api.failNext({ status: 503, body: 'html' });
    const calls = [getItem(client, '1'), getItem(client, '2')];
    await expect(stage.inTime(Promise.all(calls))).resolves.toEqual(['1', '2']);
    const keys = posts().map(({ headers }) => headers['idempotency-key']);
    expect([keys.length, new Set(keys).size]).toEqual([3, 2]);
  });

  it('although soap says that no status is an error, and has nothing transformed', async () => {
    const client = await soapClient(stage.client(), stage.api.url, { stream: true });
    stage.api.revoke({ claims: { access_token: { nbf: { essential: true, value: '1' } } } });
    stage.api.failNext({ status: 503 });
    await expect(stage.inTime(getItem(client, '7', { idempotencyKey: true }))).resolves.toBe('7');
    expect(posts().map(({ status }) => status)).toEqual([503, 401, 200]);
  });
});

describe('the description', () => {
  it('is asked for with the token, and again after a 503', async () => {
    stage.api.failNext({ status: 503 });
    await stage.inTime(stock());
    expect(stage.api.requests.map(({ path, status }) => `${path} ${String(status)}`)).toEqual([
      '/soap?wsdl 503',
      '/soap?wsdl 200',
    ]);
    expect(stage.api.requests.at(-1)?.tokenId).toEqual(expect.any(String));
  });
});

it('the token is in nothing that soap keeps, or makes an error of', async () => {
  const client = await stock();
  const error = await errorOf(getItem(client, NOBODYS));
  expect(stage.api.requests.at(-1)?.tokenId).toEqual(expect.any(String));
  const kept = JSON.stringify([client.lastRequestHeaders, error]);
  expect(kept).toContain('No such item');
  expect(kept).not.toMatch(TOKEN);
  // The whole envelope is in there: for a log there is the summary.
  expect(JSON.stringify(errorSummary(error))).not.toContain('Envelope');
});
