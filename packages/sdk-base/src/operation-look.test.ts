import { withCredential } from '@holdfast/client';
import { staticCredential } from '@holdfast/testing';
import type { InternalAxiosRequestConfig } from 'axios';
import { failureOf } from './made-answers.js';
import { API, json, operationStage } from './made-operations.js';
import { startOperation } from './operation-start.js';

const MONITOR = `${API}/operations/1`;
const ACCEPTED = json(202, {}, { 'Operation-Location': MONITOR });
const RUNNING = json(200, { status: 'Running' });
const DONE = json(200, { status: 'Succeeded', result: 7 });

describe('a look that hangs', () => {
  it('ends with the wait for it, so that the next wait looks anew, at once', async () => {
    const stage = operationStage([ACCEPTED, 'hang', DONE]);
    const aborted: (boolean | undefined)[] = [];
    const { adapter } = stage.client.defaults;
    const configs: InternalAxiosRequestConfig[] = [];
    stage.client.defaults.adapter = (config) => {
      configs.push(config);
      return (adapter as Exclude<typeof adapter, string | undefined | readonly unknown[]>)(config);
    };
    const operation = stage.start({ url: '/exports' }, { withinMs: 10_000 });
    const failure = await stage.clock.runUntilSettled(failureOf(operation.pollUntilDone()));
    expect(failure).toHaveProperty('code', 'ERR_OPERATION_TIMEOUT');
    aborted.push(...configs.map(({ signal }) => signal?.aborted));
    expect(aborted).toEqual([undefined, true]);
    await expect(stage.clock.runUntilSettled(operation.pollUntilDone())).resolves.toBe(7);
    expect(stage.sends()).toEqual(['0 POST /exports', `2000 GET ${MONITOR}`, `10000 GET ${MONITOR}`]);
  });

  it('goes on as long as somebody else waits for it', async () => {
    const stage = operationStage([ACCEPTED, { ...(DONE as object), delayMs: 20_000 } as typeof DONE]);
    const operation = stage.start({ url: '/exports' }, { withinMs: 10_000 });
    const done = failureOf(operation.pollUntilDone());
    await stage.clock.advance(5_000);
    const look = operation.poll();
    await stage.clock.advance(5_000);
    await expect(done).resolves.toHaveProperty('code', 'ERR_OPERATION_TIMEOUT');
    await expect(stage.clock.runUntilSettled(look)).resolves.toHaveProperty('status', 'succeeded');
    expect(stage.requests).toHaveLength(2);
  });

  it('and answers when nobody waits any more, changes nothing', async () => {
    const stage = operationStage([ACCEPTED, 'hang', DONE]);
    const { adapter } = stage.client.defaults;
    let late = () => undefined as unknown;
    stage.client.defaults.adapter = (config) => {
      if (config.url !== MONITOR || stage.requests.length > 1)
        return (adapter as Exclude<typeof adapter, string | undefined | readonly unknown[]>)(config);
      void (adapter as (one: typeof config) => Promise<unknown>)(config).catch(() => undefined);
      const data = '{"status":"Failed"}';
      return new Promise((resolve) => {
        late = () => {
          resolve({ status: 200, statusText: '', headers: {}, data, config });
        };
      });
    };
    const operation = stage.start({ url: '/exports' }, { withinMs: 10_000 });
    await stage.clock.runUntilSettled(failureOf(operation.pollUntilDone()));
    await expect(stage.clock.runUntilSettled(operation.pollUntilDone())).resolves.toBe(7);
    late();
    await stage.clock.settle();
    expect(operation.state.status).toBe('succeeded');
  });

  it('for the result, ends with the wait for it as well', async () => {
    const stage = operationStage([
      ACCEPTED,
      json(200, { status: 'Succeeded', resourceLocation: '/v1/r' }),
      'hang',
    ]);
    const operation = stage.start({ url: '/exports' }, { withinMs: 10_000 });
    const { adapter } = stage.client.defaults;
    let last: InternalAxiosRequestConfig | undefined;
    stage.client.defaults.adapter = (config) => {
      last = config;
      return (adapter as Exclude<typeof adapter, string | undefined | readonly unknown[]>)(config);
    };
    const failure = await stage.clock.runUntilSettled(failureOf(operation.pollUntilDone()));
    expect(failure).toHaveProperty('code', 'ERR_OPERATION_TIMEOUT');
    expect(last?.signal?.aborted).toBe(true);
    expect(stage.requests).toHaveLength(3);
  });
});

describe('a wait with a limit', () => {
  it('leaves no timer behind when the operation has ended', async () => {
    const stage = operationStage([ACCEPTED, DONE]);
    const done = stage.start({ url: '/exports' }, { withinMs: 60_000 }).pollUntilDone();
    await expect(stage.clock.runUntilSettled(done)).resolves.toBe(7);
    expect(stage.clock.pending).toBe(0);
  });

  it('that the caller gives up is canceled, and not out of time', async () => {
    const stage = operationStage([ACCEPTED, 'hang']);
    const { signal, abort } = abortable();
    const operation = stage.start({ url: '/exports' }, { withinMs: 60_000, signal });
    const [done, look] = [failureOf(operation.pollUntilDone()), failureOf(operation.poll())];
    await stage.clock.advance(3_000);
    abort();
    await expect(done).resolves.toHaveProperty('code', 'ERR_CANCELED');
    await expect(look).resolves.toHaveProperty('code', 'ERR_CANCELED');
    expect(stage.clock.pendingRef).toBe(0);
  });
});

function abortable() {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    abort: () => {
      controller.abort();
    },
  };
}

it('what is said of the start alone is not said of a look', async () => {
  const stage = operationStage([ACCEPTED, DONE], { retry: {} });
  const call = { ifMatch: '"1"', ifNoneMatch: '"2"', idempotencyKey: 'a-key', query: { v: 1 } };
  await stage.clock.runUntilSettled(stage.start({ url: '/exports' }, call).pollUntilDone());
  const { headers = {}, url } = stage.requests[1] ?? {};
  expect(Object.keys(headers)).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^(?:if-|idempotency)/)]),
  );
  expect(url).toBe(MONITOR);
});

it('a wait with a limit ends at once when the caller gives it up between two looks', async () => {
  const stage = operationStage([ACCEPTED]);
  const { signal, abort } = abortable();
  const done = stage.start({ url: '/exports' }, { withinMs: 60_000, signal }).pollUntilDone();
  const failed = failureOf(done);
  await stage.clock.advance(500);
  abort();
  await expect(failed).resolves.toHaveProperty('code', 'ERR_CANCELED');
  expect(stage.clock.pendingRef).toBe(0);
});

describe('whoever has started an operation', () => {
  const user = { holdfast: { credential: staticCredential('the-user') } };

  it('looks at it, unless the call says who does', async () => {
    const script = [
      ACCEPTED,
      RUNNING,
      json(200, { status: 'Succeeded', resourceLocation: '/v1/r' }),
      json(200, 7),
    ];
    const stage = operationStage(script);
    await stage.clock.runUntilSettled(stage.start({ url: '/exports', ...user }).pollUntilDone());
    expect(stage.requests.map(({ token }) => token)).toEqual(Array.from({ length: 4 }, () => 'the-user'));
    const other = operationStage(script);
    const credential = staticCredential('another');
    await other.clock.runUntilSettled(
      other.start({ url: '/exports', ...user }, { credential }).pollUntilDone(),
    );
    expect(other.requests.map(({ token }) => token)).toEqual(['the-user', 'another', 'another', 'another']);
  });

  it('inside of withCredential() looks at it wherever it is waited for, and nobody else does', async () => {
    const [ada, bob] = [staticCredential('ada'), staticCredential('bob')];
    const script = [ACCEPTED, RUNNING, DONE];
    const begun = operationStage(script);
    const operation = withCredential(ada, () => begun.start({ url: '/exports' }));
    await begun.clock.settle();
    await operation.poll();
    await begun.clock.runUntilSettled(withCredential(bob, () => operation.pollUntilDone()));
    expect(begun.requests.map(({ token }) => token)).toEqual(['ada', 'ada', 'ada']);
    const own = operationStage(script);
    const ofTheApp = own.start({ url: '/exports' });
    await own.clock.runUntilSettled(withCredential(bob, () => ofTheApp.pollUntilDone()));
    expect(new Set(own.requests.map(({ token }) => token))).toEqual(new Set(['a-secret-token']));
  });

  it('is not known to a monitor elsewhere', async () => {
    const stage = operationStage([json(202, {}, { Location: 'https://monitor.test/1' }), json(200, 7)]);
    await stage.clock.runUntilSettled(stage.start({ url: '/exports', ...user }).pollUntilDone());
    expect(stage.requests.map(({ token }) => token)).toEqual(['the-user', undefined]);
  });
});

it('a look leaves redirects to nobody: neither of the adapters follows them', async () => {
  for (const place of [MONITOR, 'https://monitor.test/1']) {
    const stage = operationStage([json(202, {}, { 'Operation-Location': place }), DONE]);
    const { adapter } = stage.client.defaults;
    const configs: InternalAxiosRequestConfig[] = [];
    stage.client.defaults.adapter = (config) => {
      configs.push(config);
      return (adapter as Exclude<typeof adapter, string | undefined | readonly unknown[]>)(config);
    };
    await stage.clock.runUntilSettled(stage.start({ url: '/exports' }).pollUntilDone());
    expect(configs[1]).toMatchObject({ maxRedirects: 0, fetchOptions: { redirect: 'manual' } });
  }
});

describe('a start', () => {
  it('of a resource that is done at once has its result: nothing more is asked', async () => {
    const done = { id: 7, properties: { provisioningState: 'Succeeded' } };
    const stage = operationStage([json(200, done)]);
    const operation = stage.start({ method: 'put', url: '/exports' });
    await expect(stage.clock.runUntilSettled(operation.pollUntilDone())).resolves.toEqual(done);
    expect(stage.sends()).toEqual(['0 PUT /exports']);
    const failed = operationStage([json(200, { properties: { provisioningState: 'Failed' } })]);
    const ended = failed.start({ method: 'put', url: '/exports' }).pollUntilDone();
    await expect(failed.clock.runUntilSettled(ended)).rejects.toHaveProperty('code', 'ERR_OPERATION_FAILED');
  });

  it('whose header for the monitor is empty has none', async () => {
    const stage = operationStage([
      json(202, {}, { 'Operation-Location': ' ', 'Azure-AsyncOperation': MONITOR, Location: '' }),
      json(200, { status: 'Running' }, { 'Operation-Location': '' }),
      DONE,
    ]);
    await expect(stage.clock.runUntilSettled(stage.start({ url: '/exports' }).pollUntilDone())).resolves.toBe(
      7,
    );
    expect(stage.sends().slice(1)).toEqual([`2000 GET ${MONITOR}`, `4000 GET ${MONITOR}`]);
    const nowhere = operationStage([json(202, {}, { Location: '' })]);
    const done = nowhere.start({ url: '/exports' }).pollUntilDone();
    await expect(nowhere.clock.runUntilSettled(done)).rejects.toHaveProperty('code', 'ERR_OPERATION');
  });

  it('that is no call, as an async method returns none, is refused by a word', () => {
    const { connection } = operationStage([]);
    for (const start of [Promise.resolve({}), undefined, {}])
      expect(() => startOperation(connection, start as never)).toThrow(
        /^http\.poll\(\): the operation must be a call of this SDK, .* and is neither: an async method/,
      );
  });
});
