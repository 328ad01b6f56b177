import axios, { AxiosError, AxiosHeaders, type AxiosInstance } from 'axios';
import { getEventListeners } from 'node:events';
import { install, outcomeOfError, stripRequest, type Outcome } from '@holdfast/core';
import { manualClock, scriptedTransport, type ManualClock, type Step } from './index.js';

describe('scriptedTransport()', () => {
  const clientOf = (...script: Step[]) => {
    const transport = scriptedTransport(script);
    const client = axios.create({ adapter: transport.adapter, baseURL: 'https://orders.test/v1' });
    return { transport, client };
  };

  it('answers step after step, and then says that the script has ended', async () => {
    const { client, transport } = clientOf({ status: 200, data: { id: 7 } }, { status: 204 });

    await expect(client.get('/7')).resolves.toMatchObject({ status: 200, statusText: 'OK', data: { id: 7 } });
    await expect(client.get('/7')).resolves.toMatchObject({ status: 204, data: '' });
    await expect(client.get('/7')).rejects.toThrow('The script has no step for request 3 (GET /7)');
    expect(transport.requests).toHaveLength(3);
  });

  it('lets a function decide, as the script or as a step of it', async () => {
    const transport = scriptedTransport(({ url }, number) =>
      url === '/gone' ? { status: 410 } : { status: 200, data: number },
    );
    const client = axios.create({ adapter: transport.adapter, validateStatus: () => true });
    expect((await client.get('/gone')).status).toBe(410);
    expect((await client.get('/7')).data).toBe(2);

    const { client: other } = clientOf((request) => ({ status: 200, data: request.data }));
    expect((await other.post('/', 'body')).data).toBe('body');
  });

  it("settles by the client's validateStatus, as axios does", async () => {
    const failed = (await thrown(
      clientOf({ status: 404, headers: { 'X-Id': 'a' } }).client.get('/7'),
    )) as AxiosError;
    expect(failed).toBeInstanceOf(AxiosError);
    expect(failed).toMatchObject({
      message: 'Request failed with status code 404',
      code: 'ERR_BAD_REQUEST',
      status: 404,
    });
    expect((failed.response!.headers as AxiosHeaders).get('x-id')).toBe('a');
    expect(await thrown(clientOf({ status: 500 }).client.get('/'))).toMatchObject({
      code: 'ERR_BAD_RESPONSE',
    });

    const fault = new Error('fault of the caller');
    const throwing = clientOf({ status: 200 }).client.get('/', {
      validateStatus: () => {
        throw fault;
      },
    });
    expect(await thrown(throwing)).toBe(fault);
    await expect(clientOf({ status: 503 }).client.get('/', { validateStatus: null })).resolves.toMatchObject({
      status: 503,
    });
  });

  it('lets a pipeline see statuses as values', async () => {
    const { client } = clientOf({ status: 503 }, { status: 200 });
    const seen: number[] = [];
    install(client, [
      (next) => async (config) => {
        seen.push((await next(config)).status);
        return next(config);
      },
    ]);

    await expect(client.get('/7')).resolves.toMatchObject({ status: 200 });
    expect(seen).toEqual([503]);
  });

  it('remembers a request as it was sent, token included', async () => {
    const { client, transport } = clientOf({ status: 200 });
    const headers = new AxiosHeaders({ Authorization: 'Bearer t-1', 'X-Trace': '9' });
    client.interceptors.response.use((response) => {
      response.config.headers.delete('Authorization');
      return response;
    });

    await client.post('/7?a=b', { n: 1 }, { headers });

    expect(transport.requests).toEqual([
      {
        method: 'post',
        url: '/7?a=b',
        baseURL: 'https://orders.test/v1',
        headers: expect.objectContaining({
          authorization: 'Bearer t-1',
          'x-trace': '9',
          'content-type': 'application/json',
        }) as unknown,
        data: '{"n":1}',
        at: expect.any(Number) as unknown,
        token: 't-1',
      },
    ]);
  });

  it('tells a bearer token by its scheme, in any case', async () => {
    const { client, transport } = clientOf({ status: 200 }, { status: 200 });
    await client.get('/7', { headers: { Authorization: 'bearer t-1' } });
    await client.get('/7', { headers: { Authorization: 'Basic dTpw' } });
    expect(transport.requests.map(({ token }) => token)).toEqual(['t-1', undefined]);
  });

  it('hands out a request object that keeps the token, until it is stripped', async () => {
    const { client } = clientOf({ status: 200 });
    const response = await client.get('/7', { params: { a: 1 }, headers: { Authorization: 'Bearer t-1' } });
    expect(response.request).toMatchObject({ method: 'GET', host: 'orders.test', path: '/v1/7?a=1' });
    expect(JSON.stringify(response.request)).toContain('t-1');

    stripRequest(response);
    expect(JSON.stringify(response.request)).not.toContain('t-1');
    expect(response.request).toMatchObject({
      reusedSocket: false,
      res: { responseUrl: 'https://orders.test/v1/7?a=1' },
    });
  });

  it.each<[Step, Outcome]>([
    [{ error: 'ECONNREFUSED' }, 'not-sent'],
    [{ error: 'ENOTFOUND' }, 'not-sent'],
    [{ error: 'ECONNRESET' }, 'lost'],
    [{ error: 'ECONNRESET', reusedSocket: true }, 'stale-socket'],
    [{ error: 'ETIMEDOUT' }, 'lost'],
    [{ error: 'ETIMEDOUT', afterSending: false }, 'not-sent'],
    [{ error: 'ECONNABORTED' }, 'lost'],
    [{ error: 'CERT_HAS_EXPIRED' }, 'tls'],
    [{ error: 'ERR_FR_TOO_MANY_REDIRECTS' }, 'local'],
  ])('fails with %j as a socket would: %s', async (step, outcome) => {
    const { client } = clientOf(step);
    const error = await thrown(client.get('/7'));
    expect(axios.isAxiosError(error)).toBe(true);
    expect(outcomeOfError(error)).toBe(outcome);
  });
});

describe('scriptedTransport() and time', () => {
  let clock: ManualClock;
  let client: AxiosInstance;
  let transport: ReturnType<typeof scriptedTransport>;
  const play = (...script: Step[]) => {
    transport = scriptedTransport(script, { clock });
    client = axios.create({ adapter: transport.adapter });
  };
  beforeEach(() => {
    clock = manualClock({ fakeGlobals: false });
  });

  it('takes its time for an answer', async () => {
    play({ status: 200, delayMs: 500 });
    const answer = client.get('/7');
    await clock.advance(499);
    expect(transport.inFlight).toBe(1);
    await clock.advance(1);
    await expect(answer).resolves.toMatchObject({ status: 200 });
    expect(transport.inFlight).toBe(0);
  });

  it('leaves no listener behind on a signal that many requests share', async () => {
    play({ status: 200 }, { status: 200, delayMs: 10 }, { error: 'ECONNRESET' });
    const { signal } = new AbortController();
    await client.get('/7', { signal });
    await clock.runUntilSettled(client.get('/7', { signal }));
    await thrown(client.get('/7', { signal }));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it.each<[string, Step]>([
    ['hangs', 'hang'],
    ['is slow', { status: 200, delayMs: 500 }],
  ])('ends at once on signal and on cancelToken while it %s', async (_, step) => {
    play(step, step);
    const controller = new AbortController();
    const source = axios.CancelToken.source();
    const errors = [
      thrown(client.get('/7', { signal: controller.signal })),
      thrown(client.get('/7', { cancelToken: source.token })),
    ];
    await clock.settle();
    expect(transport.inFlight).toBe(2);

    controller.abort();
    source.cancel('no longer wanted');

    expect(await Promise.all(errors)).toMatchObject([
      { code: 'ERR_CANCELED', message: 'canceled' },
      { code: 'ERR_CANCELED', message: 'no longer wanted' },
    ]);
    expect(transport.inFlight).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('answers nothing to a request that was given up before it was sent', async () => {
    play({ status: 200 }, { status: 200 });
    const source = axios.CancelToken.source();
    source.cancel();
    const headers = new AxiosHeaders();
    expect(await thrown(transport.adapter({ headers, cancelToken: source.token }))).toBe(source.token.reason);
    expect(await thrown(transport.adapter({ headers, signal: AbortSignal.abort() }))).toMatchObject({
      code: 'ERR_CANCELED',
    });
  });

  it("holds the request's own timeout", async () => {
    play('hang', 'hang', { status: 200, delayMs: 50 });
    const errors = [
      thrown(client.get('/7', { timeout: 100 })),
      thrown(client.get('/7', { timeout: 100, transitional: { clarifyTimeoutError: true } })),
    ];
    const answer = client.get('/7', { timeout: 100 });
    await clock.advance(100);
    expect(await Promise.all(errors)).toMatchObject([
      { code: 'ECONNABORTED', message: 'timeout of 100ms exceeded' },
      { code: 'ETIMEDOUT' },
    ]);
    await expect(answer).resolves.toMatchObject({ status: 200 });
    expect(clock.pending).toBe(0);
  });
});

async function thrown(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('It did not fail');
    },
    (error: unknown) => error,
  );
}
