import { isAxiosError, type AxiosError } from 'axios';
import { callOf, errorSummary, isHoldfastError, retryAfterOf, type ErrorSummary } from './index.js';
import { feathersItems } from './made-foreign-clients.js';
import { NOBODYS } from './made-foreign-service.js';
import { ForeignStage } from './made-foreign-stage.js';

/** What is in a token, and in nothing else that is sent here: a JWT's two parts. */
const TOKEN = /eyJ[\w-]+\.eyJ[\w-]+/;

/** An error of feathers's: some of what it may have. */
interface ItsError extends Error {
  readonly code?: number;
  readonly className?: string;
  readonly data?: object;
  readonly response?: unknown;
  readonly holdfast?: ErrorSummary;
}

let stage: ForeignStage;
beforeEach(async () => (stage = await ForeignStage.start()));
afterEach(() => stage[Symbol.asyncDispose]());

const errorOf = (call: Promise<unknown>) =>
  call.then(
    () => Promise.reject(new Error('it resolved')),
    (error: unknown) => error as ItsError,
  );
const once = { connection: { holdfast: { retry: false } } } as const;

describe('the error of a feathers service', () => {
  it('is that of the class which the service names, with its data; of the answer itself nothing is left', async () => {
    const error = await errorOf(feathersItems(stage.client(), stage.api.url).get(NOBODYS));
    expect(error).toMatchObject({
      name: 'NotFound',
      code: 404,
      className: 'not-found',
      data: { item: NOBODYS },
    });
    expect([error.response, callOf(error), isAxiosError(error)]).toEqual([undefined, undefined, false]);
  });

  it('whose answer is a page has the page for its message', async () => {
    stage.api.failNext({ status: 503, body: 'html' });
    const error = await errorOf(feathersItems(stage.client(), stage.api.url).get('7', once));
    expect(error.message).toMatch(/^<!DOCTYPE html>/);
    expect([error.code, error.response]).toEqual([undefined, undefined]);
  });

  it('has what became of the call where an interceptor puts it into the answer', async () => {
    const client = stage.client();
    client.interceptors.response.use(undefined, (error: AxiosError) => {
      const data = error.response?.data;
      if (typeof data === 'object' && data !== null) Object.assign(data, { holdfast: errorSummary(error) });
      throw error;
    });
    const error = await errorOf(feathersItems(client, stage.api.url).get(NOBODYS));
    expect(error).toMatchObject({
      name: 'NotFound',
      holdfast: { status: 404, attempts: 1, service: 'stock' },
    });
  });

  it('that comes of a refusal can be recognised, and says when to come back', async () => {
    const client = stage.client();
    const items = feathersItems(client, stage.api.url);
    stage.api.failNext({ status: 429, retryAfter: '30' });
    await errorOf(items.get('7', once));
    const hurried = { connection: { holdfast: { deadlineMs: 1_000 } } } as const;
    const error = await errorOf(items.get('7', hurried));
    expect(isHoldfastError(error, 'ERR_THROTTLED')).toBe(true);
    expect(retryAfterOf(error)).toBe(30_000);
    expect([callOf(error), stage.api.requests.length]).toEqual([undefined, 1]);
  });

  it('when nobody listens holds the request with its body, and so does its JSON; the token it does not', async () => {
    const items = feathersItems(stage.client({ retry: false }), stage.api.url);
    await items.get('7');
    await stage.api.down();
    // The first may still meet the connection of the call before.
    await errorOf(items.create({ name: 'a-name' }));
    const error = await errorOf(items.create({ name: 'a-name' }));
    expect(error).toMatchObject({ name: 'Unavailable', code: 503 });
    const json = JSON.stringify(error);
    expect(json).toContain('a-name');
    expect(json).not.toMatch(TOKEN);
    expect(JSON.stringify(errorSummary(error))).not.toContain('a-name');
  });
});

describe('a feathers service', () => {
  it('creates once after a 503, and again with the key of `connection`', async () => {
    const items = feathersItems(stage.client(), stage.api.url);
    stage.api.failNext({ status: 503 });
    await errorOf(items.create({ name: 'a-name' }));
    expect(stage.api.requests).toHaveLength(1);
    stage.api.failNext({ status: 503 });
    const keyed = { connection: { holdfast: { idempotencyKey: true } } } as const;
    await expect(stage.inTime(items.create({ name: 'a-name' }, keyed))).resolves.toEqual({ id: 'new' });
    expect(stage.api.requests.map(({ status }) => status)).toEqual([503, 503, 200]);
  });
});
