import { manualClock, scriptedTransport, type ManualClock, type Step } from '@holdfast/testing';
import axios, { type AxiosRequestConfig } from 'axios';
import { callOf, deadline, graphBatch, install, nameCalls, retry, type GraphBatchOptions } from './index.js';

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

interface Answer {
  readonly id: string;
  readonly status: number;
  readonly headers?: object;
  readonly body?: unknown;
}

const throttled = (id: string, seconds?: number): Answer => ({
  id,
  status: 429,
  ...(seconds !== undefined && { headers: { 'Retry-After': String(seconds) } }),
});
const good = (id: string): Answer => ({ id, status: 200, body: { of: id } });
const step = (...responses: readonly Answer[]): Step => ({
  status: 200,
  data: JSON.stringify({ responses }),
});
const get = (id: string, more: object = {}) => ({ id, method: 'GET', url: `/users/${id}`, ...more });

/** A client of Microsoft Graph, and what it is sent: for each `$batch` the ids of its parts, and when. */
function graph(script: readonly Step[], options: GraphBatchOptions = {}) {
  const { adapter, requests } = scriptedTransport(script, { clock });
  const client = axios.create({ baseURL: 'https://graph.microsoft.com/v1.0', adapter });
  const shared = { clock, random: () => 0.5 };
  const begin = clock.now();
  install(
    client,
    [nameCalls('graph'), deadline({ clock }), graphBatch({ ...shared, ...options }), retry(shared)],
    { clock },
  );
  return {
    client,
    requests,
    batch: (parts: readonly object[], config?: AxiosRequestConfig) =>
      clock.runUntilSettled(client.post('/$batch', { requests: parts }, config)),
    get sent() {
      return requests.map(({ data, at }) => {
        const { requests: parts } = JSON.parse(String(data)) as { requests: { id: string }[] };
        return `${parts.map(({ id }) => id).join()} at ${at - begin}`;
      });
    },
  };
}

const statuses = (data: unknown) =>
  (data as { responses: Answer[] }).responses.map(({ id, status }) => `${id}: ${status}`);

describe('a $batch whose parts are throttled', () => {
  it('is sent again without the others, after the longest of what they ask for, and comes back whole and in order', async () => {
    const on = graph([step(throttled('3', 1), good('1'), throttled('2', 4)), step(good('2'), good('3'))]);
    const { data, config } = await on.batch([get('1'), get('2'), get('3')]);
    expect(on.sent).toEqual(['1,2,3 at 0', '2,3 at 4200']);
    expect(data).toEqual({ responses: [good('3'), good('1'), good('2')] });
    expect(JSON.parse(String(config.data))).toEqual({ requests: [get('1'), get('2'), get('3')] });
  });

  it('tells of it in the story of the call, which is one', async () => {
    const on = graph([step(throttled('1', 2), good('2')), step(throttled('1', 1)), step(good('1'))]);
    const response = await on.batch([get('1'), get('2')]);
    expect(String(callOf(response))).toBe(
      [
        'POST graph /$batch',
        '#1 (+0 ms, took 0 ms): 200; 1 of 2 parts throttled; round 1 in 2100 ms',
        '#2 (+2100 ms, took 0 ms): 200; 1 of 2 parts throttled; round 2 in 1050 ms',
        '#3 (+3150 ms, took 0 ms): 200',
      ].join('\n  '),
    );
    expect(callOf(response)).toMatchObject({ sends: 3, outcome: 'success', failed: false, refusals: [] });
  });

  it('hands a POST and a PATCH back as they were answered: they may have been acted on', async () => {
    const parts = [
      get('1', { method: 'POST' }),
      get('2', { method: 'PATCH' }),
      get('3', { method: 'DELETE' }),
    ];
    const on = graph([step(...parts.map(({ id }) => throttled(id, 1))), step({ id: '3', status: 204 })]);
    const { data } = await on.batch(parts);
    expect(on.sent).toEqual(['1,2,3 at 0', '3 at 1050']);
    expect(statuses(data)).toEqual(['1: 429', '2: 429', '3: 204']);
  });

  it('sends what was left out because of them along, and no more', async () => {
    const parts = [get('1'), get('2', { dependsOn: ['1'] }), get('3', { dependsOn: ['2'] })];
    const left = { id: '3', status: 424 };
    const on = graph([step(good('1'), throttled('2', 1), left), step(good('2'), good('3'))]);
    const { data } = await on.batch(parts);
    expect(statuses(data)).toEqual(['1: 200', '2: 200', '3: 200']);
    const { requests } = JSON.parse(String(on.requests[1]?.data)) as { requests: object[] };
    expect(requests).toEqual([get('2'), get('3', { dependsOn: ['2'] })]);
  });

  it('without a Retry-After is sent again after a wait that is drawn, and grows', async () => {
    const on = graph([step({ id: '1', status: 503 }), step({ id: '1', status: 504 }), step(good('1'))]);
    await on.batch([get('1')]);
    expect(on.sent).toEqual(['1 at 0', '1 at 100', '1 at 300']);
  });

  it('waits no longer than it is said that such waits may be', async () => {
    const on = graph([step({ id: '1', status: 503 }), step({ id: '1', status: 503 }), step(good('1'))], {
      maxDelayMs: 220,
    });
    await on.batch([get('1')]);
    expect(on.sent).toEqual(['1 at 0', '1 at 100', '1 at 210']);
  });

  it('after a short Retry-After comes back spread by 50 ms, and not with everybody else', async () => {
    const soon = { id: '1', status: 429, headers: { 'retry-after-ms': '100' } };
    const on = graph([step(soon), step(good('1'))]);
    await on.batch([get('1')]);
    expect(on.sent).toEqual(['1 at 0', '1 at 125']);
  });

  it('does not wait for what a part asks for that is not sent again', async () => {
    const on = graph([step(throttled('1', 1), throttled('2', 20)), step(good('1'))]);
    await on.batch([get('1'), get('2', { method: 'POST' })]);
    expect(on.sent).toEqual(['1,2 at 0', '1 at 1050']);
  });

  it('is handed back where its next round would begin just as the deadline ends', async () => {
    const on = graph([step(throttled('1', 30))], { random: () => 0 });
    expect(statuses((await on.batch([get('1')])).data)).toEqual(['1: 429']);
    expect(on.sent).toEqual(['1 at 0']);
  });

  it('does not promise the bytes of the whole batch for a round', async () => {
    const on = graph([step(throttled('1', 1)), step(good('1'))]);
    const { config } = await on.batch([get('1')], { headers: { 'Content-Length': '999' } });
    expect(on.requests.map(({ headers }) => headers['content-length'])).toEqual(['999', undefined]);
    expect(config.headers['Content-Length']).toBe('999');
  });

  it('is handed back after as many rounds as there may be', async () => {
    const on = graph([step(throttled('1', 1)), step(throttled('1', 1)), step(throttled('1', 7))], {
      rounds: 2,
    });
    const response = await on.batch([get('1')]);
    expect(response.data).toEqual({ responses: [throttled('1', 7)] });
    expect(callOf(response)?.attempts.at(-1)?.decisions).toEqual([
      '1 of 1 parts throttled; gave up after 2 rounds',
    ]);
  });

  it('is handed back at once where the wait does not fit the deadline, with what has come', async () => {
    const on = graph([step(good('1'), throttled('2', 60))]);
    const before = clock.now();
    const response = await on.batch([get('1'), get('2')]);
    expect(clock.now()).toBe(before);
    expect(response.data).toEqual({ responses: [good('1'), throttled('2', 60)] });
    expect(callOf(response)?.attempts[0]?.decisions).toEqual([
      '1 of 2 parts throttled; a wait of 63000 ms does not fit the deadline',
    ]);
  });
});

it('a $batch of which a part is throttled for a month is handed back at once, also without a deadline', async () => {
  const month = 30 * 24 * 3_600;
  const { adapter, requests } = scriptedTransport([step(good('1'), throttled('2', month))], { clock });
  const client = axios.create({ baseURL: 'https://graph.microsoft.com/v1.0', adapter });
  install(client, [graphBatch({ clock, random: () => 0 })], { clock });
  const begin = clock.now();
  const { data } = await clock.runUntilSettled(client.post('/$batch', { requests: [get('1'), get('2')] }));
  expect(statuses(data)).toEqual(['1: 200', '2: 429']);
  expect([requests.length, clock.now() - begin]).toEqual([1, 0]);
});

it('a round has an idempotency key of its own: with the same the service would answer the first batch again', async () => {
  const on = graph([step(throttled('1', 1)), step(throttled('1', 1)), step(good('1'))]);
  const holdfast = { idempotencyKey: 'batch-7' };
  const { config } = await on.batch([get('1')], { holdfast });
  const keys = on.requests.map(({ headers }) => headers['idempotency-key']);
  expect(keys[0]).toBe('"batch-7"');
  expect(new Set(keys).size).toBe(3);
  expect(config.holdfast).toEqual({ idempotencyKey: 'batch-7' });
});

describe('a round that fails', () => {
  it('is retried like any call, and the batch comes back whole', async () => {
    const refused: Step = { status: 429, headers: { 'retry-after': '1' } };
    const on = graph([step(throttled('1', 1)), refused, step(good('1'))]);
    const { data } = await on.batch([get('1')]);
    expect(statuses(data)).toEqual(['1: 200']);
    expect(on.requests).toHaveLength(3);
  });

  it.each<[string, Step]>([
    ['an answer that is none', { status: 200, data: '<html>' }],
    ['a status', { status: 500 }],
    ['a lost connection', { error: 'ECONNRESET' }],
  ])('by %s loses nothing of what had come before', async (_, failure) => {
    const on = graph([step(good('1'), throttled('2', 1)), failure]);
    const response = await on.batch([get('1'), get('2')]);
    expect(response.status).toBe(200);
    expect(statuses(response.data)).toEqual(['1: 200', '2: 429']);
    expect(String(callOf(response))).toContain('the round came to nothing');
    expect(JSON.parse(String(response.config.data))).toEqual({ requests: [get('1'), get('2')] });
  });

  it('by the caller, who gives up, ends at once', async () => {
    const on = graph([step(throttled('1', 5))]);
    const giveUp = new AbortController();
    const sent = on.client.post('/$batch', { requests: [get('1')] }, { signal: giveUp.signal });
    await clock.advance(1_000);
    giveUp.abort();
    await expect(sent).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    expect([on.requests.length, clock.pendingRef]).toEqual([1, 0]);
  });

  it('because the caller gives up meanwhile ends as given up, and not as an answer', async () => {
    const on = graph([step(good('1'), throttled('2', 1)), 'hang']);
    const giveUp = new AbortController();
    const sent = on.client.post('/$batch', { requests: [get('1'), get('2')] }, { signal: giveUp.signal });
    await clock.advance(2_000);
    giveUp.abort();
    await expect(sent).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    expect(on.requests).toHaveLength(2);
  });

  it('because the time of the call is over ends so', async () => {
    const on = graph([step(throttled('1', 1)), 'hang']);
    await expect(on.batch([get('1')])).rejects.toMatchObject({ code: 'ERR_DEADLINE_EXCEEDED' });
  });

  it('answers for other parts than it was asked about: they change nothing', async () => {
    const on = graph([step(good('1'), throttled('2', 1)), step({ id: '1', status: 500 }, good('2'))]);
    const { data } = await on.batch([get('1'), get('2')]);
    expect(data).toEqual({ responses: [good('1'), good('2')] });
  });
});

describe('is sent once, and left as it came:', () => {
  const answer = step(throttled('1', 1));
  const send = async (on: ReturnType<typeof graph>, url: string, config: AxiosRequestConfig = {}) => {
    await clock.runUntilSettled(
      on.client.request({ method: 'post', url, data: { requests: [get('1')] }, ...config }),
    );
    return on.requests.length;
  };

  it.each<[string, string, AxiosRequestConfig]>([
    ['what is no $batch', '/users', {}],
    ['what is no POST', '/$batch', { method: 'put' }],
    ['a batch in another form', '/$batch', { data: { requests: [{ id: 1, method: 'GET' }] } }],
    ['bytes', '/$batch', { data: Buffer.from(JSON.stringify({ requests: [get('1')] })) }],
  ])('%s', async (_, url, config) => {
    expect(await send(graph([answer]), url, config)).toBe(1);
  });

  it('an answer with a number that would come out as another: not a digit is changed', async () => {
    const data =
      '{"responses":[{"id":"1","status":429},{"id":"2","status":200,"body":{"id":12345678901234567890}}]}';
    const on = graph([{ status: 200, data }]);
    const config: AxiosRequestConfig = { transformResponse: [(text: unknown) => text] };
    expect((await on.batch([get('1'), get('2')], config)).data).toBe(data);
    expect(on.requests).toHaveLength(1);
  });

  it('an answer that is a stream or bytes', async () => {
    const data = Buffer.from(JSON.stringify({ responses: [throttled('1', 1)] }));
    expect(await send(graph([{ status: 200, data }]), '/$batch', { responseType: 'arraybuffer' })).toBe(1);
  });

  it('a part that has no answer', async () => {
    const on = graph([step(throttled('1', 1)), step()], { rounds: 1 });
    const { data } = await on.batch([get('1'), get('2')]);
    expect(statuses(data)).toEqual(['1: 429']);
    expect(on.sent).toEqual(['1,2 at 0', '1 at 1050']);
  });
});

it.each([
  '/$batch',
  '$batch',
  '/$batch/',
  '/v1.0/$batch',
  '/%24batch',
  'https://graph.microsoft.com/v1.0/$batch?x=1',
])('%s is a $batch', async (url) => {
  const on = graph([step(throttled('1', 1)), step(good('1'))]);
  const { data } = await clock.runUntilSettled(on.client.post(url, { requests: [get('1')] }));
  expect(statuses(data)).toEqual(['1: 200']);
});
