import { callOf, type Classify, type StandardInterceptorsOptions } from '@holdfast/client';
import type { Step } from '@holdfast/testing';
import type { InternalAxiosRequestConfig } from 'axios';
import { SdkConnection } from './connection.js';
import { failureOf } from './made-answers.js';
import { json, operationStage, type OperationStage } from './made-operations.js';
import { elsewhere } from './operation-elsewhere.js';

const FOREIGN = 'https://monitor.test/1';
const ACCEPTED = json(202, {}, { 'Operation-Location': FOREIGN });
const DONE = json(200, { status: 'Succeeded', result: 7 });

/** A service that forgets for a while. */
const GONE_PASSES: Classify = (_, { response }) => (response?.status === 404 ? 'unavailable' : undefined);

/** What the adapter of the client is given from now on. */
function watched({ client }: OperationStage): readonly InternalAxiosRequestConfig[] {
  const configs: InternalAxiosRequestConfig[] = [];
  const { adapter } = client.defaults;
  client.defaults.adapter = (config) => {
    configs.push(config);
    return (adapter as Exclude<typeof adapter, string | undefined | readonly unknown[]>)(config);
  };
  return configs;
}

describe('a look at a monitor on another origin', () => {
  it.each<[string, Partial<StandardInterceptorsOptions>, object, string]>([
    ['deadline of the client', { deadlineMs: 1_000 }, {}, 'ERR_DEADLINE_EXCEEDED'],
    ['deadline of the call', { deadlineMs: 9_000 }, { deadlineMs: 1_000 }, 'ERR_DEADLINE_EXCEEDED'],
    ['limit of an attempt of the client', { attemptTimeoutMs: 1_000 }, {}, 'ERR_ATTEMPT_TIMEOUT'],
    [
      'limit of an attempt of the call',
      { attemptTimeoutMs: 9_000 },
      { attemptTimeoutMs: 1_000 },
      'ERR_ATTEMPT_TIMEOUT',
    ],
  ])('that hangs ends by the %s', async (_, options, call, code) => {
    const stage = operationStage([ACCEPTED, 'hang'], options);
    const operation = stage.start({ url: '/exports' }, call);
    await stage.clock.settle();
    const began = stage.clock.now();
    const failure = await stage.clock.runUntilSettled(failureOf(operation.poll()));
    expect(failure).toHaveProperty('code', code);
    expect(stage.clock.now() - began).toBe(1_000);
  });

  it.each<[string, Partial<StandardInterceptorsOptions>, Step]>([
    ['the client repeats', {}, { status: 503 }],
    ['the client says that it is to be', { classify: GONE_PASSES }, { status: 404 }],
  ])('is repeated where %s', async (_, options, failed) => {
    const stage = operationStage([ACCEPTED, failed, DONE], { retry: {}, ...options });
    const operation = stage.start({ url: '/exports' });
    await stage.clock.settle();
    await stage.clock.runUntilSettled(operation.poll());
    expect(operation.state.status).toBe('succeeded');
    expect(stage.requests).toHaveLength(3);
  });

  it('is not repeated where the call says so', async () => {
    const stage = operationStage([ACCEPTED, { status: 503 }, DONE], { retry: {} });
    const operation = stage.start({ url: '/exports' }, { retry: false });
    await stage.clock.settle();
    const failure = await stage.clock.runUntilSettled(failureOf(operation.poll()));
    expect(failure).toHaveProperty('response.status', 503);
    expect(stage.requests).toHaveLength(2);
  });

  it('is cancelled when its caller gives it up', async () => {
    const stage = operationStage([ACCEPTED, 'hang']);
    const configs = watched(stage);
    const controller = new AbortController();
    const operation = stage.start({ url: '/exports' }, { signal: controller.signal });
    await stage.clock.settle();
    const look = failureOf(operation.poll());
    await stage.clock.settle();
    controller.abort();
    expect(configs[1]).toMatchObject({ url: FOREIGN, signal: { aborted: true } });
    await expect(look).resolves.toHaveProperty('code', 'ERR_CANCELED');
  });

  it('is sent and read as the client has it', async () => {
    const carried = {
      proxy: false,
      timeout: 7_000,
      decompress: false,
      maxContentLength: 1_000,
      transitional: { silentJSONParsing: false },
    } as const;
    const stage = operationStage([ACCEPTED, DONE], {}, carried);
    const configs = watched(stage);
    await stage.clock.runUntilSettled(stage.start({ url: '/exports' }).pollUntilDone());
    expect(configs[1]).toMatchObject({ url: FOREIGN, ...carried });
  });

  it('has the time of the client in its story, and the logger of the SDK', async () => {
    const stage = operationStage([ACCEPTED, DONE]);
    const operation = stage.start({ url: '/exports' });
    await stage.clock.advance(60_000);
    await operation.poll();
    expect(callOf(operation.state.response)?.startedAt).toBe(stage.clock.now());
    const logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
    const connection = new SdkConnection(() => stage.client, { logger, logLevel: 'debug' });
    expect(elsewhere(connection, stage.clock).settings).toEqual({ logger, logLevel: 'debug' });
  });
});
