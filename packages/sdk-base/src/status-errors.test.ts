import {
  DeadlineExceededError,
  ThrottledError,
  callOf,
  challengeFor,
  errorSummary,
  httpReplyFor,
  retryAfterOf,
} from '@holdfast/client';
import { manualClock } from '@holdfast/testing';
import axios, { AxiosError, CanceledError } from 'axios';
import { bareFailure, errorWith, failedCall } from './made-answers.js';
import { SdkError } from './sdk-error.js';
import { StatusError, isStatusError } from './status-error.js';
import type * as statusErrors from './status-errors.js';
import {
  BadRequestError,
  ConflictError,
  ContentTooLargeError,
  ForbiddenError,
  GoneError,
  NotFoundError,
  PreconditionFailedError,
  PreconditionRequiredError,
  RateLimitedError,
  ServerError,
  UnauthorizedError,
  UnprocessableContentError,
  toStatusError,
} from './status-errors.js';

const CLASSES = [
  [400, BadRequestError, 'BadRequestError'],
  [401, UnauthorizedError, 'UnauthorizedError'],
  [403, ForbiddenError, 'ForbiddenError'],
  [404, NotFoundError, 'NotFoundError'],
  [409, ConflictError, 'ConflictError'],
  [410, GoneError, 'GoneError'],
  [412, PreconditionFailedError, 'PreconditionFailedError'],
  [413, ContentTooLargeError, 'ContentTooLargeError'],
  [422, UnprocessableContentError, 'UnprocessableContentError'],
  [428, PreconditionRequiredError, 'PreconditionRequiredError'],
  [429, RateLimitedError, 'RateLimitedError'],
  [500, ServerError, 'ServerError'],
  [503, ServerError, 'ServerError'],
  [599, ServerError, 'ServerError'],
  [302, StatusError, 'StatusError'],
  [405, StatusError, 'StatusError'],
  [600, StatusError, 'StatusError'],
] as const;

describe.each(CLASSES)('an answer with %d', (status, errorClass, name) => {
  it(`is a ${name}, and what axios says of it`, async () => {
    const failed = await bareFailure({ status, data: '{"a":1}', headers: { 'x-y': 'z' } });
    const error = await toStatusError(failed);
    expect((error as Error).constructor).toBe(errorClass);
    for (const one of [errorClass, StatusError, SdkError, AxiosError, Error])
      expect(error).toBeInstanceOf(one);
    expect(axios.isAxiosError(error)).toBe(true);
    const { message, code, config, request, response } = failed;
    expect(error).toMatchObject({ name, message, code, status });
    const shown = error as StatusError;
    expect([shown.config, shown.request, shown.response]).toEqual([config, request, response]);
    expect(shown.config).toBe(config);
    expect(shown.response).toBe(response);
  });

  it('says the same as the plain error to all who ask', async () => {
    const clock = manualClock({ fakeGlobals: false });
    const headers = { 'retry-after': '7', 'www-authenticate': 'Bearer realm=""' };
    const failed = await failedCall({ status, headers, data: '{}' }, { throttleGate: false, clock });
    const error = await toStatusError(failed);
    expect(isStatusError(error, status)).toBe(true);
    expect(callOf(error)).toBeDefined();
    expect(callOf(error)).toBe(callOf(failed));
    expect(retryAfterOf(error)).toBe(7_000);
    expect(httpReplyFor(error)).toEqual(httpReplyFor(failed));
    expect(challengeFor(error)).toEqual(challengeFor(failed));
    const summary = errorSummary(failed);
    const stack = summary.stack?.replace('AxiosError', name);
    expect(errorSummary(error)).toEqual({ ...summary, name, stack });
    expect(JSON.parse(JSON.stringify(error))).toEqual(JSON.parse(JSON.stringify(errorSummary(error))));
  });
});

describe('the stack of an error by status', () => {
  it('is that of the plain one, with whoever made the call, under its own name', async () => {
    const failed = await bareFailure({ status: 404 });
    const error = (await toStatusError(failed)) as StatusError;
    const [heading, ...frames] = failed.stack!.split('\n');
    expect(heading).toBe('AxiosError: Request failed with status code 404');
    expect(error.stack!.split('\n')).toEqual([
      'NotFoundError: Request failed with status code 404',
      ...frames,
    ]);
    expect(error.stack).toContain('bareFailure');
  });

  it('has nothing of a message that goes on with what the body says', () => {
    const { message, code, config, response } = errorWith('');
    const failed = new AxiosError(`${message}: a-secret`, code, config, {}, response);
    const error = new ConflictError(failed as ReturnType<typeof errorWith>);
    expect(error.message).toBe(message);
    expect(error.stack).not.toContain('a-secret');
  });
});

describe('what says more than a status', () => {
  const config = errorWith('').config!;
  it.each<[string, unknown]>([
    ['a network failure', new AxiosError('read ECONNRESET', 'ECONNRESET', config)],
    ['a cancellation', new CanceledError(undefined, config)],
    ['an answer that could not be read', Object.assign(errorWith('', {}, 200), { code: 'ERR_BAD_RESPONSE' })],
    ['a failure that came after the answer', Object.assign(errorWith(''), { code: 'ECONNABORTED' })],
    ['a refusal of the pipeline', new ThrottledError({ service: 'a', config, retryAfterMs: 1, until: 2 })],
    [
      'a deadline, though the last answer was a 503',
      new DeadlineExceededError({ service: 'a', config, deadlineMs: 1, cause: errorWith('', {}, 503) }),
    ],
    ['another error', new TypeError('no')],
    ['nothing', undefined],
    ['a text', 'no'],
    ['an error by status', new ConflictError(errorWith(''))],
  ])('comes back as it is: %s', async (_, error) => {
    expect(await toStatusError(error)).toBe(error);
  });

  it('is not the code: older adapters answer without one, or with another', async () => {
    for (const code of [undefined, null, 'ERR_BAD_RESPONSE']) {
      const error = await toStatusError(Object.assign(errorWith(''), { code }));
      expect(error).toBeInstanceOf(ConflictError);
      expect(error).toHaveProperty('code', 'ERR_BAD_REQUEST');
    }
  });
});

describe('what the service says', () => {
  const problem = { type: 'https://example.com/quota', title: 'Conflict', status: 409, detail: 'a', left: 0 };
  const odata = { error: { code: 'quotaLimitReached', message: 'm', innerError: { 'request-id': '7' } } };

  it('is there as a problem, or as an OData error', async () => {
    const json = { 'content-type': 'application/json' };
    const one = await toStatusError(
      await bareFailure({ status: 409, data: JSON.stringify(problem), headers: json }),
    );
    const { left, ...members } = problem;
    expect(one).toMatchObject({ problem: { ...members, extensions: { left } } });
    expect((one as StatusError).odata).toBeUndefined();
    const other = await toStatusError(
      await bareFailure({ status: 409, data: JSON.stringify(odata), headers: json }),
    );
    expect((other as StatusError).problem).toBeUndefined();
    expect(other).toMatchObject({ odata: { code: 'quotaLimitReached', innerError: { requestId: '7' } } });
  });

  it('is looked for once, and not before somebody asks', () => {
    let looks = 0;
    const error = new ConflictError(
      errorWith({
        get title() {
          looks += 1;
          return 'Conflict';
        },
        status: 409,
      }),
    );
    expect(looks).toBe(0);
    expect(error.problem).toBe(error.problem);
    expect(error.problem?.title).toBe('Conflict');
    expect(looks).toBe(1);
    const silent = new ConflictError(errorWith('<html>'));
    expect([silent.problem, silent.odata, silent.problem, silent.odata]).toEqual(Array(4).fill(undefined));
  });
});

describe('a class of one’s own', () => {
  class QuotaError extends ConflictError {
    readonly quota = 5;
  }

  it('is made of the error that came, and has all that is known of it', async () => {
    const failed = await failedCall({ status: 409, data: '{"title":"Quota","status":409}' });
    const came = (await toStatusError(failed)) as ConflictError;
    const error = new QuotaError(came, 'QuotaError');
    for (const one of [QuotaError, ConflictError, StatusError, AxiosError]) expect(error).toBeInstanceOf(one);
    expect(error).toMatchObject({ name: 'QuotaError', status: 409, code: 'ERR_BAD_REQUEST', quota: 5 });
    expect(error.problem?.title).toBe('Quota');
    expect(error.stack).toBe(came.stack?.replace('ConflictError', 'QuotaError'));
    expect(callOf(error)).toBe(callOf(failed));
    expect(isStatusError(error, 409)).toBe(true);
    expect(await toStatusError(error)).toBe(error);
  });
});

describe('isStatusError', () => {
  it('tells all of them, or those of some statuses, from everything else', () => {
    const error: unknown = new NotFoundError(errorWith('', {}, 404));
    expect(isStatusError(error)).toBe(true);
    expect(isStatusError(error, 404, 410)).toBe(true);
    expect(isStatusError(error, 409)).toBe(false);
    for (const other of [errorWith('', {}, 404), new Error('no'), undefined, null, 'no', { status: 404 }])
      expect(isStatusError(other)).toBe(false);
  });

  it('knows those of another copy of the package, though none is an instance of the other’s class', async () => {
    let other: typeof statusErrors | undefined;
    await jest.isolateModulesAsync(async () => {
      other = await import('./status-errors.js');
    });
    const error = await other!.toStatusError(errorWith('', {}, 404));
    expect(error).not.toBeInstanceOf(NotFoundError);
    expect(isStatusError(error, 404)).toBe(true);
    expect(await toStatusError(error)).toBe(error);
  });
});
