import type { InternalAxiosRequestConfig } from 'axios';
import axios, { AxiosHeaders } from 'axios';
import { Writable } from 'node:stream';
import { inspect } from 'node:util';
import pino from 'pino';
import winston from 'winston';
import { errorWith, failureOf } from './made-answers.js';
import { toStatusError, type ConflictError } from './status-errors.js';
import { scriptedTransport } from '@holdfast/testing';

const SECRET = 'S3cret-of-somebody';

const REQUEST: Partial<InternalAxiosRequestConfig> = {
  method: 'post',
  url: `https://u:${SECRET}@api.test/orders?sig=${SECRET}#${SECRET}`,
  params: { code: SECRET },
  data: { password: SECRET },
  auth: { username: 'u', password: SECRET },
  headers: new AxiosHeaders({
    Authorization: `Bearer ${SECRET}`,
    Cookie: `session=${SECRET}`,
    'x-api-key': SECRET,
  }),
};

/** Of a call that has a secret in every place of its request and its answer; looked at before, as a caller does. */
async function secretive(): Promise<ConflictError> {
  const failed = errorWith(
    { title: SECRET, status: 409, detail: SECRET, token: SECRET, error: { code: SECRET, message: SECRET } },
    REQUEST,
  );
  failed.response.headers = { 'set-cookie': [`session=${SECRET}`], 'x-echo': SECRET };
  failed.response.statusText = SECRET;
  failed.request = { _header: SECRET, path: `/?sig=${SECRET}` };
  const error = (await toStatusError(failed)) as ConflictError;
  expect([error.problem?.detail, error.odata?.message]).toEqual([SECRET, SECRET]);
  return error;
}

function memory(): { stream: Writable; text: () => string } {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return { stream, text: () => text };
}

describe('what is shown of an error by status, whatever is secret in its request and its answer,', () => {
  it.each<[string, (error: ConflictError) => string]>([
    ['a console', (error) => inspect(error)],
    ['one that looks as deep as it can', (error) => inspect(error, { depth: Infinity, getters: true })],
    ['JSON', (error) => JSON.stringify({ error })],
    ['a copy', (error) => JSON.stringify(Object.assign({}, error))],
    ['a loop over what it has', (error) => inspect(ownMembers(error))],
    ['a text', (error) => `${String(error)} ${error.stack}`],
  ])('has none of it: %s', async (_, show) => {
    const shown = show(await secretive());
    expect(shown).not.toContain(SECRET);
    expect(shown).toContain('409');
  });

  it.each(['pino', 'winston'] as const)('has none of it: %s', async (name) => {
    const error = await secretive();
    const { stream, text } = memory();
    if (name === 'pino') {
      const log = pino({}, stream);
      log.error(error);
      log.error({ err: error, error }, 'failed');
    } else {
      const log = winston.createLogger({
        format: winston.format.combine(winston.format.errors({ stack: true }), winston.format.json()),
        transports: [new winston.transports.Stream({ stream })],
      });
      log.error(error);
      log.error('failed', { error });
      log.end();
      await new Promise((ended) => log.once('finish', ended));
    }
    expect(text()).toContain('409');
    expect(text()).not.toContain(SECRET);
  });

  it('has none of a body that could not be parsed, which V8 quotes', async () => {
    const { adapter } = scriptedTransport([{ status: 502, data: `<${SECRET}>` }]);
    const failed = await failureOf(
      axios.get('https://api.test/', {
        adapter,
        responseType: 'json',
        transitional: { silentJSONParsing: false },
      }),
    );
    expect(inspect(failed)).toContain(SECRET.slice(0, 6));
    const error = await toStatusError(failed);
    expect(error).toMatchObject({ name: 'ServerError', message: 'Request failed with status code 502' });
    expect(inspect(error) + JSON.stringify(error)).not.toContain(SECRET.slice(0, 6));
  });
});

function ownMembers(error: object): object {
  const members: Record<string, unknown> = {};
  for (const name in error) members[name] = (error as Record<string, unknown>)[name];
  return members;
}
