import { AxiosError, type AxiosResponse } from 'axios';
import {
  AttemptTimeoutError,
  CircuitOpenError,
  ClientClosedError,
  DeadlineExceededError,
  InteractionRequiredError,
  ThrottledError,
  TokenAcquisitionError,
  TokenOriginError,
} from './errors.js';
import { isOutcome, outcomeOfError, outcomeOfFailure, outcomeSaidBy } from './outcome.js';
import { POLICY } from './policy.js';

const service = 'https://api.test';
const message = 'no token';

describe('the outcome table', () => {
  it('says how each outcome counts for the breaker, and whether it may be sent again', () => {
    const rows = Object.entries(POLICY).map(
      ([outcome, { health, retry }]) => `${outcome}: ${health}, ${retry}`,
    );
    expect(rows).toEqual([
      'success: success, never',
      'answered: success, never',
      'unauthorized: success, never',
      'unavailable: failure, idempotent',
      'throttled: ignored, every-method',
      'busy: ignored, idempotent',
      'not-sent: failure, every-method',
      'stale-socket: ignored, at-once',
      'lost: failure, idempotent',
      'canceled: ignored, never',
      'refused: ignored, never',
      'no-token: ignored, never',
      'tls: failure, never',
      'local: ignored, never',
      'deadline: ignored, never',
    ]);
  });

  it.each([
    ['lost', new AttemptTimeoutError({ service, timeoutMs: 1 })],
    ['refused', new CircuitOpenError({ service, retryAfterMs: 1 })],
    ['refused', new ClientClosedError({ service, sent: false })],
    ['deadline', new DeadlineExceededError({ service, deadlineMs: 1 })],
    ['no-token', new InteractionRequiredError({ service, message, scopes: [] })],
    ['refused', new ThrottledError({ service, retryAfterMs: 1, until: 1 })],
    ['no-token', new TokenAcquisitionError({ service, message, scopes: [], transient: true })],
    ['local', new TokenOriginError({ service, message })],
  ])('%s is what Holdfast says by %s', (outcome, error) => {
    expect(outcomeOfError(error)).toBe(outcome);
  });
});

describe('an error that says itself what became of the request', () => {
  it('is believed where it is an error, and the outcome is one', () => {
    const saying = (outcome: unknown) => Object.assign(new Error('by an interceptor'), { outcome });
    expect(outcomeSaidBy(saying('refused'))).toBe('refused');
    expect(outcomeOfError(Object.assign(saying('refused'), { code: 'ERR_CANCELED' }))).toBe('refused');
    const others = [
      saying('toString'),
      saying(1),
      saying(['lost']),
      { outcome: 'lost' },
      new Error('none'),
      null,
    ];
    expect(others.map(outcomeSaidBy)).toEqual(others.map(() => undefined));
    expect(['lost', 'hasOwnProperty', '', 1, null].map(isOutcome)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('what came of a send', () => {
  const response = (status: number) => ({ status, headers: {} }) as AxiosResponse;

  it('is told by the answer where there is one, and else by the error', () => {
    expect(outcomeOfFailure({ response: response(401) }, 0)).toBe('unauthorized');
    expect(outcomeOfFailure({ error: Object.assign(new Error(), { code: 'ERR_CANCELED' }) }, 0)).toBe(
      'canceled',
    );
  });

  it.each([
    [200, 'ERR_BAD_RESPONSE', 'lost'],
    [399, 'ERR_BAD_RESPONSE', 'lost'],
    [400, 'ERR_BAD_REQUEST', 'answered'],
    [503, 'ERR_BAD_RESPONSE', 'unavailable'],
    [401, 'ERR_BAD_REQUEST', 'unauthorized'],
    [503, 'ECONNRESET', 'lost'],
  ])(
    'an error with the answer %i is by that only where it is about its status (%s)',
    (status, code, outcome) => {
      const error = new AxiosError('the body ended too soon', code, undefined, {}, response(status));
      expect(outcomeOfError(error)).toBe(outcome);
    },
  );
});
