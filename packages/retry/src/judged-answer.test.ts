import { callOf, install, outcomeOfError, type Interceptor } from '@holdfast/core';
import { type Step } from '@holdfast/testing';
import axios, { AxiosError } from 'axios';
import { retry } from './index.js';
import { clock, held, run, errorOf, gaps } from './made-retries.js';

const ready = { validateResponse: (response: { readonly data: unknown }) => response.data === 'ready' };
const notYet: Step = { status: 200, data: 'not yet' };

describe('validateResponse', () => {
  it('makes a failure of a 200: it is sent again as if the service had failed', async () => {
    const { client, requests } = held([notYet, notYet, { status: 200, data: 'ready' }], ready);
    const response = await run(client.get('/x'));
    expect(response.data).toBe('ready');
    expect(gaps(requests)).toEqual([200, 400]);
    expect(callOf(response)?.attempts.map(({ status, decisions }) => [status, ...decisions])).toEqual([
      [200, 'retry 1 in 200 ms: unavailable'],
      [200, 'retry 2 in 400 ms: unavailable'],
      [200],
    ]);
    expect(callOf(response)?.refusals).toEqual([]);
  });

  it('has the last answer rejected with axios’s own error for a status', async () => {
    const { client, requests } = held(Array<Step>(4).fill(notYet), ready);
    const error = await errorOf(client.get('/x'));
    expect(requests).toHaveLength(4);
    expect(error).toMatchObject({
      name: 'AxiosError',
      message: 'Request failed with status code 200',
      response: { data: 'not yet' },
    });
    expect([outcomeOfError(error), callOf(error)?.outcome, callOf(error)?.failed]).toEqual([
      'unavailable',
      'unavailable',
      true,
    ]);
    expect(Object.keys(error)).not.toContain('outcome');
  });

  it('does not have a POST sent twice', async () => {
    const { client, requests } = held([notYet], ready);
    expect(await errorOf(client.post('/x'))).toHaveProperty('status', 200);
    expect(requests).toHaveLength(1);
  });

  it('has a 404 rejected that the status rule would accept, and sent once: its status says no', async () => {
    const { client, requests } = held([{ status: 404 }], ready);
    expect(await errorOf(client.get('/x', { validateStatus: () => true }))).toHaveProperty('status', 404);
    expect(requests).toHaveLength(1);
  });

  it('leaves a throttled answer its Retry-After, for every method', async () => {
    const { client, requests } = held(
      [
        { status: 429, headers: { 'retry-after': '3' } },
        { status: 200, data: 'ready' },
      ],
      { ...ready, random: () => 0 },
    );
    await run(client.post('/x'));
    expect(gaps(requests)).toEqual([3_000]);
  });

  it.each([404, 500, 503])(
    'makes a success of a %d, which is resolved whatever the status rule says',
    async (status) => {
      const { client, requests } = held([{ status, data: 'ready' }], ready);
      const response = await run(client.get('/x'));
      expect([response.status, requests.length, callOf(response)?.failed]).toEqual([status, 1, false]);
    },
  );

  it('makes a success of an answer that a custom adapter has rejected', async () => {
    const client = axios.create({
      adapter: (config) => {
        const response = { status: 500, data: 'ready', statusText: '', headers: {}, config };
        return Promise.reject(new AxiosError('500', 'ERR_BAD_RESPONSE', config, {}, response));
      },
    });
    install(client, [retry({ clock, ...ready })], { clock });
    expect((await run(client.get('https://api.test/x'))).status).toBe(500);
  });

  it('makes a success of a retry, too, after failures', async () => {
    const { client } = held([notYet, { status: 500, data: 'ready' }], ready);
    expect((await run(client.get('/x'))).status).toBe(500);
  });

  it('that throws leaves it to the status', async () => {
    const validateResponse = () => {
      throw new Error('at fault');
    };
    const { client, requests } = held([{ status: 503 }, { status: 200, data: 'x' }], { validateResponse });
    expect((await run(client.get('/x'))).data).toBe('x');
    expect(requests).toHaveLength(2);
    const no = held([{ status: 404 }], { validateResponse });
    expect(await errorOf(no.client.get('/x'))).toHaveProperty('status', 404);
  });

  it('does not have its last answer replaced by a refusal of the attempt after it', async () => {
    let attempts = 0;
    const refusing: Interceptor = (next) => (config) => {
      attempts += 1;
      if (attempts === 1) return next(config);
      return Promise.reject(Object.assign(new AxiosError('open'), { code: 'ERR_CIRCUIT_OPEN' }));
    };
    const { client } = held([notYet], ready, refusing);
    expect(await errorOf(client.put('/x'))).toMatchObject({ status: 200, response: { data: 'not yet' } });
  });

  it('of null is none', async () => {
    const { client, requests } = held([{ status: 503 }, notYet], { validateResponse: null });
    await run(client.get('/x'));
    expect(requests).toHaveLength(2);
  });
});
