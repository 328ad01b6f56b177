// Adapters without a network: those that settle by the status, as axios's own do, and those that do not.
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  AxiosError,
  AxiosHeaders,
  CanceledError,
  type AxiosAdapter,
  type AxiosRequestConfig,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import type { Hooks } from './differential-interceptors.js';
import { keysOf, shown } from './differential-shown.js';

/** The kinds of adapters. */
export type AdapterKind =
  | 'settling'
  | 'settling late'
  | 'resolving'
  | 'copying'
  | 'plain headers'
  | 'throwing'
  | 'rejecting'
  | 'rejecting with nothing'
  | 'rejecting with an answer'
  | 'hanging'
  | 'unknown'
  | 'listed';

export const ADAPTERS: readonly AdapterKind[] = [
  'settling',
  'settling late',
  'resolving',
  'copying',
  'plain headers',
  'throwing',
  'rejecting',
  'rejecting with nothing',
  'rejecting with an answer',
  'hanging',
  'unknown',
  'listed',
];

/** What an adapter answers with. */
export interface AnswerOf {
  readonly status: number;
  readonly answer: string;
}

/** An adapter, in a form in which a request can name one. */
export function adapterOf(
  kind: AdapterKind,
  { status, answer }: AnswerOf,
  { log, reach, sent }: Hooks,
): NonNullable<AxiosRequestConfig['adapter']> {
  if (kind === 'unknown') return 'pigeon';

  function responseTo(config: InternalAxiosRequestConfig): AxiosResponse {
    const headers = new AxiosHeaders({ 'content-type': 'application/json', 'x-a': 'b' });
    return { status, statusText: 'said so', data: answer, headers, config, request: { sent: true } };
  }

  const adapter: AxiosAdapter = (config) => {
    log.push([
      'sent',
      config.method,
      config.url,
      config.baseURL,
      shown(config.headers),
      shown(config.data),
      keysOf(config).map(String),
    ]);
    sent.add(config);
    reach('sent');
    const response = responseTo(config);
    if (kind === 'throwing') throw new AxiosError('thrown', 'THROWN', config);
    if (kind === 'rejecting') return Promise.reject(new RangeError('no AxiosError'));
    if (kind === 'rejecting with nothing') return Promise.reject(undefined);
    if (kind === 'rejecting with an answer')
      return Promise.reject(new AxiosError('no', 'NO', config, response.request, response));
    if (kind === 'resolving') return Promise.resolve(response);
    if (kind === 'plain headers')
      return Promise.resolve({ ...response, headers: { 'X-A': 'b', 'set-cookie': ['a', 'b'] } });
    if (kind === 'copying') {
      const copy = { ...config };
      sent.add(copy);
      return Promise.resolve({ ...response, config: copy });
    }
    if (kind === 'hanging') return untilCanceled(config);
    return kind === 'settling late'
      ? settleLate(response, reach)
      : new Promise((resolve) => {
          resolve(settle(response, reach));
        });
  };
  return kind === 'listed' ? ([adapter] as unknown[] as 'http'[]) : adapter;
}

async function settleLate(response: AxiosResponse, reach: Hooks['reach']): Promise<AxiosResponse> {
  await nextTurn();
  return settle(response, reach);
}

// Line for line what axios's adapters do (lib/core/settle.js).
function settle(response: AxiosResponse, reach: Hooks['reach']): AxiosResponse {
  reach('answered');
  const { status, config, request } = response;
  const { validateStatus } = config;
  if (!status || !validateStatus || validateStatus(status)) return response;
  const code = status >= 400 && status < 500 ? AxiosError.ERR_BAD_REQUEST : AxiosError.ERR_BAD_RESPONSE;
  throw new AxiosError(`Request failed with status code ${status}`, code, config, request, response);
}

function untilCanceled(config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  const { signal, cancelToken } = config;
  return new Promise((_resolve, reject) => {
    const end = () => {
      signal?.removeEventListener?.('abort', end);
      cancelToken?.unsubscribe(end);
      reject(new CanceledError(undefined, config, { sent: true }));
    };
    signal?.addEventListener?.('abort', end);
    cancelToken?.subscribe(end);
    if (signal?.aborted === true) end();
  });
}
