import type { Step } from '@holdfast/testing';
import { API, json, operationStage } from './made-operations.js';
import type { ResultOf } from './operation-result.js';

const MONITOR = `${API}/operations/1`;
const RUNNING = json(200, { status: 'Running' });
const DONE = json(200, { status: 'Succeeded' });
const accepted = (headers: Readonly<Record<string, string>>) => json(202, { started: true }, headers);

type Case = [name: string, method: string, script: Step[], result: unknown, sends: string[]];

const CASES: Case[] = [
  ['200 is its result', 'post', [json(200, { id: 7 })], { id: 7 }, []],
  ['201 is its result', 'put', [json(201, { id: 7 })], { id: 7 }, []],
  ['204 has none', 'delete', [{ status: 204 }], undefined, []],
  [
    'a monitor counts before Location, and names the result',
    'post',
    [
      accepted({ 'Operation-Location': '/v1/operations/1', Location: '/v1/wrong' }),
      RUNNING,
      json(200, { status: 'SUCCEEDED', resourceLocation: '../exports/7' }),
      json(200, { id: 7 }),
    ],
    { id: 7 },
    [`GET ${MONITOR}`, `GET ${MONITOR}`, `GET ${API}/exports/7`],
  ],
  [
    'Operation-Location counts before Azure-AsyncOperation',
    'post',
    [
      accepted({ 'Operation-Location': MONITOR, 'Azure-AsyncOperation': `${API}/wrong` }),
      json(200, { status: 'Succeeded', result: 7 }),
    ],
    7,
    [`GET ${MONITOR}`],
  ],
  [
    'Azure-AsyncOperation beside a 201, and what the PUT was for is the result',
    'put',
    [json(201, {}, { 'Azure-AsyncOperation': MONITOR }), RUNNING, DONE, json(200, { id: 7 })],
    { id: 7 },
    [`GET ${MONITOR}`, `GET ${MONITOR}`, 'GET /exports'],
  ],
  [
    'a POST has its result at the Location of its start',
    'post',
    [accepted({ 'Azure-AsyncOperation': MONITOR, Location: '/v1/exports/7' }), DONE, json(200, { id: 7 })],
    { id: 7 },
    [`GET ${MONITOR}`, `GET ${API}/exports/7`],
  ],
  [
    'a DELETE has no result elsewhere',
    'delete',
    [accepted({ 'Azure-AsyncOperation': MONITOR, Location: '/v1/exports/7' }), DONE],
    { status: 'Succeeded' },
    [`GET ${MONITOR}`],
  ],
  [
    'a monitor may have it as output',
    'post',
    [
      accepted({ 'Operation-Location': MONITOR }),
      json(200, { status: 'succeeded', properties: { output: { id: 7 } } }),
    ],
    { id: 7 },
    [`GET ${MONITOR}`],
  ],
  [
    'a monitor without a status goes by 202 and 200',
    'post',
    [accepted({ 'Operation-Location': MONITOR }), json(202, {}), json(200, { id: 7 })],
    { id: 7 },
    [`GET ${MONITOR}`, `GET ${MONITOR}`],
  ],
  [
    'a monitor may say it by its provisioningState',
    'post',
    [
      accepted({ 'Operation-Location': MONITOR }),
      json(200, { properties: { provisioningState: 'Updating' } }),
      json(200, { properties: { provisioningState: 'Succeeded' } }),
    ],
    { properties: { provisioningState: 'Succeeded' } },
    [`GET ${MONITOR}`, `GET ${MONITOR}`],
  ],
  [
    'Location: 202 goes on, may move, and 200 is the result whatever its status says',
    'post',
    [
      accepted({ Location: '/v1/a' }),
      json(202, { status: 'inProgress' }, { Location: '/v1/b' }),
      json(202, ''),
      json(200, { status: 'failed' }),
    ],
    { status: 'failed' },
    [`GET ${API}/a`, `GET ${API}/b`, `GET ${API}/b`],
  ],
  [
    'Location: 202 may say itself that it is completed',
    'post',
    [accepted({ Location: '/v1/a' }), json(202, { status: 'completed', resourceId: '7' })],
    { status: 'completed', resourceId: '7' },
    [`GET ${API}/a`],
  ],
  [
    'Location: 303 leads to the result',
    'post',
    [
      accepted({ Location: '/v1/a' }),
      { status: 303, headers: { Location: '/v1/exports/7' } },
      json(200, { id: 7 }),
    ],
    { id: 7 },
    [`GET ${API}/a`, `GET ${API}/exports/7`],
  ],
  [
    'a monitor that moves',
    'post',
    [
      accepted({ 'Operation-Location': MONITOR }),
      json(200, { status: 'Running' }, { 'Operation-Location': '2' }),
      json(200, { status: 'Succeeded', result: 7 }),
    ],
    7,
    [`GET ${MONITOR}`, `GET ${API}/operations/2`],
  ],
  [
    'a resource that is provisioned says so itself',
    'put',
    [
      json(201, { properties: { provisioningState: 'Creating' } }),
      json(200, { properties: { provisioningState: 'Creating' } }),
      json(200, { id: 7, properties: { provisioningState: 'Succeeded' } }),
    ],
    { id: 7, properties: { provisioningState: 'Succeeded' } },
    ['GET /exports', 'GET /exports'],
  ],
];

const CHOICES: [string, ResultOf<unknown>, unknown, string[]][] = [
  ['at the Location of the start', 'location', 'GET /v1/l', [`GET ${API}/l`]],
  ['at what was started', 'original', 'GET /exports', ['GET /exports']],
  ['in the monitor', 'monitor', 8, []],
  ['what a function says', ({ data }) => data.status, 'Succeeded', []],
];

describe('an operation', () => {
  it.each(CASES)('%s', async (_, method, script, result, sends) => {
    const stage = operationStage(script);
    const operation = stage.start({ method, url: '/exports' });
    await expect(stage.clock.runUntilSettled(operation.pollUntilDone())).resolves.toEqual(result);
    expect(
      stage
        .sends()
        .slice(1)
        .map((send) => send.replace(/^\d+ /, '')),
    ).toEqual(sends);
    expect(operation.isDone).toBe(true);
    expect(operation.state.status).toBe('succeeded');
  });

  it.each(CHOICES)('has its result %s', async (_, resultOf, result, sends) => {
    const stage = operationStage(({ method, url }) =>
      method === 'post'
        ? accepted({ 'Operation-Location': MONITOR, Location: '/v1/l' })
        : url === MONITOR
          ? json(200, { status: 'Succeeded', resourceLocation: '/v1/r', result: 8 })
          : json(200, `GET ${url.replace(/^https:\/\/[^/]+/, '')}`),
    );
    const done = stage.start({ url: '/exports' }, { resultOf }).pollUntilDone();
    await expect(stage.clock.runUntilSettled(done)).resolves.toEqual(result);
    expect(
      stage
        .sends()
        .slice(2)
        .map((send) => send.replace(/^\d+ /, '')),
    ).toEqual(sends);
  });

  it.each([
    ['failed', 'Failed'],
    ['canceled', 'Cancelled'],
    ['canceled', 'CANCELED'],
  ])(
    'that has %s rejects each time, with what the service says of it, and nothing of that in a log',
    async (status, word) => {
      const error = { code: 'QuotaExceeded', message: 'a secret of the customer' };
      const stage = operationStage([
        accepted({ 'Operation-Location': MONITOR }),
        json(200, { status: word, error }),
      ]);
      const operation = stage.start({ url: '/exports' });
      for (let time = 0; time < 2; time += 1) {
        const rejected = await stage.clock.runUntilSettled(
          operation.pollUntilDone().catch((thrown: unknown) => thrown),
        );
        expect(rejected).toMatchObject({ code: 'ERR_OPERATION_FAILED', operationStatus: status });
        expect(rejected).toHaveProperty('odata.code', 'QuotaExceeded');
        expect(rejected).toHaveProperty('response.status', 200);
        expect(
          `${String(rejected)} ${JSON.stringify(rejected)} ${Object.values(rejected as object).join(' ')}`,
        ).not.toMatch(/a secret|QuotaExceeded/);
      }
      expect(operation.state).toMatchObject({ status, serviceStatus: word });
      expect(stage.requests).toHaveLength(2);
    },
  );

  it('tells how far it is, and who is told changes nothing', async () => {
    const stage = operationStage([
      accepted({ 'Operation-Location': MONITOR }),
      json(200, { status: 'Running', percentComplete: 40 }),
      json(200, { status: 'Succeeded', percentComplete: 1e9, result: 7 }),
    ]);
    const told: unknown[] = [];
    const onProgress = (state: object) => {
      told.push({ ...state });
      if (told.length === 1) throw new Error('not my day');
      return Promise.reject(new Error('nor mine'));
    };
    const done = stage.start({ url: '/exports' }, { onProgress }).pollUntilDone();
    await expect(stage.clock.runUntilSettled(done)).resolves.toBe(7);
    expect(told).toEqual([
      { status: 'running', serviceStatus: 'Running', percentComplete: 40 },
      { status: 'succeeded', serviceStatus: 'Succeeded' },
    ]);
  });

  it('whose Location is a monitor that answers 200 goes on by `statusOf`', async () => {
    const stage = operationStage([
      accepted({ Location: '/v1/a' }),
      json(200, { state: 'inProgress' }),
      json(200, { state: 'succeeded' }),
    ]);
    const done = stage.start({ url: '/exports' }, { statusOf: ({ data }) => data.state }).pollUntilDone();
    await expect(stage.clock.runUntilSettled(done)).resolves.toEqual({ state: 'succeeded' });
  });

  it.each<[string, Step[]]>([
    ['was accepted, and is nowhere to be looked for', [accepted({})]],
    [
      'has a status that is no text',
      [accepted({ 'Operation-Location': MONITOR }), json(200, { status: { a: 1 } })],
    ],
    [
      'is redirected for ever',
      [
        accepted({ Location: '/v1/a' }),
        ...Array.from({ length: 6 }, () => ({ status: 302, headers: { Location: '/v1/a' } })),
      ],
    ],
  ])('that %s rejects, and is not taken for done', async (_, script) => {
    const stage = operationStage(script);
    const operation = stage.start({ url: '/exports' });
    await expect(stage.clock.runUntilSettled(operation.pollUntilDone())).rejects.toHaveProperty(
      'code',
      'ERR_OPERATION',
    );
    expect(operation.isDone).toBe(false);
    expect(stage.requests).toHaveLength(script.length);
  });

  it('is no promise: who returns one does not wait for it', async () => {
    const stage = operationStage([accepted({ 'Operation-Location': MONITOR })]);
    const start = async () => Promise.resolve(stage.start({ url: '/exports' }));
    await expect(start()).resolves.toHaveProperty('isDone', false);
  });
});
