import { staticCredential, type Step } from '@holdfast/testing';
import axios, { AxiosError, type AxiosAdapter, type AxiosInstance, type AxiosResponse } from 'axios';
import { inspect } from 'node:util';
import { callOf, subscribe } from './index.js';
import {
  axiosRetry,
  clock,
  endingOf,
  holdfast,
  naive,
  opossumAround,
  play,
  settled,
  type Stack,
} from './made-naive-breaker.js';

const DOWN: Step = { status: 503 };
const open = async (client: AxiosInstance, url = '/7') => {
  for (let call = 0; call < 30; call += 1) await endingOf(client.get(url));
};

describe('trap 31: a filter or an observer that throws', () => {
  const ofAnAnswer = (error: Error) => (error as AxiosError).response!.status < 500;

  it('naive: throws where nobody can catch it, and leaves a call that never settles', async () => {
    const { adapter } = play(() => 'hang');
    const call = naive({ errorFilter: ofAnAnswer })(adapter).get('/7');
    const ended = jest.fn();
    void settled(call).then(ended);
    await expect(clock.advance(10_000)).rejects.toThrow(TypeError);
    await clock.advance(3_600_000);
    expect(ended).not.toHaveBeenCalled();
  });

  it('holdfast: changes nothing', async () => {
    const { adapter } = play(() => ({ error: 'ECONNREFUSED' }));
    const onStateChange = jest.fn(() => {
      throw new Error('a dashboard that is down');
    });
    const client = holdfast({ circuitBreaker: { onStateChange } })(adapter);
    const endings = [];
    for (let call = 0; call < 30; call += 1) endings.push(await endingOf(client.get('/7')));
    expect(endings.slice(0, 20)).toEqual(Array(20).fill('ECONNREFUSED'));
    expect(endings.slice(20)).toEqual(Array(10).fill('ERR_CIRCUIT_OPEN'));
    expect(onStateChange).toHaveBeenCalled();
  });
});

describe('trap 32: two services with one set of options', () => {
  /** What the second service's caller gets, when the first one was asked before. */
  async function second(stacks: readonly [Stack, Stack]) {
    const [orders, invoices] = stacks.map((stack, index) => {
      const { adapter } = play(() => ({ status: 200, data: ['an order', 'an invoice'][index] }));
      return stack(adapter);
    }) as [AxiosInstance, AxiosInstance];
    await clock.runUntilSettled(orders.get('/7'));
    return (await clock.runUntilSettled(invoices.get('/7'))).data as unknown;
  }

  it('naive: one answers with what the other had said', async () => {
    const options = { cache: true, cacheGetKey: ({ url }: { readonly url?: string }) => url ?? '' };
    expect(await second([naive(options), naive(options)])).toBe('an order');
  });

  it('holdfast: each answers for itself, and is refused for itself', async () => {
    const options = { circuitBreaker: { minimumAttempts: 5 } };
    expect(await second([holdfast(options), holdfast(options)])).toBe('an invoice');
    const orders = holdfast(options)(play(() => DOWN).adapter);
    await open(orders);
    expect(await endingOf(orders.get('/7'))).toBe('ERR_CIRCUIT_OPEN');
    expect(await endingOf(holdfast(options)(play(() => ({ status: 200 })).adapter).get('/7'))).toBe(200);
  });
});

describe('trap 32: who listens to a breaker', () => {
  const everythingIn = (event: unknown) => inspect(event, { depth: Infinity, showHidden: true });

  it('naive: is handed the token of every call', async () => {
    const { adapter } = play(() => DOWN);
    const breaker = opossumAround(adapter);
    const heard: string[] = [];
    for (const name of ['fire', 'failure', 'open'])
      breaker.on(name, (...args: readonly unknown[]) => heard.push(everythingIn(args)));
    const headers = { Authorization: 'Bearer s3cret' };
    const client = axios.create({ headers, adapter: (config) => breaker.fire(config) });
    await endingOf(client.get('https://orders.test/7'));
    expect(heard.filter((event) => event.includes('s3cret'))).toHaveLength(2);
  });

  it('holdfast: hears the service, its state and the last failure', async () => {
    const { adapter, requests } = play(() => DOWN);
    const heard: string[] = [];
    const off = subscribe('holdfast:circuit', (event) => heard.push(everythingIn(event)));
    const client = holdfast({
      ...{ credential: staticCredential('s3cret'), scopes: 'api://orders/.default' },
      circuitBreaker: { onStateChange: (event) => heard.push(everythingIn(event)) },
    })(adapter);
    await open(client);
    off();
    expect(requests[0]!.token).toBe('s3cret');
    expect(heard).toHaveLength(2);
    expect(heard.join()).toContain("service: 'orders'");
    expect(heard.join()).not.toContain('s3cret');
  });
});

describe('trap 33: a breaker around the retries', () => {
  it('naive: a service that is down is sent four times as much as it takes to know it', async () => {
    const { adapter, requests } = play(() => DOWN);
    const client = axios.create({ baseURL: 'https://orders.test', adapter });
    axiosRetry(client);
    const breaker = opossumAround((url: string) => client.get(url), { volumeThreshold: 10, timeout: false });
    while (!breaker.opened) await endingOf(breaker.fire('/7'));
    expect(requests).toHaveLength(40);
  });

  it('holdfast: it counts what is sent', async () => {
    const { adapter, requests } = play(() => DOWN);
    const client = holdfast({ retry: {} })(adapter);
    while ((await endingOf(client.get('/7'))) !== 'ERR_CIRCUIT_OPEN');
    expect(requests.length).toBeLessThanOrEqual(20);
  });
});

describe('trap 33: a PUT that takes longer than its time limit', () => {
  async function put(stack: Stack) {
    const transport = play(() => ({ status: 200, delayMs: 15_000 }));
    const ending = await endingOf(stack(transport.adapter).put('/7', {}));
    return { ending, stillUnderWay: transport.inFlight };
  }

  it('naive: is reported as failed, and goes on to the service', async () => {
    const { ending, stillUnderWay } = await put(naive());
    expect(ending).toMatch(/Timed out after 10000ms/);
    expect(stillUnderWay).toBe(1);
  });

  it('holdfast: is taken back when its caller is told', async () => {
    expect(await put(holdfast())).toEqual({ ending: 'ERR_ATTEMPT_TIMEOUT', stillUnderWay: 0 });
  });
});

describe('trap 34: a call that an open circuit refuses', () => {
  /** opossum around the adapter, axios-retry on the client. */
  const retried = (told: jest.Mock, refusalOf?: (config: unknown) => Error): Stack => {
    return (adapter: AxiosAdapter) => {
      const breaker = opossumAround(adapter);
      if (refusalOf)
        breaker.fallback((config: unknown, error: unknown) => Promise.reject(asked(config, error)));
      const asked = (config: unknown, error: unknown) =>
        String(error).includes('Breaker is open') && refusalOf ? refusalOf(config) : (error as Error);
      breaker.on('reject', told);
      const client = axios.create({
        baseURL: 'https://orders.test',
        adapter: (config) => breaker.fire(config),
      });
      axiosRetry(client, { retryDelay: () => 100 });
      return client;
    };
  };
  const caught = (call: Promise<AxiosResponse>) =>
    clock.runUntilSettled(call.catch((error: unknown) => error)) as Promise<AxiosError>;

  it('naive: fails with an error that is none of axios’s, and that tells no time', async () => {
    const client = retried(jest.fn())(play(() => DOWN).adapter);
    await endingOf(client.get('/7'));
    const error = await caught(client.get('/7'));
    expect(axios.isAxiosError(error)).toBe(false);
    expect(error.config).toBeUndefined();
  });

  it('naive: made an axios error, is asked for four times of the open circuit', async () => {
    const told = jest.fn();
    const asAxiosError = (config: unknown) =>
      new AxiosError('the circuit is open', 'EOPENBREAKER', config as AxiosResponse['config']);
    const client = retried(told, asAxiosError)(play(() => DOWN).adapter);
    await endingOf(client.get('/7'));
    told.mockClear();
    expect(await caught(client.get('/7'))).toHaveProperty('code', 'EOPENBREAKER');
    expect(told).toHaveBeenCalledTimes(4);
  });

  it('holdfast: is asked for once, and its error is axios’s, with its request and the time', async () => {
    const client = holdfast({ retry: {} })(play(() => DOWN).adapter);
    await open(client);
    const error = await caught(client.get('/7'));
    expect(axios.isAxiosError(error)).toBe(true);
    expect(error).toMatchObject({ code: 'ERR_CIRCUIT_OPEN', retryAfterMs: expect.any(Number) });
    expect(error.config?.url).toBe('/7');
    expect(callOf(error)?.refusals).toHaveLength(1);
  });
});

describe('trap 35: two hosts behind one client, of which one is down', () => {
  async function ofHealthy(stack: Stack) {
    const { adapter } = play(({ url }) => (url.includes('dead') ? DOWN : { status: 200 }));
    const client = stack(adapter);
    await open(client, 'https://dead.test/7');
    return endingOf(client.get('https://well.test/7'));
  }

  it('naive: the healthy one is refused as well', async () => {
    expect(await ofHealthy(naive())).toMatch(/Breaker is open/);
  });

  it('holdfast: the healthy one is not', async () => {
    expect(await ofHealthy(holdfast())).toBe(200);
  });
});

describe('trap 35: a client of 200 healthy hosts', () => {
  const hosts = Array.from({ length: 200 }, (_, number) => `https://host-${number}.test/7`);

  it('naive: has a breaker for each, and with it timers that never end', async () => {
    const { adapter } = play(() => ({ status: 200 }));
    const breakers = new Map<string, ReturnType<typeof opossumAround>>();
    const client = axios.create({
      adapter: (config) => {
        const { host } = new URL(config.url ?? '');
        const breaker = breakers.get(host) ?? opossumAround(adapter);
        breakers.set(host, breaker);
        return breaker.fire(config);
      },
    });
    for (const host of hosts) await client.get(host);
    expect(clock.pending).toBeGreaterThanOrEqual(200);
  });

  it('holdfast: has no timer more than for one', async () => {
    const { adapter } = play(() => ({ status: 200 }));
    const client = holdfast()(adapter);
    await client.get(hosts[0]!);
    const forOne = clock.pending;
    for (const host of hosts) await client.get(host);
    expect(clock.pending).toBe(forOne);
  });
});
