import {
  AxiosError,
  AxiosHeaders,
  CanceledError,
  type AxiosAdapter,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import { STATUS_CODES } from 'node:http';
import {
  having,
  isCanceled,
  onCancel,
  readOptions,
  systemClock,
  type Clock,
  type Timer,
} from '@holdfast/core';
import { bearerOf } from './bearer.js';
import { SimulatedRequest } from './simulated-request.js';

/** An answer with a status. */
export interface AnswerStep {
  readonly status: number;
  /** As it stands: a string goes through the client's `transformResponse` like a real body. Default: an empty string. */
  readonly data?: unknown;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Milliseconds on the transport's clock. Default: 0, at once. */
  readonly delayMs?: number;
}

/** A failure as Node's sockets and axios report it. */
export interface ErrorStep {
  /** `ECONNREFUSED`, `ECONNRESET`, `ETIMEDOUT`, `CERT_HAS_EXPIRED` … */
  readonly error: string;
  /** Default: as Node words it. */
  readonly message?: string;
  /** Whether the request had left. Default: it had, but for codes of a connection that was never made. */
  readonly afterSending?: boolean;
  /** Whether the connection had carried an earlier request. Default: false. */
  readonly reusedSocket?: boolean;
  /** Milliseconds on the transport's clock. Default: 0, at once. */
  readonly delayMs?: number;
}

/** What the transport does with one request; `'hang'` ends only by cancellation or by the request's `timeout`. */
export type Step = AnswerStep | ErrorStep | 'hang' | ScriptFunction;

/** Decides upon a request. `number` counts the requests from 1. */
export type ScriptFunction = (request: TransportRequest, number: number) => Step;

/** A request as it was when it was sent: the token is taken off afterwards. */
export interface TransportRequest {
  /** In lower case, as axios has it. */
  readonly method: string;
  readonly url: string;
  readonly baseURL: string | undefined;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** After the client's `transformRequest`. */
  readonly data: unknown;
  /** Epoch milliseconds. */
  readonly at: number;
  /** The bearer token it carried. */
  readonly token: string | undefined;
}

/** Options of {@link scriptedTransport}. */
export interface ScriptedTransportOptions {
  /** Where time comes from: delays, the request's `timeout`, `at`. Default: the machine's clock. */
  readonly clock?: Clock;
}

/** A transport without a network. */
export interface ScriptedTransport {
  /** For `axios.create({ adapter })`. */
  readonly adapter: AxiosAdapter;
  /** Every request that reached it, in order. */
  readonly requests: readonly TransportRequest[];
  /** How many requests have not been answered yet. */
  readonly inFlight: number;
}

/**
 * An axios adapter that answers from a script: step after step, or whatever a function says. For the rest it does what
 * axios's own adapters do: `validateStatus`, `signal`, `cancelToken` and `timeout` hold.
 *
 * A request for which the script has no step fails with an error that says so.
 */
export function scriptedTransport(
  script: readonly Step[] | ScriptFunction,
  options: ScriptedTransportOptions = {},
): ScriptedTransport {
  const { clock } = readOptions(
    'scriptedTransport',
    { clock: having<Clock>(['now', 'setTimeout'], systemClock) },
    options,
  );
  if (typeof script !== 'function' && !Array.isArray(script))
    throw new TypeError('scriptedTransport(): the script must be a list of steps, or a function');
  const requests: TransportRequest[] = [];
  let inFlight = 0;

  function stepFor(request: TransportRequest, number: number): Exclude<Step, ScriptFunction> {
    let step = typeof script === 'function' ? script : script[number - 1];
    while (typeof step === 'function') step = step(request, number);
    if (step !== undefined) {
      checkStep(step, number);
      return step;
    }
    const { method, url } = request;
    throw new Error(`The script has no step for request ${number} (${method.toUpperCase()} ${url})`);
  }

  return {
    requests,
    get inFlight() {
      return inFlight;
    },
    adapter: async (config) => {
      const request = snapshotOf(config, clock.now());
      requests.push(request);
      const step = stepFor(request, requests.length);
      inFlight += 1;
      try {
        return await play(step, config, clock);
      } finally {
        inFlight -= 1;
      }
    },
  };
}

const MEMBERS: ReadonlySet<string> = new Set([
  'status',
  'data',
  'headers',
  'delayMs',
  'error',
  'message',
  'afterSending',
  'reusedSocket',
]);

/** A member with another name would be no error of its own: an answer without a body, or without a status. */
function checkStep(step: unknown, number: number): void {
  if (step === 'hang') return;
  const isOne = typeof step === 'object' && step !== null && ('status' in step || 'error' in step);
  const strange = isOne ? Object.keys(step).find((name) => !MEMBERS.has(name)) : undefined;
  if (isOne && strange === undefined) return;
  const has = strange === undefined ? '' : `, and has ${strange}`;
  throw new TypeError(
    `Step ${number} of the script must be { status, data, headers, delayMs }, { error, … }, 'hang' or a function${has}`,
  );
}

function snapshotOf(config: InternalAxiosRequestConfig, at: number): TransportRequest {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(AxiosHeaders.from(config.headers).toJSON())) {
    headers[name.toLowerCase()] = String(value);
  }
  return {
    method: config.method ?? 'get',
    url: config.url ?? '',
    baseURL: config.baseURL,
    headers,
    data: config.data,
    at,
    token: bearerOf(headers['authorization']),
  };
}

function play(
  step: AnswerStep | ErrorStep | 'hang',
  config: InternalAxiosRequestConfig,
  clock: Clock,
): Promise<AxiosResponse> {
  const request = new SimulatedRequest(config, {
    reusedSocket: typeof step === 'object' && 'error' in step && step.reusedSocket === true,
    answered: typeof step === 'object' && 'status' in step,
  });
  // As axios's adapters do it: the reason that was given to abort() is lost.
  const cancellation = () => config.cancelToken?.reason ?? new CanceledError(undefined, config, request);
  if (isCanceled(config)) return Promise.reject(cancellation());

  return new Promise<AxiosResponse>((resolve, reject) => {
    const timers: Timer[] = [];
    const end = () => {
      off();
      for (const timer of timers) timer.cancel();
    };
    const act = () => {
      end();
      if (step === 'hang') return;
      if ('error' in step) reject(failureOf(step, config, request));
      else settle(responseOf(step, config, request), resolve, reject);
    };
    const after = (delayMs: number, callback: () => void) => timers.push(clock.setTimeout(callback, delayMs));

    const off = onCancel(config, () => {
      end();
      reject(cancellation());
    });
    const delayMs = step === 'hang' ? Infinity : (step.delayMs ?? 0);
    if (delayMs <= 0) {
      act();
      return;
    }
    if (delayMs < Infinity) after(delayMs, act);
    const limitMs = config.timeout ?? 0;
    if (limitMs > 0) {
      after(limitMs, () => {
        end();
        reject(timeoutOf(limitMs, config, request));
      });
    }
  });
}

function responseOf(
  { status, data = '', headers = {} }: AnswerStep,
  config: InternalAxiosRequestConfig,
  request: SimulatedRequest,
): AxiosResponse {
  const received = new AxiosHeaders();
  for (const [name, value] of Object.entries(headers)) {
    received.set(name, typeof value === 'string' ? value : [...value]);
  }
  return { data, status, statusText: STATUS_CODES[status] ?? '', headers: received, config, request };
}

// Line for line what axios's adapters do (lib/core/settle.js): status 0, or no validateStatus, is a success.
function settle(
  response: AxiosResponse,
  resolve: (response: AxiosResponse) => void,
  reject: (error: unknown) => void,
): void {
  const { status, config, request } = response;
  try {
    if (!status || !config.validateStatus || config.validateStatus(status)) {
      resolve(response);
      return;
    }
  } catch (error) {
    reject(error);
    return;
  }
  const code = status >= 400 && status < 500 ? AxiosError.ERR_BAD_REQUEST : AxiosError.ERR_BAD_RESPONSE;
  reject(new AxiosError(`Request failed with status code ${status}`, code, config, request, response));
}

const NAME_NOT_FOUND: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL']);
const NOT_CONNECTED: ReadonlySet<string> = new Set([
  'EADDRNOTAVAIL',
  'ECONNREFUSED',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
]);

function failureOf(
  { error: code, message, afterSending }: ErrorStep,
  config: InternalAxiosRequestConfig,
  request: SimulatedRequest,
): AxiosError {
  const syscall = syscallOf(code, afterSending);
  const cause = Object.assign(new Error(message ?? (syscall === undefined ? code : `${syscall} ${code}`)), {
    code,
    ...(syscall !== undefined && { syscall }),
  });
  return AxiosError.from(cause, code, config, request);
}

/** Node's errors say at which system call a connection failed. Those of TLS and of axios itself have none. */
function syscallOf(code: string, afterSending: boolean | undefined): string | undefined {
  if (afterSending === true) return 'read';
  if (NAME_NOT_FOUND.has(code)) return 'getaddrinfo';
  if (afterSending === false || NOT_CONNECTED.has(code)) return 'connect';
  return /^E[A-Z]+$/.test(code) && code !== 'ECONNABORTED' && code !== 'EPROTO' ? 'read' : undefined;
}

function timeoutOf(
  limitMs: number,
  config: InternalAxiosRequestConfig,
  request: SimulatedRequest,
): AxiosError {
  const code =
    config.transitional?.clarifyTimeoutError === true ? AxiosError.ETIMEDOUT : AxiosError.ECONNABORTED;
  const message = config.timeoutErrorMessage ?? `timeout of ${limitMs}ms exceeded`;
  return new AxiosError(message, code, config, request);
}
