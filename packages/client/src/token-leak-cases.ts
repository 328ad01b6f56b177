// How a call with a token can end, and the clients that make one.
import axios, { type AxiosInstance, type AxiosRequestConfig } from 'axios';
import {
  attachToken,
  attemptTimeout,
  circuitBreaker,
  claimsChallenge,
  createServiceClient,
  deadline,
  install,
  retry,
  throttleGate,
  type TokenCredential,
} from './index.js';

/** No case comes near it, but those that have a limit of their own; a Retry-After of a minute lies behind it. */
const LONG_MS = 50_000;

/** Makes a client of one kind. */
export type Make = (baseURL: string, credential: TokenCredential) => AxiosInstance;

const scopes = 'api://orders/.default';
const atOnce = { baseDelayMs: 0, retries: 1 };

/** What people write without Holdfast. */
export const naive: Make = (baseURL, credential) => {
  const client = axios.create({ baseURL, timeout: 20 });
  client.interceptors.request.use(async (config) => {
    const token = await credential.getToken(scopes);
    config.headers.Authorization = `Bearer ${token?.token ?? ''}`;
    return config;
  });
  return client;
};

/** A pipeline picked by hand. */
export const handPicked: Make = (baseURL, credential) => {
  const client = axios.create({ baseURL });
  install(client, [
    deadline({ deadlineMs: LONG_MS }),
    retry(atOnce),
    throttleGate(),
    circuitBreaker(),
    attachToken(credential, { scopes, enableCae: true }),
    claimsChallenge(),
    attemptTimeout({ timeoutMs: LONG_MS }),
  ]);
  return client;
};

/** A service client. */
export const standard: Make = (baseURL, credential) =>
  createServiceClient({
    name: 'orders',
    baseURL,
    scopes,
    credential,
    deadlineMs: LONG_MS,
    attemptTimeoutMs: LONG_MS,
    retry: atOnce,
  });

/** One way in which a call ends. */
export interface Case {
  readonly url: string;
  /** The status, code or message that it ends with, by one adapter or the other. */
  readonly ends: readonly (number | string)[];
  readonly config?: AxiosRequestConfig;
  /** The identity provider gives this many tokens, and refuses the next. Default: two. */
  readonly tokens?: number;
  /** The caller gives up while the request waits, or with the first piece of the body in his hands. */
  readonly gaveUp?: 'waiting' | 'reading';
  /** How many such calls come first. */
  readonly before?: number;
  /** Nothing that carries a token comes in. */
  readonly unsent?: boolean;
  /** The time limit that ends it, in milliseconds. */
  readonly limited?: (limitMs: number) => AxiosRequestConfig;
}

/** How long a limit is first, and when the machine was too slow to send anything within it. */
export const LIMITS_MS: readonly number[] = [20, 200, 2_000, 10_000];

const stream = { responseType: 'stream' } as const;

export const CASES: Readonly<Record<string, Case>> = {
  'a success': { url: '/status/200', ends: [200] },
  'a redirect within the origin': { url: '/redirect', ends: [200] },
  'a redirect to another origin': { url: '/away', ends: [200] },
  // Older versions of axios let fetch follow it.
  'a redirect that is not followed': { url: '/redirect', ends: [302, 200], config: { maxRedirects: 0 } },
  'a 404': { url: '/status/404', ends: [404] },
  'a 409 of a POST': { url: '/status/409', ends: [409], config: { method: 'post', data: { a: 1 } } },
  'a 500 after a retry': { url: '/status/500', ends: [500] },
  'a 501': { url: '/status/501', ends: [501] },
  'a success after a retry': { url: '/flaky', ends: [200] },
  'a 429': { url: '/throttled', ends: [429] },
  'a reset before the headers': { url: '/reset', ends: ['ECONNRESET', 'ERR_NETWORK'] },
  'a reset in the body': { url: '/cut', ends: ['stream has been aborted', 'terminated'] },
  'an attempt that takes too long': {
    url: '/hang',
    ends: ['ERR_ATTEMPT_TIMEOUT'],
    limited: (limitMs) => ({ holdfast: { attemptTimeoutMs: limitMs } }),
  },
  "axios's own time-out": {
    url: '/hang',
    ends: ['ECONNABORTED', 'ETIMEDOUT'],
    limited: (limitMs) => ({ timeout: limitMs }),
  },
  'a call that takes too long': {
    url: '/hang',
    ends: ['ERR_DEADLINE_EXCEEDED'],
    limited: (limitMs) => ({ holdfast: { attemptTimeoutMs: false, deadlineMs: limitMs } }),
  },
  'a call that is given up': { url: '/hang', ends: ['ERR_CANCELED'], gaveUp: 'waiting' },
  'a call that is given up in its body': { url: '/stall', ends: ['ERR_CANCELED'], gaveUp: 'waiting' },
  // Older versions of axios have none with fetch.
  'a size limit': { url: '/status/200', ends: ['ERR_BAD_RESPONSE', 200], config: { maxContentLength: 1 } },
  'an answer that is no JSON': {
    url: '/text',
    ends: ['ERR_BAD_RESPONSE'],
    config: { responseType: 'json', transitional: { silentJSONParsing: false } },
  },
  'a challenge that is answered': { url: '/challenged', ends: [200] },
  'a challenge that comes again': { url: '/always-challenged', ends: [401] },
  'a challenge whose token cannot be had': { url: '/challenged', ends: [401], tokens: 1 },
  'an open circuit': { url: '/status/500', ends: ['ERR_CIRCUIT_OPEN'], before: 25 },
  'a closed gate': { url: '/throttled', ends: ['ERR_THROTTLED'], before: 1 },
  'a refused connection': {
    url: '/',
    ends: ['ECONNREFUSED', 'ERR_NETWORK'],
    config: { baseURL: 'http://127.0.0.1:1', holdfast: { retry: false } },
    unsent: true,
  },
  'a call to another origin': { url: 'http://localhost:1/', ends: ['ERR_TOKEN_ORIGIN'], unsent: true },
  'a token that cannot be had': {
    url: '/status/200',
    ends: ['ERR_TOKEN_ACQUISITION'],
    // Over before the credential may be asked again: else the call would wait for that.
    config: { holdfast: { deadlineMs: 4_000 } },
    tokens: 0,
    unsent: true,
  },
  'a stream': { url: '/status/200', ends: [200], config: stream },
  'a stream of a failure': { url: '/status/404', ends: [404], config: stream },
  'a stream that is cut': { url: '/cut', ends: [200], config: stream },
  'a stream that is given up': { url: '/stall', ends: [200], config: stream, gaveUp: 'reading' },
  'a stream over its limit': { url: '/chunked', ends: [200], config: { ...stream, maxContentLength: 1 } },
};
