import { callOf } from './index.js';
import { ADAPTERS, stage, type Stage } from './made-hostile-play.js';
import { OK, closesPolitely, closesUnanswered, saysTooMuch, type Behaviour } from './made-hostile-server.js';
import { RetryBudget } from './index.js';

let on: Stage | undefined;

afterEach(() => {
  on?.close();
});

/** What three calls came to, one after the other. */
async function three(
  { client, play, clock }: Stage,
  method: 'get' | 'put' | 'post' = 'get',
): Promise<(number | string)[]> {
  const endings = [];
  for (let call = 1; call <= 3; call += 1) {
    const data = method === 'get' ? undefined : { call };
    endings.push((await play(client.request({ method, url: `/${call}`, data }))).ending);
    // So that the client has heard what became of its connection.
    await clock.settle();
  }
  return endings;
}

describe.each(ADAPTERS)('kept-alive connections (%s adapter)', (adapter) => {
  it.each(['get', 'put', 'post'] as const)(
    'that the server closes after each answer cost no %s a second request',
    async (method) => {
      on = await stage(adapter, Array<Behaviour>(3).fill(closesPolitely));
      expect(await three(on, method)).toEqual([200, 200, 200]);
      expect(on.server.requests).toHaveLength(3);
      expect(on.server.connections).toBe(3);
    },
  );

  it.each(['get', 'put'] as const)(
    'that are closed just as they are taken up again: a %s arrives once more, whole',
    async (method) => {
      on = await stage(adapter, [OK, closesUnanswered, OK, closesUnanswered]);
      expect(await three(on, method)).toEqual([200, 200, 200]);
      const { requests } = on.server;
      expect(requests).toHaveLength(5);
      expect(requests[1]).toMatchObject({ reusedSocket: true, body: requests[2]!.body });
      expect(requests.map(({ body }) => body)).toEqual(
        [1, 2, 2, 3, 3].map((call) => (method === 'get' ? '' : JSON.stringify({ call }))),
      );
    },
  );

  it('that are closed just as they are taken up again: a POST arrives once, and its caller is told', async () => {
    on = await stage(adapter, [OK, closesUnanswered, OK]);
    const lost = adapter === 'http' ? 'ECONNRESET' : 'ERR_NETWORK';
    expect(await three(on, 'post')).toEqual([200, lost, 200]);
    expect(on.server.requests.map(({ body }) => body)).toEqual(
      [1, 2, 3].map((call) => JSON.stringify({ call })),
    );
  });

  it('on which more came than was said: the next call does not read what was left over', async () => {
    on = await stage(adapter, [saysTooMuch]);
    const { response } = await on.play(on.client.get('/1'));
    expect(response?.data).toEqual({});
    await on.clock.settle();
    const second = await on.play(on.client.get('/2'));
    expect(second.response?.data).toEqual({});
    expect(second.response?.headers).not.toHaveProperty('x-somebody-else');
    expect(on.server.requests.map(({ reusedSocket }) => reusedSocket)).toEqual([false, false]);
  });
});

describe('a kept-alive connection that is closed as it is taken up again', () => {
  const none = () => new RetryBudget({ ratio: 0, minPerSecond: 0 });

  it('costs no time and nothing of the budget, once (http adapter)', async () => {
    on = await stage('http', [OK, closesUnanswered], { retry: { budget: none() } });
    await on.play(on.client.get('/1'));
    const before = on.clock.now();
    const { ending, response } = await on.play(on.client.get('/2'));
    expect(ending).toBe(200);
    expect(on.server.requests.slice(1).map(({ at }) => at - before)).toEqual([0, 0]);
    expect(String(callOf(response))).toContain(
      'sent again at once: the kept-alive connection had been closed',
    );
  });

  it('is an ordinary failure to the fetch adapter, which does not say that it was used before', async () => {
    on = await stage('fetch', [OK, closesUnanswered], { retry: { budget: none() } });
    await on.play(on.client.get('/1'));
    const { ending, error } = await on.play(on.client.get('/2'));
    expect(ending).toBe('ERR_NETWORK');
    expect(String(callOf(error))).toContain('not retried: the retry budget is spent');
  });
});
