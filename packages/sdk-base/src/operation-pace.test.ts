import {
  CircuitOpenError,
  ClientClosedError,
  DeadlineExceededError,
  ThrottledError,
  TokenAcquisitionError,
} from '@holdfast/core';
import { manualClock } from '@holdfast/testing';
import { AxiosError, CanceledError } from 'axios';
import { errorWith } from './made-answers.js';
import { OperationError } from './operation-error.js';
import { OperationPace } from './operation-pace.js';

const service = 'api';
const token = { service, message: 'No token', scopes: [] };
const socket = (code: string, request: object = {}) =>
  new AxiosError('socket', code, undefined, request, undefined);

const FAILURES: [string, boolean, unknown][] = [
  ['a connection that is refused', true, Object.assign(socket('ECONNREFUSED'), { request: undefined })],
  ['a connection that breaks', true, socket('ECONNRESET')],
  ['an answer that is too late', true, new DeadlineExceededError({ service, deadlineMs: 1 })],
  ['an open circuit', true, new CircuitOpenError({ service, retryAfterMs: 5_000 })],
  ['a closed gate', true, new ThrottledError({ service, retryAfterMs: 5_000, until: 0 })],
  ['a token that may be had later', true, new TokenAcquisitionError({ ...token, transient: true })],
  ['a token that is not to be had', false, new TokenAcquisitionError({ ...token, transient: false })],
  ['a client that is closed', false, new ClientClosedError({ service, sent: false })],
  ['a certificate that is not good', false, socket('CERT_HAS_EXPIRED')],
  ['an answer that leads nowhere', false, new OperationError('nowhere', errorWith('', {}, 302).response)],
  ['a caller who gives up', false, new CanceledError()],
  ['a bug', false, new TypeError('x is not a function')],
  ...[408, 429, 500, 502, 503, 504].map((status): (typeof FAILURES)[number] => [
    `${status}`,
    true,
    errorWith('', {}, status),
  ]),
  ...[400, 401, 403, 404, 409, 410, 412].map((status): (typeof FAILURES)[number] => [
    `${status}`,
    false,
    errorWith('', {}, status),
  ]),
];

describe('a look that fails by', () => {
  it.each(FAILURES)('%s: is worth another one: %p', (_, isForgiven, error) => {
    const pace = new OperationPace(manualClock({ fakeGlobals: false }), 2_000, 1);
    expect(pace.forgives(error)).toBe(false);
    pace.failed(error);
    expect(pace.forgives(error)).toBe(isForgiven);
    expect(pace.forgives(new Error('of somebody else'))).toBe(false);
    pace.failed(error);
    expect(pace.forgives(error)).toBe(false);
    pace.begin();
    pace.failed(error);
    expect(pace.forgives(error)).toBe(isForgiven);
  });
});

it('a clock that is set back puts no look off', () => {
  let now = 1_000_000;
  const clock = { ...manualClock({ fakeGlobals: false }), now: () => now };
  const pace = new OperationPace(clock, 2_000, 1);
  pace.failed(new Error('x'));
  now -= 500_000;
  expect(pace.leftMs).toBe(2_000);
  now += 501_999;
  expect(pace.leftMs).toBe(1);
});
