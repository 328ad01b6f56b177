import { scriptedTransport, type Step } from '@holdfast/testing';
import axios, { AxiosError, type AxiosResponse } from 'axios';
import {
  CircuitOpenError,
  POLICY,
  ThrottledError,
  install,
  isIdempotent,
  outcomeOfError,
  outcomeOfResponse,
} from './index.js';

async function outcomeOf(step: Step): Promise<string> {
  const client = axios.create({ adapter: scriptedTransport([step]).adapter, validateStatus: () => true });
  return client.get('https://api.test/').then(
    (response) => outcomeOfResponse(response, Date.now()),
    (error: unknown) => outcomeOfError(error),
  );
}

describe('the outcome of an attempt', () => {
  it.each<[Step, string]>([
    [{ status: 204 }, 'success'],
    [{ status: 304 }, 'success'],
    [{ status: 400 }, 'answered'],
    [{ status: 404 }, 'answered'],
    [{ status: 409 }, 'answered'],
    [{ status: 401 }, 'unauthorized'],
    [{ status: 408 }, 'unavailable'],
    [{ status: 500 }, 'unavailable'],
    [{ status: 502 }, 'unavailable'],
    [{ status: 503 }, 'unavailable'],
    [{ status: 503, headers: { 'retry-after': 'soon' } }, 'unavailable'],
    [{ status: 504 }, 'unavailable'],
    [{ status: 522 }, 'unavailable'],
    [{ status: 501 }, 'answered'],
    [{ status: 505 }, 'answered'],
    [{ status: 511 }, 'answered'],
    [{ status: 429 }, 'throttled'],
    [{ status: 503, headers: { 'retry-after': '1' } }, 'busy'],
    [{ error: 'ECONNREFUSED' }, 'not-sent'],
    [{ error: 'ENOTFOUND' }, 'not-sent'],
    [{ error: 'ETIMEDOUT', afterSending: false }, 'not-sent'],
    [{ error: 'ETIMEDOUT' }, 'lost'],
    [{ error: 'ECONNABORTED' }, 'lost'],
    [{ error: 'ECONNRESET' }, 'lost'],
    [{ error: 'ECONNRESET', reusedSocket: true }, 'stale-socket'],
    [{ error: 'CERT_HAS_EXPIRED' }, 'tls'],
    [{ error: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'tls'],
    [{ error: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }, 'tls'],
    [{ error: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'tls'],
    [{ error: 'ERR_FR_TOO_MANY_REDIRECTS' }, 'local'],
    [{ error: 'ERR_BAD_OPTION_VALUE' }, 'local'],
    [{ error: 'ERR_INVALID_HTTP_TOKEN' }, 'local'],
    [{ error: 'ERR_INVALID_CHAR' }, 'local'],
    [{ error: 'ERR_UNESCAPED_CHARACTERS' }, 'local'],
    [{ error: 'ERR_BAD_RESPONSE', message: 'maxContentLength size of 10 exceeded' }, 'local'],
  ])('%j is %s', async (step, outcome) => {
    expect(await outcomeOf(step)).toBe(outcome);
  });

  it('of a refusal, of a cancellation and of a fault in an adapter', async () => {
    expect(outcomeOfError(new CircuitOpenError({ service: 'a', retryAfterMs: 1 }))).toBe('refused');
    expect(outcomeOfError(new ThrottledError({ service: 'a', retryAfterMs: 1, until: 1 }))).toBe('refused');
    expect(outcomeOfError(new axios.CanceledError())).toBe('canceled');
    expect(outcomeOfError(new TypeError('x is not a function'))).toBe('local');
    expect(outcomeOfError(undefined)).toBe('local');
  });

  it('of a fetch that failed is told by the code two causes down', () => {
    const socket = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const fetchFailed = new TypeError('fetch failed', { cause: socket });
    const error = Object.assign(new AxiosError('Network Error', 'ERR_NETWORK'), { cause: fetchFailed });
    expect(outcomeOfError(error)).toBe('not-sent');
  });

  it.each([
    ['the service’s own name cannot be found', { code: 'ENOTFOUND', hostname: 'api.test' }, 'not-sent'],
    ['another name cannot be found', { code: 'ENOTFOUND', hostname: 'elsewhere.test' }, 'lost'],
    [
      'an address refuses that may be a redirect’s',
      { code: 'ECONNREFUSED', address: '10.0.0.1', port: 443 },
      'lost',
    ],
  ])('of a fetch that may have followed a redirect: %s', async (_what, socket, outcome) => {
    const fetch = () =>
      Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error(), socket) }));
    const client = axios.create({ baseURL: 'https://api.test', adapter: 'fetch', env: { fetch } });
    install(client, []);
    const error: unknown = await client.get('/').catch((failure: unknown) => failure);
    expect(outcomeOfError(error)).toBe(outcome);
    const direct: unknown = await client
      .get('/', { fetchOptions: { redirect: 'error' } })
      .catch((failure: unknown) => failure);
    expect(outcomeOfError(direct)).toBe('not-sent');
  });

  it('of a connection that failed on every address is told by theirs', () => {
    const refused = () => Object.assign(new Error(), { code: 'ECONNREFUSED' });
    expect(outcomeOfError(new AggregateError([refused(), refused()]))).toBe('not-sent');
  });
});

describe('an error that came with an answer', () => {
  it.each([
    [200, 'ERR_BAD_RESPONSE', 'lost'],
    [304, 'ERR_BAD_RESPONSE', 'lost'],
    [503, 'ERR_BAD_RESPONSE', 'unavailable'],
    [404, 'ERR_BAD_REQUEST', 'answered'],
  ])('of status %i is by that status only where it is a failure', (status, code, outcome) => {
    const response = { status, headers: {} } as AxiosResponse;
    expect(outcomeOfError(new AxiosError('the body ended too soon', code, undefined, {}, response))).toBe(
      outcome,
    );
  });
});

describe('how an outcome counts', () => {
  it('permanent failures are never retried', () => {
    const never = Object.entries(POLICY).filter(([, { retry }]) => retry === 'never');
    expect(never.map(([outcome]) => outcome)).toEqual([
      'success',
      'answered',
      'unauthorized',
      'canceled',
      'refused',
      'no-token',
      'tls',
      'local',
      'deadline',
    ]);
  });

  it('only what the service itself failed at is a failure of its health', () => {
    const failures = Object.entries(POLICY).filter(([, { health }]) => health === 'failure');
    expect(failures.map(([outcome]) => outcome)).toEqual(['unavailable', 'not-sent', 'lost', 'tls']);
  });

  it('idempotent methods are those of RFC 9110, and QUERY', () => {
    const methods = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'QUERY', 'POST', 'PATCH'];
    expect(methods.filter((method) => !isIdempotent(method))).toEqual(['POST', 'PATCH']);
    expect(isIdempotent(undefined)).toBe(true);
  });

  it('an answer of a class that axios does not know is taken by its status', () => {
    expect(outcomeOfResponse({ status: 299, headers: {} } as AxiosResponse, 0)).toBe('success');
  });

  it("of an interceptor of somebody's own is what its error says: a refusal is neither repeated nor counted", () => {
    const refusal = Object.assign(new AxiosError('too many', 'ERR_TOO_MANY'), { outcome: 'refused' });
    expect(outcomeOfError(refusal)).toBe('refused');
    expect(outcomeOfError(Object.assign(refusal, { outcome: 'toString' }))).toBe('lost');
  });
});
