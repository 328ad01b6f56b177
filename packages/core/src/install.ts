import axios, {
  AxiosError,
  type AxiosAdapter,
  type AxiosInstance,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import { Call, currentCall, setCall, type CallInit } from './call.js';
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

const installed = new WeakMap<
  AxiosInstance,
  { interceptors: readonly Interceptor[]; installation: Installation }
>();

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
  const existing = installed.get(client);
  if (existing !== undefined) {
    if (existing.interceptors === interceptors) return existing.installation;
    throw new AlreadyInstalledError();
  }

  const entry: Entry = {
    pipeline: compose(...interceptors)(transport),
    ejected: false,
    clock,
    base: baseOf(client.defaults.baseURL),
  };
  const id = client.interceptors.request.use(
    (config) => {
      const adapter: PipelineAdapter = (request) => enter(request, adapter[UNDERNEATH], entry, client);
      // A request that failed before it was dispatched, and is submitted again, still has our adapter: not twice.
      adapter[UNDERNEATH] = isPipelineAdapter(config.adapter) ? config.adapter[UNDERNEATH] : config.adapter;
      config.adapter = adapter;
      return config;
    },
    undefined,
    { synchronous: true },
  );

  const installation: Installation = {
    eject() {
      client.interceptors.request.eject(id);
      entry.ejected = true;
      installed.delete(client);
    },
    replace(others) {
      entry.pipeline = compose(...others)(transport);
      installed.set(client, { interceptors: others, installation });
    },
  };
  installed.set(client, { interceptors, installation });
  return installation;
}

interface Entry {
  pipeline: AxiosAdapter;
  ejected: boolean;
  readonly clock: Clock;
  base: Base;
}

type AdapterConfig = InternalAxiosRequestConfig['adapter'];
const UNDERNEATH = Symbol.for('@holdfast/core/underneath');
interface PipelineAdapter extends AxiosAdapter {
  [UNDERNEATH]?: AdapterConfig;
}

function isPipelineAdapter(adapter: AdapterConfig): adapter is PipelineAdapter {
  return typeof adapter === 'function' && UNDERNEATH in adapter;
}

/** A call with what it is sent with. */
class InstalledCall extends Call {
  readonly clock: Clock;
  readonly adapter: AdapterConfig;
  /** The last send has asked whether its status is a success: bare axios leaves a custom adapter the choice. */
  asked = false;

  constructor(init: CallInit, clock: Clock, adapter: AdapterConfig) {
    super(init);
    this.clock = clock;
    this.adapter = adapter;
  }
}

function enter(
  config: InternalAxiosRequestConfig,
  underneath: AdapterConfig,
  entry: Entry,
  client: AxiosInstance,
): Promise<AxiosResponse> {
  // From here on the request is the caller's again: it can be submitted anew, here or on another client.
  if (underneath === undefined) delete config.adapter;
  else config.adapter = underneath;
  if (entry.ejected) return adapterOf(underneath, config)(config);

  const { baseURL } = client.defaults;
  // It is the client's to change.
  if (entry.base.baseURL !== baseURL) entry.base = baseOf(baseURL);
  const { base } = entry;
  const init: CallInit = {
    method: config.method ?? 'get',
    url: config.url ?? '',
    target: staysHome(config, base) ? base.home : targetOf(config, base),
    startedAt: entry.clock.now(),
  };
  const call = new InstalledCall(init, entry.clock, underneath);
  setCall(config, call);

  // Inside, statuses are values: nobody has to catch a 401 to see it, and `() => true` blinds nobody.
  const own = Object.hasOwn(config, 'validateStatus');
  const { validateStatus } = config;
  config.validateStatus = () => (call.asked = true);
  return entry.pipeline(config).then(
    (response) => {
      restore(config, own, validateStatus);
      if (call.asked && response.status && validateStatus && !validateStatus(response.status))
        throw statusError(response);
      return response;
    },
    (error: unknown) => {
      restore(config, own, validateStatus);
      throw error;
    },
  );
}

function restore(
  config: { validateStatus?: InternalAxiosRequestConfig['validateStatus'] | undefined },
  own: boolean,
  validateStatus: InternalAxiosRequestConfig['validateStatus'] | undefined,
): void {
  if (own) config.validateStatus = validateStatus;
  else delete config.validateStatus;
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
  return adapterOf(
    call.adapter,
    config,
  )(config).then(
    (response) => {
      if (response.status >= 400) call.lastFailure = { response };
      if (response.status >= 400 || call.journaled) {
        call.record({ startedAt, endedAt: clock.now(), status: response.status, code: undefined });
      }
      return response;
    },
    (error: unknown) => {
      const { code, response } = (error ?? {}) as Partial<AxiosError>;
      if (code !== AxiosError.ERR_CANCELED) call.lastFailure = { error };
      call.record({ startedAt, endedAt: clock.now(), status: response?.status, code });
      throw error;
    },
  );
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
