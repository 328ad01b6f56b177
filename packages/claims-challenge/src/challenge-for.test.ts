import {
  AttemptTimeoutError,
  CircuitOpenError,
  DeadlineExceededError,
  InteractionRequiredError,
  ThrottledError,
  TokenAcquisitionError,
  TokenOriginError,
  claimsOf,
  parseChallenges,
  stepUpOf,
  type HttpReply,
} from '@holdfast/core';
import { scriptedTransport, type Step } from '@holdfast/testing';
import axios, { AxiosError } from 'axios';
import { challengeFor, type ChallengeForOptions } from './index.js';

const service = 'inner.test';
const scopes = ['api://inner/.default'];
const message = 'inner';
const AUTHORIZE = 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize';
const CLAIMS = '{"access_token":{"acrs":{"essential":true,"value":"c1"},"näme":"–"}}';

const asking = (asked: { claims?: string; acrValues?: string; maxAge?: number } = {}) =>
  new InteractionRequiredError({ service, scopes, message, ...asked });
const fieldOf = (reply: HttpReply | undefined) => reply?.headers['www-authenticate'];
const challengesIn = (reply: HttpReply | undefined) => parseChallenges(fieldOf(reply));

async function failureOf(step: Step): Promise<unknown> {
  const { adapter } = scriptedTransport([step]);
  return axios.get('https://inner.test/orders', { adapter }).then(
    () => Promise.reject(new Error('it resolved')),
    (error: unknown) => error,
  );
}

describe('a server whose call can only be helped by a user', () => {
  it('answers its caller with 401, the claims, and problem details that name nothing of what it called', () => {
    const reply = challengeFor(asking({ claims: CLAIMS }));
    expect(reply).toEqual({
      status: 401,
      headers: {
        'content-type': 'application/problem+json',
        'www-authenticate':
          `Bearer realm="", authorization_uri="${AUTHORIZE}", error="insufficient_claims", ` +
          `claims="${Buffer.from(CLAIMS).toString('base64')}"`,
      },
      problem: {
        type: 'about:blank',
        title: 'Unauthorized',
        status: 401,
        detail: 'The user has to sign in again, as the challenge asks.',
      },
    });
    expect(JSON.stringify(reply)).not.toContain('inner');
    expect(claimsOf(challengesIn(reply))).toBe(CLAIMS);
  });

  it('asks for another sign-in where the API that it called did', () => {
    const reply = challengeFor(asking({ acrValues: 'c1 c2', maxAge: 0 }));
    expect(fieldOf(reply)).toBe(
      `Bearer realm="", authorization_uri="${AUTHORIZE}", ` +
        'error="insufficient_user_authentication", acr_values="c1 c2", max_age="0"',
    );
    expect(stepUpOf(challengesIn(reply))).toEqual({ acrValues: 'c1 c2', maxAge: 0 });
  });

  it('asks for another token where nobody knows more: an expired one, a consent, a second factor', () => {
    expect(fieldOf(challengeFor(asking()))).toBe(
      `Bearer realm="", authorization_uri="${AUTHORIZE}", error="invalid_token"`,
    );
  });

  it('names its own tenant, whatever stands in it', () => {
    const authorizationUri = 'https://login.example/authorize?a="b"';
    const reply = challengeFor(asking({ claims: CLAIMS }), {
      realm: 'the "orders" \\ realm',
      authorizationUri,
    });
    expect(fieldOf(reply)).toContain('realm="the \\"orders\\" \\\\ realm"');
    const [challenge, ...others] = challengesIn(reply);
    expect(others).toEqual([]);
    expect(challenge?.params).toMatchObject({
      ...{ realm: 'the "orders" \\ realm', authorization_uri: authorizationUri },
    });
    expect(claimsOf(challengesIn(reply))).toBe(CLAIMS);
  });

  it('knows an error of another copy of the package by its code', () => {
    const foreign = Object.assign(new AxiosError(message, 'ERR_INTERACTION_REQUIRED'), { claims: CLAIMS });
    expect(claimsOf(challengesIn(challengeFor(foreign)))).toBe(CLAIMS);
    const bare = new AxiosError(message, 'ERR_INTERACTION_REQUIRED');
    expect(challengesIn(challengeFor(bare))[0]?.params['error']).toBe('invalid_token');
  });
});

describe('a script in a browser, on another origin', () => {
  /** What the Fetch Standard lets it read: "CORS-safelisted response-header name". */
  const SAFELISTED = ['cache-control', 'content-language', 'content-length', 'content-type'];
  const readable = (reply: HttpReply | undefined) => {
    const headers = reply?.headers ?? {};
    const exposed = (headers['access-control-expose-headers'] ?? '').split(', ');
    return Object.keys(headers).filter((name) => [...SAFELISTED, ...exposed].includes(name));
  };

  it('hears of the claims once the server lets it', () => {
    const error = asking({ claims: CLAIMS });
    expect(readable(challengeFor(error))).toEqual(['content-type']);
    const reply = challengeFor(error, { exposeHeaders: true });
    expect(readable(reply)).toEqual(['content-type', 'www-authenticate']);
    expect(reply?.headers['access-control-expose-headers']).toBe('www-authenticate');
  });
});

describe('a server that no user can help has no challenge', () => {
  it.each<[string, unknown]>([
    ['an open circuit', new CircuitOpenError({ service, retryAfterMs: 1 })],
    ['a closed gate', new ThrottledError({ service, retryAfterMs: 1, until: 1 })],
    ['a deadline', new DeadlineExceededError({ service, deadlineMs: 1 })],
    ['a time-out of one attempt', new AttemptTimeoutError({ service, timeoutMs: 1 })],
    ['no token', new TokenAcquisitionError({ service, scopes, message, transient: true })],
    ['a wrong secret', new TokenAcquisitionError({ service, scopes, message, transient: false })],
    ['a token that must not go there', new TokenOriginError({ service, message })],
    ['an error of the application', new TypeError('x is not a function')],
    ['an error around one that has', new Error('x', { cause: asking({ claims: CLAIMS }) })],
    ['a code without an error', { code: 'ERR_INTERACTION_REQUIRED', claims: CLAIMS }],
    ['a string', 'ERR_INTERACTION_REQUIRED'],
    ['nothing', undefined],
    ['null', null],
  ])('for %s', (_what, error) => {
    expect(challengeFor(error)).toBeUndefined();
  });

  it.each<[Step]>([
    [{ status: 401, headers: { 'www-authenticate': 'Bearer error="insufficient_claims", claims="e30="' } }],
    [{ status: 403 }],
    [{ status: 503 }],
    [{ error: 'ECONNREFUSED' }],
    [{ error: 'ERR_CANCELED' }],
  ])('for %j of what it called', async (step) => {
    expect(challengeFor(await failureOf(step))).toBeUndefined();
  });
});

describe('a server with a bad option is told so at its first error, and not at the first that needs a user', () => {
  it.each<[object, string]>([
    [{ realm: 'a\r\nb' }, 'the option "realm" must be a text of printable ASCII characters, and is a string'],
    [{ authorizationUri: '/authorize' }, 'the option "authorizationUri" must be an absolute URL'],
    [{ exposeHeaders: 'yes' }, 'the option "exposeHeaders" must be true or false'],
    [{ relam: 'orders' }, 'there is no option "relam"'],
  ])('%j', (options, text) => {
    for (const error of [asking(), new CircuitOpenError({ service, retryAfterMs: 1 }), undefined]) {
      expect(() => challengeFor(error, options as ChallengeForOptions)).toThrow(TypeError);
      expect(() => challengeFor(error, options as ChallengeForOptions)).toThrow(text);
    }
  });
});
