import { systemClock, type Clock } from '@holdfast/core';
import axios, { AxiosError } from 'axios';
import { readErrorBody } from './error-body.js';
import { StatusError, isStatusError, type AnsweredError } from './status-error.js';

/** 400: the request is wrong, and would be the next time. */
export class BadRequestError extends StatusError {
  declare readonly status: 400;

  constructor(answered: AnsweredError, name = 'BadRequestError') {
    super(answered, name);
  }
}

/** 401: the service has refused the token, also the one that came of its challenge. */
export class UnauthorizedError extends StatusError {
  declare readonly status: 401;

  constructor(answered: AnsweredError, name = 'UnauthorizedError') {
    super(answered, name);
  }
}

/** 403: the service knows who asks, and says no. */
export class ForbiddenError extends StatusError {
  declare readonly status: 403;

  constructor(answered: AnsweredError, name = 'ForbiddenError') {
    super(answered, name);
  }
}

/** 404: there is no such thing, or none that may be seen. */
export class NotFoundError extends StatusError {
  declare readonly status: 404;

  constructor(answered: AnsweredError, name = 'NotFoundError') {
    super(answered, name);
  }
}

/** 409: what is there forbids it. */
export class ConflictError extends StatusError {
  declare readonly status: 409;

  constructor(answered: AnsweredError, name = 'ConflictError') {
    super(answered, name);
  }
}

/** 410: it was there, and will not be again. A token for changes (`deltaLink`) that is too old is answered so as well. */
export class GoneError extends StatusError {
  declare readonly status: 410;

  constructor(answered: AnsweredError, name = 'GoneError') {
    super(answered, name);
  }
}

/** 412: it is not what `ifMatch` says any more. Read it again, and decide again. */
export class PreconditionFailedError extends StatusError {
  declare readonly status: 412;

  constructor(answered: AnsweredError, name = 'PreconditionFailedError') {
    super(answered, name);
  }
}

/** 413: the body is longer than the service takes. */
export class ContentTooLargeError extends StatusError {
  declare readonly status: 413;

  constructor(answered: AnsweredError, name = 'ContentTooLargeError') {
    super(answered, name);
  }
}

/** 422: the request can be read, and what it says cannot be done. */
export class UnprocessableContentError extends StatusError {
  declare readonly status: 422;

  constructor(answered: AnsweredError, name = 'UnprocessableContentError') {
    super(answered, name);
  }
}

/** 428: the service changes nothing without `ifMatch`. */
export class PreconditionRequiredError extends StatusError {
  declare readonly status: 428;

  constructor(answered: AnsweredError, name = 'PreconditionRequiredError') {
    super(answered, name);
  }
}

/**
 * 429: the service was asked, and answered that it is too much. A `ThrottledError` (`ERR_THROTTLED`) is what the calls after
 * it get: as long as the service has asked to be left alone, the client's own gate refuses them, and nothing is sent. So this
 * one has a `response` with whatever the service says of it, and that one has none. `retryAfterOf()` reads of both when to come
 * back; of this one it is `undefined` where the service did not say.
 */
export class RateLimitedError extends StatusError {
  declare readonly status: 429;

  constructor(answered: AnsweredError, name = 'RateLimitedError') {
    super(answered, name);
  }
}

/** 500 to 599: the service, or what it stands on, has failed. */
export class ServerError extends StatusError {
  constructor(answered: AnsweredError, name = 'ServerError') {
    super(answered, name);
  }
}

type StatusErrorClass = new (answered: AnsweredError) => StatusError;

const CLASSES: ReadonlyMap<number, StatusErrorClass> = new Map<number, StatusErrorClass>([
  [400, BadRequestError],
  [401, UnauthorizedError],
  [403, ForbiddenError],
  [404, NotFoundError],
  [409, ConflictError],
  [410, GoneError],
  [412, PreconditionFailedError],
  [413, ContentTooLargeError],
  [422, UnprocessableContentError],
  [428, PreconditionRequiredError],
  [429, RateLimitedError],
]);

function classFor(status: number): StatusErrorClass {
  return CLASSES.get(status) ?? (status >= 500 && status <= 599 ? ServerError : StatusError);
}

/**
 * The error by status in place of the one that axios has thrown, its body in memory where it came as a stream. Everything that
 * says more than a status comes back as it is: what the pipeline itself threw, a network failure, a cancellation, an answer that
 * could not be read, and what is no error of axios's. `clock`: what limits the reading of a body that does not end. Never rejects.
 */
export async function toStatusError(error: unknown, clock: Clock = systemClock): Promise<unknown> {
  if (!isAnswered(error) || isStatusError(error)) return error;
  await readErrorBody(error.response, error.config, clock);
  return new (classFor(error.response.status))(error);
}

/** Whether axios says no more by an error than that it does not like the status. Below 300 it is the body that it could not read. */
function isAnswered(error: unknown): error is AnsweredError {
  if (!axios.isAxiosError(error) || (error.response?.status ?? 0) < 300) return false;
  // Custom adapters make it without a code, too.
  return STATUS_CODES.has(error.code ?? AxiosError.ERR_BAD_RESPONSE);
}

const STATUS_CODES: ReadonlySet<string> = new Set([AxiosError.ERR_BAD_REQUEST, AxiosError.ERR_BAD_RESPONSE]);
