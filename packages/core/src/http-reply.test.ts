import { manualClock, scriptedTransport, type Step } from '@holdfast/testing';
import axios, { AxiosError } from 'axios';
import {
  AttemptTimeoutError,
  CircuitOpenError,
  ClientClosedError,
  DeadlineExceededError,
  InteractionRequiredError,
  ThrottledError,
  TokenAcquisitionError,
  TokenOriginError,
  httpReplyFor,
  type HttpReply,
} from './index.js';

const service = 'inner.test';
const scopes = ['api://inner/.default'];
const message = 'inner';

/** What a server answers whose call to another ended so. */
async function replyAfter(
  step: Step,
  request: { readonly signal?: AbortSignal } = {},
): Promise<HttpReply | undefined> {
  const { adapter } = scriptedTransport([step]);
  return axios.get('https://inner.test/orders?sig=inner', { adapter, ...request }).then(
    () => Promise.reject(new Error('it resolved')),
    (error: unknown) => httpReplyFor(error),
  );
}

describe('what a server answers its own caller', () => {
  it.each([
    ['a client that is closed', new ClientClosedError({ service, sent: false }), 503, undefined],
    ['an open circuit', new CircuitOpenError({ service, retryAfterMs: 1_200 }), 503, '2'],
    [
      'an open circuit without an end',
      new CircuitOpenError({ service, retryAfterMs: Infinity }),
      503,
      undefined,
    ],
    ['a closed gate', new ThrottledError({ service, retryAfterMs: 3_000, until: 0 }), 503, '3'],
    ['a gate that opens now', new ThrottledError({ service, retryAfterMs: 0, until: 0 }), 503, '1'],
    [
      'a gate closed for ages',
      new ThrottledError({ service, retryAfterMs: 1e300, until: 0 }),
      503,
      '2147483648',
    ],
    [
      'an identity provider that is down',
      new TokenAcquisitionError({ service, scopes, message, transient: true, retryAfterMs: 500 }),
      ...[503, '1'],
    ],
    [
      'an identity provider that is down, for nobody knows how long',
      new TokenAcquisitionError({ service, scopes, message, transient: true }),
      ...[503, undefined],
    ],
    [
      'a wrong secret',
      new TokenAcquisitionError({ service, scopes, message, transient: false, retryAfterMs: 500 }),
      ...[500, undefined],
    ],
    ['a token that must not go there', new TokenOriginError({ service, message }), 500, undefined],
    ['a deadline', new DeadlineExceededError({ service, deadlineMs: 10 }), 504, undefined],
    ['a time-out of one attempt', new AttemptTimeoutError({ service, timeoutMs: 10 }), 504, undefined],
  ] as const)('upon %s', (_what, error, status, retryAfter) => {
    const reply = httpReplyFor(error);
    expect(reply?.status).toBe(status);
    expect(reply?.headers['retry-after']).toBe(retryAfter);
    expect(JSON.stringify(reply)).not.toContain('inner');
  });

  it.each<[Step, number | undefined, string | undefined]>([
    [{ status: 429, headers: { 'retry-after': '7' } }, 503, '7'],
    [{ status: 429 }, 503, undefined],
    [{ status: 503, headers: { 'retry-after': '7' } }, 503, '7'],
    [{ status: 503, headers: { 'retry-after-ms': '7001' } }, 503, '8'],
    [{ status: 503, headers: { 'retry-after': 'soon' } }, 503, undefined],
    [{ status: 500, headers: { 'retry-after': '7' } }, 502, undefined],
    [{ status: 501 }, 502, undefined],
    [{ status: 502 }, 502, undefined],
    [{ status: 599 }, 502, undefined],
    [{ status: 408 }, 504, undefined],
    [{ status: 504 }, 504, undefined],
    // The caller sees no 401 that is not his, and no redirect, miss or conflict of a service he knows nothing of.
    [{ status: 401, headers: { 'www-authenticate': 'Bearer realm="inner"' } }, 500, undefined],
    [{ status: 304 }, undefined, undefined],
    [{ status: 400 }, undefined, undefined],
    [{ status: 403 }, undefined, undefined],
    [{ status: 404 }, undefined, undefined],
    [{ status: 409 }, undefined, undefined],
    [{ status: 422 }, undefined, undefined],
    [{ error: 'ECONNABORTED' }, 504, undefined],
    [{ error: 'ETIMEDOUT' }, 504, undefined],
    [{ error: 'ETIMEDOUT', afterSending: false }, 504, undefined],
    [{ error: 'ECONNREFUSED' }, 502, undefined],
    [{ error: 'ECONNRESET' }, 502, undefined],
    [{ error: 'ECONNRESET', reusedSocket: true }, 502, undefined],
    [{ error: 'ENOTFOUND' }, 502, undefined],
    [{ error: 'CERT_HAS_EXPIRED' }, 502, undefined],
    [{ error: 'ERR_BAD_OPTION_VALUE' }, 500, undefined],
    [{ error: 'ERR_FR_TOO_MANY_REDIRECTS' }, 500, undefined],
  ])('upon %j of a service that it called: %s', async (step, status, retryAfter) => {
    const reply = await replyAfter(step);
    expect(reply?.status).toBe(status);
    expect(reply?.headers['retry-after']).toBe(retryAfter);
    expect(JSON.stringify([reply])).not.toContain('inner');
  });

  it('is problem details, frozen, whose title is the phrase of the status', () => {
    const reply = httpReplyFor(new CircuitOpenError({ service, retryAfterMs: 1_200 }));
    expect(reply).toEqual({
      status: 503,
      headers: { 'content-type': 'application/problem+json', 'retry-after': '2' },
      problem: {
        type: 'about:blank',
        title: 'Service Unavailable',
        status: 503,
        detail: 'A service that this one needs takes no calls at the moment.',
      },
    });
    expect([reply, reply?.headers, reply?.problem].every((part) => Object.isFrozen(part))).toBe(true);
  });

  it('counts a Retry-After that is a date by the clock it is given', async () => {
    const headers = { 'retry-after': 'Thu, 01 Jan 2026 00:00:07 GMT' };
    const { adapter } = scriptedTransport([{ status: 503, headers }]);
    const error: unknown = await axios
      .get('https://inner.test/', { adapter })
      .catch((failure: unknown) => failure);
    const clock = manualClock({ now: Date.UTC(2026, 0, 1), fakeGlobals: false });
    expect(httpReplyFor(error, { clock })?.headers['retry-after']).toBe('7');
  });

  it('an answer that was cut off or cannot be read is a bad gateway, and not a success', () => {
    const response = { status: 200, statusText: 'OK', headers: {}, data: 'inner' };
    const error = new AxiosError('stream has been aborted', 'ERR_BAD_RESPONSE');
    expect(httpReplyFor(Object.assign(error, { response }))?.status).toBe(502);
  });

  it('a time-out that fetch tells two causes down is a time-out', () => {
    const socket = Object.assign(new Error('Headers Timeout Error'), { code: 'UND_ERR_HEADERS_TIMEOUT' });
    const cause = new TypeError('fetch failed', { cause: socket });
    expect(
      httpReplyFor(Object.assign(new AxiosError('Network Error', 'ERR_NETWORK'), { cause }))?.status,
    ).toBe(504);
  });

  it('leaves a cancellation to who canceled, but for a time limit set by a signal', async () => {
    expect(await replyAfter('hang', { signal: AbortSignal.abort() })).toBeUndefined();
    expect(await replyAfter('hang', { signal: AbortSignal.abort(null) })).toBeUndefined();
    const late = AbortSignal.abort(new DOMException('The operation timed out', 'TimeoutError'));
    expect((await replyAfter('hang', { signal: late }))?.status).toBe(504);
  });

  it('says to a browser which fields its script may read: those that are there, and none besides', () => {
    const exposed = (error: unknown) =>
      httpReplyFor(error, { exposeHeaders: true })?.headers['access-control-expose-headers'];
    const asked = new InteractionRequiredError({ service, scopes, message });
    expect(exposed(asked)).toBe('www-authenticate');
    expect(exposed(new CircuitOpenError({ service, retryAfterMs: 1_200 }))).toBe('retry-after');
    expect(exposed(new CircuitOpenError({ service, retryAfterMs: Infinity }))).toBeUndefined();
    expect(exposed(new DeadlineExceededError({ service, deadlineMs: 10 }))).toBeUndefined();
    expect(httpReplyFor(asked)?.headers['access-control-expose-headers']).toBeUndefined();
  });

  it.each([
    ['an error of the application', new TypeError('x is not a function')],
    ['an error around ours', new Error('x', { cause: new CircuitOpenError({ service, retryAfterMs: 1 }) })],
    ['a string', 'ERR_CIRCUIT_OPEN'],
    ['nothing', undefined],
    ['null', null],
  ])('has nothing to say of %s', (_what, error) => {
    expect(httpReplyFor(error)).toBeUndefined();
  });

  it.each<[object, string]>([
    [{ realm: 'a\r\nb' }, 'httpReplyFor(): the option "realm" must be a text of printable ASCII characters'],
    [{ realm: 7 }, 'httpReplyFor(): the option "realm" must be a text of printable ASCII characters'],
    [
      { authorizationUri: '/authorize' },
      'httpReplyFor(): the option "authorizationUri" must be an absolute URL',
    ],
    [{ exposeHeaders: 'yes' }, 'httpReplyFor(): the option "exposeHeaders" must be true or false'],
    [{ clock: 7 }, 'httpReplyFor(): the option "clock" must be an object with now() and setTimeout()'],
    [{ relam: 'orders' }, 'httpReplyFor(): there is no option "relam"'],
  ])('names the bad option in %j, whatever the error', (options, text) => {
    expect(() => httpReplyFor(undefined, options)).toThrow(text);
  });
});
