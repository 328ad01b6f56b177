import axios, {
  AxiosError,
  AxiosHeaders,
  type AxiosAdapter,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import { currentCall } from './calls.js';
import type { Clock } from './clock.js';
import { CurrentCall } from './current-call.js';
import { isTraced, trace, type AttemptEvent } from './events.js';
import { SentBody } from './sent-body.js';

export type AdapterConfig = InternalAxiosRequestConfig['adapter'];

/** A call with what it is sent with. */
export class InstalledCall extends CurrentCall {
  readonly clock: Clock;
  /** The adapter that its request would have used without a pipeline. */
  readonly adapter: AdapterConfig;
  /** Its request has come to the pipeline. */
  entered = false;
  /** The last send has asked whether its status is a success: bare axios leaves a custom adapter the choice. */
  asked = false;
  /** The last failed answer whose headers were none that can be read by name, and what its adapter gave for them. */
  given: { readonly response: AxiosResponse; readonly headers: AxiosResponse['headers'] } | undefined =
    undefined;

  constructor(clock: Clock, adapter: AdapterConfig) {
    super();
    this.clock = clock;
    this.adapter = adapter;
  }
}

/** The innermost `next`: the adapter that the request would have used without a pipeline. */
export function transport(config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  const call = currentCall(config);
  if (!(call instanceof InstalledCall))
    throw new TypeError('A call can only be sent by the copy of the package that began it');
  return config.holdfast?.body === undefined ? begin(call, config) : beginWithBody(call, config);
}

// A function of its own, and so is `sendTraced`: what a closure holds is made room for wherever its function is entered.
function beginWithBody(call: InstalledCall, config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  // Before it counts as a send: where no body is made, nothing is sent.
  return SentBody.for(config).then((body) => begin(call, config, body));
}

function begin(
  call: InstalledCall,
  config: InternalAxiosRequestConfig,
  body?: SentBody,
): Promise<AxiosResponse> {
  call.sends += 1;
  const number = call.sends;
  const startedAt = call.clock.now();
  call.lastSentAt = startedAt;
  call.refusedFor = undefined;
  return isTraced('attempt')
    ? sendTraced(call, config, body, number, startedAt)
    : send(call, config, body, number, startedAt);
}

function sendTraced(
  call: InstalledCall,
  config: InternalAxiosRequestConfig,
  body: SentBody | undefined,
  number: number,
  startedAt: number,
): Promise<AxiosResponse> {
  const event: AttemptEvent = { call: call.shown, number, startedAt, ...call.leadUpTo(startedAt) };
  return trace('attempt', event, () => send(call, config, body, number, startedAt, event));
}

function send(
  call: InstalledCall,
  config: InternalAxiosRequestConfig,
  body: SentBody | undefined,
  number: number,
  startedAt: number,
  event?: AttemptEvent,
): Promise<AxiosResponse> {
  call.asked = false;
  let sent: Promise<AxiosResponse>;
  try {
    sent =
      body === undefined
        ? adapterOf(call.adapter, config)(config)
        : body.send((copy) => adapterOf(call.adapter, copy)(copy));
  } catch (error) {
    recordFailure(call, number, startedAt, error, event);
    throw error;
  }
  return sent.then(
    (response) => {
      call.unasked = call.asked ? undefined : response;
      if (isToBeRead(response, call) || call.journaled || event !== undefined)
        recordResponse(call, number, startedAt, response, event);
      return response;
    },
    (error: unknown) => {
      if (!isStatusError(error)) {
        recordFailure(call, number, startedAt, error, event);
        throw error;
      }
      // A custom adapter need not ask what a failure is. Inside, statuses are values all the same.
      const { response } = error;
      call.rejected = { response, error };
      recordResponse(call, number, startedAt, response, event);
      return response;
    },
  );
}

/** Whether an adapter says no more by this than that it does not like the status. Below 300 it is the body that it could not read. */
function isStatusError(error: unknown): error is AxiosError & { readonly response: AxiosResponse } {
  if (!axios.isAxiosError(error) || (error.response?.status ?? 0) < 300) return false;
  // Older adapters have made it without a code, or with null for one.
  return STATUS_CODES.has(error.code ?? AxiosError.ERR_BAD_RESPONSE);
}

const STATUS_CODES: ReadonlySet<string> = new Set([AxiosError.ERR_BAD_REQUEST, AxiosError.ERR_BAD_RESPONSE]);

function recordResponse(
  call: InstalledCall,
  number: number,
  startedAt: number,
  response: AxiosResponse,
  event: AttemptEvent | undefined,
): void {
  const { status } = response;
  if (event !== undefined) Object.assign(event, { endedAt: call.clock.now(), status });
  if (isToBeRead(response, call)) makeReadable(response, call);
  if (status >= 400) call.lastFailure = { response };
  if (status >= 400 || call.journaled) recordAnswer(call, number, startedAt, status);
}

/** Somebody will look for a Retry-After: it has failed, or a hook may say so. */
function isToBeRead({ status }: AxiosResponse, { classification }: CurrentCall): boolean {
  return status >= 400 || classification !== undefined;
}

/** A custom adapter may answer with anything that has headers: who reads Retry-After need not know them all. */
function makeReadable(response: AxiosResponse, call: InstalledCall): void {
  const headers: unknown = response.headers;
  if (headers instanceof AxiosHeaders || isPlain(headers)) return;
  call.given = { response, headers: response.headers };
  response.headers = AxiosHeaders.from(headers as AxiosHeaders);
}

function isPlain(headers: unknown): boolean {
  if (typeof headers !== 'object' || headers === null) return false;
  const prototype: unknown = Object.getPrototypeOf(headers);
  return prototype === Object.prototype || prototype === null;
}

export function recordAnswer(call: InstalledCall, number: number, startedAt: number, status: number): void {
  call.record({ number, startedAt, endedAt: call.clock.now(), status, code: undefined });
}

export function recordFailure(
  call: InstalledCall,
  number: number,
  startedAt: number,
  error: unknown,
  event?: AttemptEvent,
): void {
  const endedAt = call.clock.now();
  const { code, response } = (error ?? {}) as Partial<AxiosError>;
  const status = response?.status;
  if (event !== undefined) Object.assign(event, { endedAt, ...(status !== undefined && { status }) });
  if (code !== AxiosError.ERR_CANCELED) call.lastFailure = { error };
  call.record({ number, startedAt, endedAt, status, code });
}

export function adapterOf(adapter: AdapterConfig, config: InternalAxiosRequestConfig): AxiosAdapter {
  const wanted = adapter ?? axios.defaults.adapter;
  // As axios itself looks it up, per request: adapters by name, lists of them, and the fetch adapter's `env` all work. It would
  // make a list for a function, too.
  return typeof wanted === 'function' ? wanted : axios.getAdapter(wanted, config);
}

/** The error that axios's own adapters reject with when a status is no success. */
export function statusError(response: AxiosResponse): AxiosError {
  const { status, config } = response;
  const code = status >= 400 && status < 500 ? AxiosError.ERR_BAD_REQUEST : AxiosError.ERR_BAD_RESPONSE;
  return new AxiosError(
    `Request failed with status code ${status}`,
    code,
    config,
    response.request,
    response,
  );
}
