import { AxiosError, type AxiosResponse } from 'axios';
import { isIdempotent, outcomeOfError, outcomeOfResponse } from './outcome.js';

const failed = (code: unknown, members: object = {}): Error =>
  Object.assign(new Error('it failed'), { code }, members);

describe('what becomes of a request is told by the code of its failure', () => {
  it.each([
    'EADDRNOTAVAIL',
    'EAI_AGAIN',
    'EAI_FAIL',
    'ECONNREFUSED',
    'EHOSTDOWN',
    'EHOSTUNREACH',
    'ENETDOWN',
    'ENETUNREACH',
    'ENOTFOUND',
    'UND_ERR_CONNECT_TIMEOUT',
  ])('%s never reached the service', (code) => {
    expect(outcomeOfError(failed(code))).toBe('not-sent');
  });

  it.each([
    'ERR_BAD_OPTION',
    'ERR_BAD_OPTION_VALUE',
    'ERR_DEPRECATED',
    'ERR_FR_MAX_BODY_LENGTH_EXCEEDED',
    'ERR_FR_TOO_MANY_REDIRECTS',
    'ERR_FORM_DATA_DEPTH_EXCEEDED',
    'ERR_INVALID_URL',
    'ERR_NOT_SUPPORT',
    'ERR_INVALID_ARG_TYPE',
    'ERR_HTTP_INVALID_HEADER_VALUE',
    'ERR_UNESCAPED_CHARACTERS',
    'ERR_OUT_OF_RANGE',
  ])('%s is the fault of the request, and nothing is sent anew', (code) => {
    expect(outcomeOfError(failed(code))).toBe('local');
  });

  it.each([
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'CERT_HAS_EXPIRED',
    'CRL_HAS_EXPIRED',
    'ERR_OSSL_EVP_UNSUPPORTED',
    'EPROTO',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_GET_ISSUER_CERT',
    'HOSTNAME_MISMATCH',
    'INVALID_CA',
    'INVALID_PURPOSE',
    'PATH_LENGTH_EXCEEDED',
    'ERROR_IN_CERT_NOT_AFTER_FIELD',
  ])('%s says that the peer could not be trusted', (code) => {
    expect(outcomeOfError(failed(code))).toBe('tls');
  });

  it.each([
    'MY_ERR_INVALID_THING',
    'MY_CERT_STORE',
    'EPROTONOSUPPORT',
    'DEPTH_ZERO_SELF_SIGNED_CERTS',
    'SELF_SIGNED_CERT_IN_CHAINS',
    'HOSTNAME_MISMATCHES',
    'INVALID_CALL',
    'INVALID_PURPOSES',
    'PATH_LENGTH_EXCEEDED_BY_FAR',
    'ECONNABORTED',
    'ETIMEDOUT',
    'EPIPE',
    '',
  ])('%j is none of these: the service may have acted on the request', (code) => {
    expect(outcomeOfError(failed(code))).toBe('lost');
  });

  it.each([[42], [undefined], [null]])(
    'a code that is no text is none (%j): an adapter or an interceptor is at fault',
    (code) => {
      expect(outcomeOfError(failed(code))).toBe('local');
    },
  );

  it.each([null, undefined, 'ECONNREFUSED', 7])(
    'what is thrown without being an error is nobody’s but the code’s that threw it: %j',
    (thrown) => {
      expect(outcomeOfError(thrown)).toBe('local');
    },
  );

  it('the fifth error down is still looked at, a sixth is not, and errors that cause each other end', () => {
    const nested = (depth: number): Error => {
      let error = failed('ECONNREFUSED');
      for (let above = 0; above < depth; above += 1) error = new Error('outer', { cause: error });
      return error;
    };
    expect([nested(4), nested(5)].map(outcomeOfError)).toEqual(['not-sent', 'local']);
    const circular = new Error('one');
    circular.cause = circular;
    expect(outcomeOfError(circular)).toBe('local');
  });

  it.each([
    ['ERR_INVALID_URL', 'local'],
    ['CERT_HAS_EXPIRED', 'tls'],
    ['ENOTFOUND', 'not-sent'],
  ])('an adapter that wraps %s in an error with a code of its own hides nothing', (code, outcome) => {
    expect(outcomeOfError(failed('ERR_NETWORK', { cause: failed(code) }))).toBe(outcome);
  });

  it('of the errors of each address those count that are any', () => {
    const refused = failed('ECONNREFUSED');
    expect(outcomeOfError({ errors: [null, 'ECONNREFUSED', undefined, refused] })).toBe('not-sent');
    expect(outcomeOfError({ errors: [null, 'ECONNREFUSED'] })).toBe('local');
    expect(outcomeOfError({ errors: 'ECONNREFUSED' })).toBe('local');
  });

  it.each(['connect', 'read'])('a time-out of the system call %j', (syscall) => {
    expect(outcomeOfError(failed('ETIMEDOUT', { syscall }))).toBe(
      syscall === 'connect' ? 'not-sent' : 'lost',
    );
  });

  it.each([
    ['ERR_HTTP2_STREAM_ERROR', 'Stream closed with error code NGHTTP2_REFUSED_STREAM', 'not-sent'],
    ['ERR_HTTP2_STREAM_ERROR', 'Stream closed with error code NGHTTP2_INTERNAL_ERROR', 'lost'],
    ['ERR_HTTP2_STREAM_ERROR', 'NGHTTP2_REFUSED_STREAM was not it', 'lost'],
    ['ERR_HTTP2_STREAM_ERROR', 'code XNGHTTP2_REFUSED_STREAM', 'lost'],
    ['ERR_HTTP2_STREAM_CANCEL', 'Stream closed with error code NGHTTP2_REFUSED_STREAM', 'lost'],
  ])(
    'by HTTP/2 only a stream that the server refused was never looked at: %s, %j',
    (code, message, outcome) => {
      expect(outcomeOfError(failed(code, { message }))).toBe(outcome);
    },
  );

  it.each([
    ['maxContentLength size of 10 exceeded', 'local'],
    ['Request body larger than maxBodyLength limit', 'local'],
    ['mymaxContentLength', 'lost'],
    ['maxContentLengths', 'lost'],
    ['maxHeaderLength', 'lost'],
  ])('a failure that says %j is %s', (message, outcome) => {
    expect(outcomeOfError(failed('ERR_BAD_RESPONSE', { message }))).toBe(outcome);
  });

  it('a request that axios cannot make is its own fault; one that was answered is not', () => {
    expect(outcomeOfError(new AxiosError('no URL', 'ERR_BAD_REQUEST'))).toBe('local');
    const response = { status: 302, headers: {} } as AxiosResponse;
    const answered = new AxiosError('moved', 'ERR_BAD_REQUEST', undefined, {}, response);
    expect(outcomeOfError(answered)).toBe('lost');
    const others = { status: 404, headers: {} } as AxiosResponse;
    const reset = new AxiosError('reset', 'ECONNRESET', undefined, {}, others);
    expect(outcomeOfError(reset)).toBe('lost');
  });
});

describe('a connection that was reset', () => {
  it.each([
    ['ECONNRESET', { reusedSocket: true }, 'stale-socket'],
    ['EPIPE', { reusedSocket: true }, 'stale-socket'],
    ['ETIMEDOUT', { reusedSocket: true }, 'lost'],
    ['ECONNRESET', { reusedSocket: false }, 'lost'],
    ['ECONNRESET', { reusedSocket: true, res: { responseUrl: 'https://api.test/' } }, 'lost'],
    ['ECONNRESET', null, 'lost'],
    ['ECONNRESET', 'request', 'lost'],
  ])('by %s, of the request %j, is %s', (code, request, outcome) => {
    expect(outcomeOfError(failed(code, { request }))).toBe(outcome);
  });
});

describe('a connection that was never made', () => {
  it.each([
    [{ redirected: true }, 'lost'],
    [{ redirected: false }, 'not-sent'],
    [{ _redirectCount: 1 }, 'lost'],
  ])('of the request %j is %s: only behind a redirect may the service have acted', (request, outcome) => {
    expect(outcomeOfError(failed('ECONNREFUSED', { request }))).toBe(outcome);
  });

  it('of a request that may have been redirected, to nobody knows where, may be the redirect’s', () => {
    expect(outcomeOfError(failed('ECONNREFUSED', { request: { redirected: undefined } }))).toBe('lost');
  });
});

describe('an answer', () => {
  it.each([
    [399, 'success'],
    [400, 'answered'],
    [408, 'unavailable'],
    [429, 'throttled'],
    [499, 'answered'],
    [500, 'unavailable'],
    [501, 'answered'],
    [505, 'answered'],
    [506, 'answered'],
    [507, 'unavailable'],
    [510, 'answered'],
    [511, 'answered'],
    [599, 'unavailable'],
  ])('of status %i is %s', (status, outcome) => {
    expect(outcomeOfResponse({ status, headers: {} } as AxiosResponse, 0)).toBe(outcome);
  });

  it('with Retry-After is busy only as a 503: a 500 or a 504 has no instant at which it works again', () => {
    const outcomes = [500, 503, 504].map((status) =>
      outcomeOfResponse({ status, headers: { 'retry-after': '1' } } as unknown as AxiosResponse, 0),
    );
    expect(outcomes).toEqual(['unavailable', 'busy', 'unavailable']);
  });
});

it('a method counts whatever its case', () => {
  expect(['get', 'Query', 'post', ''].map(isIdempotent)).toEqual([true, true, false, false]);
});

it('a request without a method is a GET, and may be sent twice', () => {
  expect(isIdempotent(undefined)).toBe(true);
});
