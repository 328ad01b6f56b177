// What users put on a client beside the pipeline.
import axios, {
  AxiosError,
  AxiosHeaders,
  type AxiosInstance,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import { keysOf, shown } from './differential-shown.js';

/** Where in a call something can happen. */
export type Point =
  | 'before'
  | 'request interceptor'
  | 'to request'
  | 'sent'
  | 'answered'
  | 'status'
  | 'to response'
  | 'response interceptor'
  | 'turn';

/** What happened in which order, and a way to have something happen at a point of the call. */
export interface Hooks {
  readonly log: unknown[];
  readonly reach: (point: Point) => void;
  /** The requests that an adapter was given. */
  readonly sent: WeakSet<object>;
}

/**
 * What {@link shown} shows of an outcome. Without the adapter of a request that was given up before any adapter was looked
 * for: nobody can tell when it is over, so the pipeline is still there.
 */
export function outcomeShown(outcome: unknown, sent: WeakSet<object>): unknown {
  const { config } = (outcome ?? {}) as { config?: InternalAxiosRequestConfig };
  if (config === undefined || sent.has(config) || !axios.isCancel(outcome)) return shown(outcome);
  const { adapter } = config;
  delete config.adapter;
  const seen = shown(outcome);
  if (adapter !== undefined) config.adapter = adapter;
  return seen;
}

type RequestKind =
  | 'sync'
  | 'async'
  | 'replacing'
  | 'async throwing'
  | 'throwing'
  | 'throwing a text'
  | 'freezing'
  | 'forgetful'
  | 'excused'
  | 'only when asked'
  | 'never asked'
  | 'async flagged as synchronous';

/** The kinds of interceptors. */
export type InterceptorKind =
  RequestKind | 'unwrapping' | 'recovering' | 'failing upon an answer' | 'answering later';

const onRequest: Readonly<Record<RequestKind, (config: InternalAxiosRequestConfig) => unknown>> = {
  sync: (config) => config,
  async: (config) => Promise.resolve(config),
  // Axios takes its promise for a request.
  'async flagged as synchronous': (config) => Promise.resolve(config),
  replacing: (config) => ({ ...config }),
  'async throwing': () => Promise.reject(new AxiosError('an interceptor that rejects')),
  throwing: () => {
    throw new AxiosError('an interceptor that throws');
  },
  'throwing a text': () => {
    throw 'a text';
  },
  freezing: (config) => Object.freeze(config),
  forgetful: () => undefined,
  // Axios goes on with the request when the handler beside it takes the error.
  excused: () => {
    throw new TypeError('taken by the handler beside it');
  },
  'only when asked': (config) => config,
  'never asked': (config) => config,
};

const SYNCHRONOUS: ReadonlySet<string> = new Set([
  'sync',
  'replacing',
  'freezing',
  'forgetful',
  'throwing',
  'excused',
  'only when asked',
  'never asked',
  'async flagged as synchronous',
]);

export const INTERCEPTORS: readonly InterceptorKind[] = [
  ...(Object.keys(onRequest) as RequestKind[]),
  'unwrapping',
  'recovering',
  'failing upon an answer',
  'answering later',
];

/** Puts one on a client. */
export function useInterceptor(
  client: AxiosInstance,
  kind: InterceptorKind,
  index: number,
  { log, reach, sent }: Hooks,
): void {
  if (isOnRequest(kind)) {
    client.interceptors.request.use(
      (config) => {
        log.push([`request ${index}: ${kind}`, config.method, config.url, keysSeen(config)]);
        reach('request interceptor');
        if (config.headers instanceof AxiosHeaders) config.headers.set(`x-${index}`, 'set');
        return onRequest[kind](config) as InternalAxiosRequestConfig;
      },
      (error: unknown) => {
        log.push([`request ${index}: beside`, outcomeShown(error, sent)]);
        if (kind === 'excused') return undefined;
        throw error;
      },
      {
        synchronous: SYNCHRONOUS.has(kind),
        ...(kind === 'only when asked' && {
          runWhen: (config: InternalAxiosRequestConfig) => config.method === 'post',
        }),
        ...(kind === 'never asked' && { runWhen: () => false }),
      },
    );
    return;
  }
  client.interceptors.response.use(
    kind === 'recovering'
      ? undefined
      : (response) => {
          log.push([`response ${index}: ${kind}`, outcomeShown(response, sent)]);
          reach('response interceptor');
          if (kind === 'failing upon an answer')
            throw new AxiosError('an interceptor that fails', 'OWN', response.config);
          if (kind === 'answering later') return Promise.resolve(response);
          return response.data as AxiosResponse;
        },
    (error: unknown) => {
      log.push([`response ${index}: failed`, outcomeShown(error, sent)]);
      reach('response interceptor');
      if (kind === 'recovering') return { status: 299, recovered: axios.isAxiosError(error) };
      throw error;
    },
  );
}

function isOnRequest(kind: InterceptorKind): kind is RequestKind {
  return kind in onRequest;
}

/** Without the adapter: that is where a pipeline stands, until the request is sent. */
function keysSeen(config: object): string[] {
  return keysOf(config)
    .map(String)
    .filter((key) => key !== 'adapter');
}
