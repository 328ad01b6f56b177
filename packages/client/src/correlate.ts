import {
  accepted,
  currentCall,
  described,
  func,
  headerKey,
  headerOf,
  quotable,
  readOptions,
  type Interceptor,
} from '@holdfast/core';
import type { InternalAxiosRequestConfig } from 'axios';
import { uuid } from './uuid.js';

/** Options of {@link correlate}. */
export interface CorrelateOptions {
  /** The header that carries the id. Default: `client-request-id`. One that the service does not log helps nobody. */
  readonly header?: string;
  /**
   * Where the id of a call comes from: that of the request being served, say. Default: a fresh UUID for each call; also
   * where it returns `undefined`. What it throws, the call rejects with, and nothing is sent. With one id for many calls
   * the service's logs do not tell them apart.
   */
  readonly id?: (config: InternalAxiosRequestConfig) => string | undefined;
  /**
   * The `traceparent` of the request being served (https://www.w3.org/TR/trace-context/). Default: none, and a request
   * that has one of its own keeps it. What it throws, the call rejects with. A tracer that instruments HTTP sets its own.
   */
  readonly traceparent?: (config: InternalAxiosRequestConfig) => string | undefined;
}

const schemas = {
  header: quotable(accepted<string>(isHeaderName, 'the name of a header', 'client-request-id')),
  id: func<(config: InternalAxiosRequestConfig) => string | undefined>(() => uuid()),
  traceparent: func<(config: InternalAxiosRequestConfig) => string | undefined>(() => undefined),
};

/**
 * Gives each call an id, the same on all its attempts, under which its service can find it: in `callOf()`, in events, and
 * in the header that Microsoft's services log. What a caller has set himself stays: on a request or in the client's
 * defaults, an id of his own or, with `null`, none. Outside of all that repeats.
 *
 * Microsoft Graph, "Best practices", https://learn.microsoft.com/graph/best-practices-concept#reliability-and-support
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function correlate(options: CorrelateOptions = {}): Interceptor {
  const read = readOptions('correlate', schemas, options);
  const { header, id, traceparent } = read;
  const lowerCaseName = header.toLowerCase();

  const interceptor: Interceptor = (next) =>
    function correlating(config) {
      const call = currentCall(config);
      const { headers } = config;
      if (isFree(headers, lowerCaseName)) {
        call.correlationId = id(config) ?? uuid();
        call.lendHeader(config, header, call.correlationId);
      } else call.correlationId = headerOf(headers, lowerCaseName);

      const parent = traceparent(config);
      if (parent !== undefined && isFree(headers, 'traceparent'))
        call.lendHeader(config, 'traceparent', parent);
      return next(config);
    };
  return described(interceptor, 'correlate', read);
}

/** `undefined` is as good as nothing to axios, and `null` and `false` are a caller's word that he wants no such header. */
function isFree(headers: InternalAxiosRequestConfig['headers'], lowerCaseName: string): boolean {
  const key = headerKey(headers, lowerCaseName);
  return key === undefined || headers[key] === undefined;
}

function isHeaderName(value: unknown): boolean {
  return typeof value === 'string' && /^[!#$%&'*+.^_`|~\w-]+$/.test(value);
}
