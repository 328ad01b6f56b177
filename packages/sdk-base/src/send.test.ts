import axios, { AxiosError, AxiosHeaders } from 'axios';
import { PassThrough } from 'node:stream';
import { SdkConnection } from './connection.js';
import { failureOf } from './made-answers.js';
import { json, operationStage, type OperationStage } from './made-operations.js';
import { send } from './send.js';

/** A service that answers with a status and a body that never ends. */
function dripping(options: Parameters<typeof operationStage>[1]): OperationStage & { body: PassThrough } {
  const stage = operationStage([], options);
  const body = new PassThrough();
  stage.client.defaults.adapter = (config) => {
    const response = { status: 404, statusText: '', headers: new AxiosHeaders(), config, data: body };
    return Promise.reject(
      new AxiosError('Request failed with status code 404', 'ERR_BAD_REQUEST', config, undefined, response),
    );
  };
  return { ...stage, body };
}

describe('a failure whose body never ends', () => {
  it.each<[string, number | false, number]>([
    ['after five seconds, without a deadline', false, 5_000],
    ['after five seconds, with a deadline that is far', 60_000, 5_000],
    ['when the deadline of the call is over', 2_000, 2_000],
  ])('is told %s, on the clock of the client', async (_, deadlineMs, afterMs) => {
    const { clock, connection, body } = dripping({ deadlineMs });
    let told: unknown;
    const ended = failureOf(send(connection, { url: '/a', responseType: 'stream' })).then(
      (error) => (told = error),
    );
    body.write('{"half');
    await clock.advance(afterMs - 1);
    expect(told).toBeUndefined();
    await clock.advance(1);
    await ended;
    expect(told).toMatchObject({ name: 'NotFoundError', response: { data: '{"half' } });
    expect(body.destroyed).toBe(true);
    expect(clock.pendingRef).toBe(0);
  });
});

describe('a client whose interceptor makes an answer of each failure', () => {
  it('still rejects with an error by status, and what a call takes for a success is one', async () => {
    const stage = operationStage([json(404, { code: 'gone' }), { status: 304 }]);
    stage.client.interceptors.response.use(undefined, (error: AxiosError) => error.response);
    const error = await failureOf(send(stage.connection, { url: '/a' }));
    expect(error).toMatchObject({ name: 'NotFoundError', status: 404, response: { data: { code: 'gone' } } });
    const request = { url: '/a', validateStatus: (status: number) => status === 304 };
    await expect(send(stage.connection, request)).resolves.toHaveProperty('status', 304);
  });
});

it('a client without a pipeline is refused before anything is sent', async () => {
  let sends = 0;
  const client = axios.create({ adapter: () => Promise.reject(new Error(`sent ${(sends += 1)}`)) });
  await expect(send(new SdkConnection(() => client), { url: '/a' })).rejects.toThrow(/Holdfast pipeline/);
  expect(sends).toBe(0);
});
