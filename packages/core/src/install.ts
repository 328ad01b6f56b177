import type { AxiosAdapter, AxiosInstance, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { shared } from './calls.js';
import { outcomeOf } from './classify.js';
import { systemClock, type Clock } from './clock.js';
import type { Ending } from './current-call.js';
import { isTraced, trace, warning } from './events.js';
import { compose, type Interceptor } from './interceptor.js';
import { adopt, leave, tellReason, type ValidateStatus } from './leave.js';
import { baseOf, staysHome, targetOf, type Base } from './target.js';
import {
  InstalledCall,
  adapterOf,
  recordAnswer,
  recordFailure,
  statusError,
  transport,
  type AdapterConfig,
} from './transport.js';

/** Options of {@link install}. */
export interface InstallOptions {
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
}

/** A pipeline on a client. */
export interface Installation {
  /** Takes the pipeline off: calls made from now on are bare axios's. Those in flight end as they began. */
  eject(): void;
  /** Puts other interceptors in their place, for calls made from now on. */
  replace(interceptors: readonly Interceptor[]): void;
}

/** Thrown by {@link install} when the client carries another pipeline already: two would retry each other's retries. */
export class AlreadyInstalledError extends Error {
  readonly code = 'ERR_ALREADY_INSTALLED';
  override readonly name = 'AlreadyInstalledError';

  constructor() {
    super(
      'This client has a pipeline already; use the replace() of what install() returned, or eject() it first',
    );
  }
}

/**
 * Puts interceptors around the send of a client's requests, the first outermost, in front of whatever adapter each
 * request would have used. The client's own axios interceptors and transforms run once per call; attempts happen inside.
 *
 * Installing the same array again changes nothing and returns the same installation.
 *
 * @throws {AlreadyInstalledError} when the client has another pipeline.
 */
export function install(
  client: AxiosInstance,
  interceptors: readonly Interceptor[],
  { clock = systemClock }: InstallOptions = {},
): Installation {
  const existing = shared.installations.get(client);
  if (existing === undefined) return new Pipeline(client, interceptors, clock);
  if (existing.interceptors === interceptors) {
    existing.register();
    return existing;
  }
  throw new AlreadyInstalledError();
}

const UNDERNEATH = Symbol.for('@holdfast/core/underneath');
interface PipelineAdapter extends AxiosAdapter {
  readonly [UNDERNEATH]: AdapterConfig;
}

function isPipelineAdapter(adapter: AdapterConfig): adapter is PipelineAdapter {
  return typeof adapter === 'function' && UNDERNEATH in adapter;
}

class Pipeline implements Installation {
  interceptors: readonly Interceptor[];
  #send: AxiosAdapter;
  #base: Base;
  /** In front of the adapter that was used last: mostly it is the one of the request before. */
  #adapter: PipelineAdapter | undefined = undefined;
  #ejected = false;
  /** A cache that is there already stands outside. */
  readonly #hasCacheOutside: boolean;
  readonly #warnOfCache: (service: string) => void = warning(
    'CACHE_INSIDE',
    'setupCache() of axios-cache-interceptor came after install(): call it before, or what is in the cache needs a token',
  );
  readonly #client: AxiosInstance;
  readonly #clock: Clock;
  readonly #handler: (config: InternalAxiosRequestConfig) => InternalAxiosRequestConfig;
  #id = -1;

  constructor(client: AxiosInstance, interceptors: readonly Interceptor[], clock: Clock) {
    this.interceptors = interceptors;
    this.#send = compose(...interceptors)(transport);
    this.#base = baseOf(client.defaults.baseURL);
    this.#hasCacheOutside = 'cache' in client.defaults;
    this.#client = client;
    this.#clock = clock;
    this.#handler = (config) => this.#take(config);
    this.register();
    shared.installations.set(client, this);
  }

  /** Comes first in each request; also once more after somebody has cleared the client's interceptors. */
  register(): void {
    const { request } = this.#client.interceptors;
    const isThere = request.handlers?.some(
      (handler) => (handler as unknown) !== null && handler.fulfilled === this.#handler,
    );
    if (isThere) return;
    this.#id = request.use(this.#handler, undefined, { synchronous: true });
  }

  eject(): void {
    // A handle that was kept must not take off what came after it.
    if (this.#ejected) return;
    this.#ejected = true;
    this.#client.interceptors.request.eject(this.#id);
    shared.installations.delete(this.#client);
  }

  replace(interceptors: readonly Interceptor[]): void {
    if (this.#ejected) throw new TypeError('replace(): this pipeline was ejected; install() another one');
    this.#send = compose(...interceptors)(transport);
    this.interceptors = interceptors;
  }

  #take(given: InternalAxiosRequestConfig): InternalAxiosRequestConfig {
    // What an interceptor forgot to hand on is axios's to complain about; what one froze, axios copies as well.
    if (typeof given !== 'object' || (given as unknown) === null) return given;
    const config: InternalAxiosRequestConfig = Object.isExtensible(given) ? given : flatCopyOf(given);
    // A request that failed before it was dispatched, and is submitted again, still has our adapter: not twice.
    const underneath = isPipelineAdapter(config.adapter) ? config.adapter[UNDERNEATH] : config.adapter;
    this.#callFor(config, underneath);
    let adapter = this.#adapter;
    if (adapter === undefined || adapter[UNDERNEATH] !== underneath) {
      adapter = this.#adapterOver(underneath);
      this.#adapter = adapter;
    }
    config.adapter = adapter;
    return config;
  }

  #adapterOver(underneath: AdapterConfig): PipelineAdapter {
    const enter: AxiosAdapter = (request) => this.#enter(request, underneath);
    return Object.assign(enter, { [UNDERNEATH]: underneath });
  }

  #enter(config: InternalAxiosRequestConfig, underneath: AdapterConfig): Promise<AxiosResponse> {
    // From here on the request is the caller's again: it can be submitted anew, here or on another client.
    if (underneath === undefined) delete config.adapter;
    else config.adapter = underneath;
    const taken = shared.callOn(config);
    const isTaken = taken instanceof InstalledCall && !taken.entered;
    // What was on its way when the pipeline was ejected ends as it began; a copy that is submitted is another request.
    if (this.#ejected && !isTaken) return adapterOf(underneath, config)(config);
    const call = isTaken ? taken : this.#callFor(config, underneath);
    this.#begin(call, config);
    if (isTraced('call')) return this.#runTraced(call, config);
    const isBare = this.interceptors.length === 0 && config.holdfast?.body === undefined;
    return isBare ? watched(call, config) : this.#run(call, config);
  }

  #callFor(config: InternalAxiosRequestConfig, underneath: AdapterConfig): InstalledCall {
    const call = new InstalledCall(this.#clock, underneath);
    shared.putCallOn(config, call);
    return call;
  }

  #begin(call: InstalledCall, config: InternalAxiosRequestConfig): void {
    const { baseURL } = this.#client.defaults;
    // It is the client's to change.
    if (this.#base.baseURL !== baseURL) this.#base = baseOf(baseURL);
    if (!this.#hasCacheOutside && 'cache' in this.#client.defaults) this.#warnOfCache(this.#base.home.origin);
    call.entered = true;
    if (config.method !== undefined) call.method = config.method;
    if (config.url !== undefined) call.url = config.url;
    call.target = staysHome(config, this.#base) ? this.#base.home : targetOf(config, this.#base);
    call.service = call.target.origin;
    call.startedAt = this.#clock.now();
  }

  #runTraced(call: InstalledCall, config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
    return trace('call', { call: call.shown }, () => this.#run(call, config));
  }

  #run(call: InstalledCall, config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
    // Inside, statuses are values: nobody has to catch a 401 to see it, and `() => true` blinds nobody.
    const own = Object.hasOwn(config, 'validateStatus');
    const { validateStatus } = config;
    call.validateStatus = validateStatus;
    const acceptAll = () => (call.asked = true);
    config.validateStatus = acceptAll;
    let sent: Promise<AxiosResponse>;
    try {
      sent = this.#send(config);
    } catch (thrown) {
      // Thrown on, and not made a rejection of: axios treats the two differently, and so it must be.
      const error = leave(call, config, own, validateStatus, thrown);
      endWithError(call, error);
      throw error;
    }
    return sent.then(
      (response) => {
        leave(call, config, own, validateStatus);
        adopt(response, acceptAll, config, call);
        adopt(call.rejected?.error, acceptAll, config, call);
        if (call.given?.response === response) response.headers = call.given.headers;
        return settle(call, response, validateStatus);
      },
      (rejected: unknown) => {
        const error = leave(call, config, own, validateStatus, rejected);
        adopt(error, acceptAll, config, call);
        tellReason(error, config);
        endWithError(call, error);
        // As it came: in an outage most calls are refused inside, and to throw costs several times as much.
        if (error === rejected) return sent;
        throw error;
      },
    );
  }
}

/**
 * Nobody inside has to see a status: the adapter settles as it would without us, and is watched from the side. Not a
 * handler stands between it and axios, so that not even a moment tells the two apart.
 */
function watched(call: InstalledCall, config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  call.sends = 1;
  const { startedAt } = call;
  let sent: unknown;
  try {
    sent = adapterOf(call.adapter, config)(config);
  } catch (error) {
    endWithError(call, error);
    throw error;
  }
  // A custom adapter may answer with no promise at all; axios takes that as well.
  if (sent instanceof Promise) {
    const seen = sent.then(
      (response: AxiosResponse | undefined) => {
        if (typeof response !== 'object' || (response as unknown) === null) return;
        if (response.status >= 400) recordAnswer(call, 1, startedAt, response.status);
        endWithResponse(call, response, false);
      },
      (error: unknown) => {
        recordFailure(call, 1, startedAt, error);
        endWithError(call, error);
      },
    );
    // Whatever an adapter makes of its answers and errors, looking at them is no reason for the process to end.
    seen.catch(() => undefined);
  }
  return sent as Promise<AxiosResponse>;
}

/** What axios's own adapters do with a status, by the caller's own rule. */
function settle(
  call: InstalledCall,
  response: AxiosResponse,
  validateStatus: ValidateStatus | undefined,
): AxiosResponse {
  let failed = true;
  try {
    if (call.rejected?.response === response) throw call.rejected.error;
    const { status } = response;
    if (call.unasked !== response && status && validateStatus && !validateStatus(status)) {
      throw statusError(response);
    }
    failed = false;
    return response;
  } finally {
    endWithResponse(call, response, failed);
  }
}

const AT_ONCE: Ending = { outcome: 'success', failed: false, endedAt: undefined };

function endWithResponse(call: InstalledCall, response: AxiosResponse, failed: boolean): void {
  if (!failed && call.isPlainSuccess(response) && !call.journaled && !isTraced('call')) {
    call.end(AT_ONCE);
    return;
  }
  const endedAt = call.clock.now();
  call.end({ outcome: outcomeOf(call, { response }, endedAt), failed, endedAt });
}

function endWithError(call: InstalledCall, error: unknown): void {
  const endedAt = call.clock.now();
  call.end({ outcome: outcomeOf(call, { error }, endedAt), failed: true, endedAt });
}

function flatCopyOf(config: InternalAxiosRequestConfig): InternalAxiosRequestConfig {
  const copy = Object.create(null) as InternalAxiosRequestConfig;
  for (const key of Reflect.ownKeys(config)) Object.assign(copy, { [key]: Reflect.get(config, key) });
  return copy;
}
