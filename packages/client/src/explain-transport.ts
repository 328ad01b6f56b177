import type { AxiosInstance } from 'axios';
import { classOf, shownValue, type ShownValue } from './explain-value.js';

/** An agent: how many connections it has at most, and for how long it keeps them. `null` is what it does not say. */
export interface ExplainedAgent {
  readonly type: string;
  readonly keepAlive: ShownValue;
  readonly maxSockets: ShownValue;
  readonly maxTotalSockets: ShownValue;
  readonly maxFreeSockets: ShownValue;
  /** Milliseconds. */
  readonly timeout: ShownValue;
}

/** What a client's requests are sent by, unless one of them says otherwise. */
export interface ExplainedTransport {
  /** axios's own by name, in the order in which axios tries them; a function by its own. */
  readonly adapter: ShownValue;
  /** `null`: the process's own. */
  readonly agents: { readonly http: ExplainedAgent | null; readonly https: ExplainedAgent | null };
  readonly proxy: 'given' | 'environment' | 'none';
  /** axios's `timeout` in milliseconds; 0 is none. */
  readonly timeout: ShownValue;
  /** The names of headers that each request has. */
  readonly headers: readonly string[];
}

const ADAPTERS: readonly unknown[] = ['xhr', 'http', 'fetch'];

export function explainTransport({ defaults }: AxiosInstance): ExplainedTransport {
  const { adapter, httpAgent, httpsAgent, proxy, timeout, headers } = defaults as Defaults;
  return {
    adapter: Array.isArray(adapter) ? adapter.map(adapterName) : adapterName(adapter),
    agents: { http: explainAgent(httpAgent), https: explainAgent(httpsAgent) },
    proxy: proxy === undefined ? 'environment' : proxy === false || proxy === null ? 'none' : 'given',
    timeout: numberOrNone(timeout),
    headers: headerNames(headers),
  };
}

type Defaults = Readonly<
  Record<'adapter' | 'httpAgent' | 'httpsAgent' | 'proxy' | 'timeout' | 'headers', unknown>
>;

function adapterName(adapter: unknown): ShownValue {
  return shownValue(adapter, ADAPTERS.includes(adapter));
}

/** Its numbers alone: beside them it has keys, passphrases, and the requests that it carries. */
function explainAgent(agent: unknown): ExplainedAgent | null {
  if (typeof agent !== 'object' || agent === null) return null;
  const options = memberOf(agent, 'options');
  return {
    type: classOf(agent) ?? 'object',
    keepAlive: flagOrNone(memberOf(agent, 'keepAlive')),
    maxSockets: numberOrNone(memberOf(agent, 'maxSockets')),
    maxTotalSockets: numberOrNone(memberOf(agent, 'maxTotalSockets')),
    maxFreeSockets: numberOrNone(memberOf(agent, 'maxFreeSockets')),
    timeout: numberOrNone(memberOf(options, 'timeout')),
  };
}

function memberOf(subject: unknown, name: string): unknown {
  return typeof subject === 'object' && subject !== null
    ? (subject as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function numberOrNone(value: unknown): ShownValue {
  return typeof value === 'number' ? shownValue(value, false) : null;
}

function flagOrNone(value: unknown): ShownValue {
  return typeof value === 'boolean' ? value : null;
}

const METHODS = [
  'common',
  'delete',
  'get',
  'head',
  'options',
  'patch',
  'post',
  'put',
  'purge',
  'link',
  'unlink',
  'query',
];

/** As axios tells them apart: a header may be named as a method is. */
function isGroup(name: string, value: unknown): boolean {
  return METHODS.includes(name) && typeof (value ?? {}) === 'object' && !Array.isArray(value);
}

/** Those for all methods, those for one, and those that a client was made with. */
function headerNames(headers: unknown): readonly string[] {
  if (typeof headers !== 'object' || headers === null) return [];
  const names = Object.entries(headers).flatMap(([name, value]: [string, unknown]) =>
    isGroup(name, value) ? Object.keys(value ?? {}) : [name],
  );
  return [...new Set(names)].sort();
}
