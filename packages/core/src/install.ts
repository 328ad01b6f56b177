import axios, {
  AxiosError,
  AxiosHeaders,
  type AxiosAdapter,
  type AxiosInstance,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import { Call, currentCall, setCall, shared, type CallInit } from './call.js';
import { systemClock, type Clock } from './clock.js';
import { compose, type Interceptor } from './interceptor.js';
import { baseOf, staysHome, targetOf, type Base } from './target.js';

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
  if (existing.interceptors === interceptors) return existing;
  throw new AlreadyInstalledError();
}

type AdapterConfig = InternalAxiosRequestConfig['adapter'];
type ValidateStatus = InternalAxiosRequestConfig['validateStatus'];

const UNDERNEATH = Symbol.for('@holdfast/core/underneath');
interface PipelineAdapter extends AxiosAdapter {
  [UNDERNEATH]?: AdapterConfig;
}

function isPipelineAdapter(adapter: AdapterConfig): adapter is PipelineAdapter {
  return typeof adapter === 'function' && UNDERNEATH in adapter;
}

/** A call with what it is sent with. */
class InstalledCall extends Call {
  readonly #clock: Clock;
  readonly #adapter: AdapterConfig;
  /** The last send has asked whether its status is a success: bare axios leaves a custom adapter the choice. */
  asked = false;

  constructor(init: CallInit, clock: Clock, adapter: AdapterConfig) {
    super(init);
    this.#clock = clock;
    this.#adapter = adapter;
  }

  get clock(): Clock {
    return this.#clock;
  }

  get adapter(): AdapterConfig {
    return this.#adapter;
  }
}

class Pipeline implements Installation {
  interceptors: readonly Interceptor[];
  #send: AxiosAdapter;
  #base: Base;
  #ejected = false;
  readonly #client: AxiosInstance;
  readonly #clock: Clock;
  readonly #id: number;

  constructor(client: AxiosInstance, interceptors: readonly Interceptor[], clock: Clock) {
    this.interceptors = interceptors;
    this.#send = compose(...interceptors)(transport);
    this.#base = baseOf(client.defaults.baseURL);
    this.#client = client;
    this.#clock = clock;
    this.#id = client.interceptors.request.use((config) => this.#take(config), undefined, {
      synchronous: true,
    });
    shared.installations.set(client, this);
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
    this.interceptors = interceptors;
    this.#send = compose(...interceptors)(transport);
  }

  #take(config: InternalAxiosRequestConfig): InternalAxiosRequestConfig {
    // A request that failed before it was dispatched, and is submitted again, still has our adapter: not twice.
    const underneath = isPipelineAdapter(config.adapter) ? config.adapter[UNDERNEATH] : config.adapter;
    const adapter: PipelineAdapter = (request) => {
      // From here on the request is the caller's again: it can be submitted anew, here or on another client.
      if (underneath === undefined) delete request.adapter;
      else request.adapter = underneath;
      // What was on its way when the pipeline was ejected ends as it began; what is submitted again is another request.
      if (this.#ejected && request !== config) return adapterOf(underneath, request)(request);
      return this.#enter(request, underneath);
    };
    adapter[UNDERNEATH] = underneath;
    config.adapter = adapter;
    return config;
  }

  #enter(config: InternalAxiosRequestConfig, underneath: AdapterConfig): Promise<AxiosResponse> {
    const { baseURL } = this.#client.defaults;
    // It is the client's to change.
    if (this.#base.baseURL !== baseURL) this.#base = baseOf(baseURL);
    const init: CallInit = {
      method: config.method ?? 'get',
      url: config.url ?? '',
      target: staysHome(config, this.#base) ? this.#base.home : targetOf(config, this.#base),
      startedAt: this.#clock.now(),
    };
    const call = new InstalledCall(init, this.#clock, underneath);
    setCall(config, call);

    // Inside, statuses are values: nobody has to catch a 401 to see it, and `() => true` blinds nobody.
    const own = Object.hasOwn(config, 'validateStatus');
    const { validateStatus } = config;
    const acceptAll = () => (call.asked = true);
    config.validateStatus = acceptAll;
    let sent: Promise<AxiosResponse>;
    try {
      sent = this.#send(config);
    } catch (error) {
      // Thrown on, and not made a rejection of: axios treats the two differently, and so it must be.
      restore(config, own, validateStatus);
      throw error;
    }
    return sent.then(
      (response) => {
        restore(config, own, validateStatus);
        adopt(response, acceptAll, config, call);
        if (call.asked && response.status && validateStatus && !validateStatus(response.status)) {
          throw statusError(response);
        }
        return response;
      },
      (error: unknown) => {
        restore(config, own, validateStatus);
        adopt(error, acceptAll, config, call);
        throw error;
      },
    );
  }
}

function restore(
  config: { validateStatus?: ValidateStatus | undefined },
  own: boolean,
  validateStatus: ValidateStatus | undefined,
): void {
  if (own) config.validateStatus = validateStatus;
  else delete config.validateStatus;
}

/**
 * An adapter that answers with a copy of the request has copied what we had put on it as well. A copy is told by that: the
 * request of another call, which an interceptor may have failed with, is not ours to touch.
 */
function adopt(
  outcome: unknown,
  acceptAll: ValidateStatus,
  config: InternalAxiosRequestConfig,
  call: Call,
): void {
  const copy = (outcome as Partial<AxiosResponse> | undefined)?.config;
  if (copy === undefined || copy === config || copy.validateStatus !== acceptAll) return;
  for (const name of ['validateStatus', 'signal'] as const) {
    if (name in config) Object.assign(copy, { [name]: config[name] });
    else Reflect.deleteProperty(copy, name);
  }
  setCall(copy, call);
}

/** The innermost `next`: the adapter that the request would have used without a pipeline. */
function transport(config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  const call = currentCall(config);
  if (!(call instanceof InstalledCall))
    throw new TypeError('A call can only be sent by the copy of the package that began it');
  const { clock } = call;
  call.asked = false;
  call.sends += 1;
  const startedAt = call.sends === 1 ? call.startedAt : clock.now();
  let sent: Promise<AxiosResponse>;
  try {
    sent = adapterOf(call.adapter, config)(config);
  } catch (error) {
    recordFailure(call, startedAt, error);
    throw error;
  }
  return sent.then(
    (response) => {
      if (response.status >= 400) {
        // A custom adapter may answer with anything that has headers; who reads Retry-After wants axios's.
        response.headers = AxiosHeaders.from(response.headers as AxiosHeaders);
        call.lastFailure = { response };
      }
      if (response.status >= 400 || call.journaled) {
        call.record({ startedAt, endedAt: clock.now(), status: response.status, code: undefined });
      }
      return response;
    },
    (error: unknown) => {
      recordFailure(call, startedAt, error);
      throw error;
    },
  );
}

function recordFailure(call: InstalledCall, startedAt: number, error: unknown): void {
  const { code, response } = (error ?? {}) as Partial<AxiosError>;
  if (code !== AxiosError.ERR_CANCELED) call.lastFailure = { error };
  call.record({ startedAt, endedAt: call.clock.now(), status: response?.status, code });
}

function adapterOf(adapter: AdapterConfig, config: InternalAxiosRequestConfig): AxiosAdapter {
  // As axios itself looks it up, per request: adapters by name, lists of them, and the fetch adapter's `env` all work.
  return axios.getAdapter(adapter ?? axios.defaults.adapter, config);
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
